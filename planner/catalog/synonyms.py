"""Words that people use for one another when they ask for work, as `synonyms.txt` has them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def synonym_groups() -> tuple[str, ...]:
    """The groups of words that may stand for one another, each a line of words."""
    lines = files("callsheet.planner.catalog").joinpath("synonyms.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
