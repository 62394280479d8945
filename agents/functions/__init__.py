"""Python functions as agents: the decorator, and what it reads from a signature; imports agents and
contracts."""
