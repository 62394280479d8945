"""Which agent gets an attempt, and who waits; imports `machine`, `run` and clocks, never the driver."""
