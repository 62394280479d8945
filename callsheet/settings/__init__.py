"""Settings from files, environment and flags, and what they name: the model and the agents; imports
`agents` and `executor`."""
