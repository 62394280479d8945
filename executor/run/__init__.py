"""What a run is: its events, the state that they reduce to, and its result; imports plan types, does no I/O
and reads no clock."""
