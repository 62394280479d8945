"""Arithmetic as people write it: words and signs to a number; imports no neighbour but errors."""
