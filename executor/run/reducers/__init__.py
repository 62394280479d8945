"""What each event does to the state of its run, one file a concern; imports events and the state alone."""
