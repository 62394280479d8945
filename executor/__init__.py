"""From a checked plan to a result: a pure machine decides, a driver acts, a journal remembers; imports
`planner` and `agents`."""
