"""Arithmetic as people write it: words and signs to a number; imports nothing of its neighbours but errors."""
