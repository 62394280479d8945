"""From a checked plan to a result: a pure state machine, and the shell that performs what it decides."""
