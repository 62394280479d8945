"""The commands, one a file; imports every other room of the command line."""
