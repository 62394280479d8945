"""Which agent gets an attempt, and which run waits; imports agents, the machine and what a run is, never the
driver."""
