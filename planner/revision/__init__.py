"""A revision of a plan while it runs: what the planner knows, what it decides, and whether that fits;
imports check, plans and expressions."""
