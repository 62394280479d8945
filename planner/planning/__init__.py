"""The planner: asks a model for a plan, checks it, and asks again with what is wrong; imports formats,
check, catalog and prompts."""
