"""Where an attempt runs: the event loop, a thread, or a process; imports `run` and models, never the
driver."""
