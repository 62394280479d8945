"""What commands print of plans, runs and results; imports no other room of the command line."""
