"""A replay at the terminal; imports running, options and text."""
