"""The machine: `apply` an event, `decide` what to do next; pure, and imports `run`, `evaluation` and plan
types alone."""
