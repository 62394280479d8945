"""From a goal to a checked plan, and from a surprise to its revision; imports `agents` and `prompts`."""
