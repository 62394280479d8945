"""Words that people use for one another when they ask for work, as `synonyms.txt` has them."""

from __future__ import annotations

from functools import cache

from .word_lists import lines_of


@cache
def synonym_groups() -> tuple[str, ...]:
    """The groups of words that may stand for one another, each a line of words."""
    return tuple(lines_of("synonyms.txt"))
