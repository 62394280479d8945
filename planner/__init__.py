"""From a goal to a checked plan."""
