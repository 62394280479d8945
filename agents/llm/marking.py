"""What an agent was given to work on, as its model is shown it: marked at both ends, so that it reads as
material."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from callsheet.prompts.quoting import quote

MAX_CHARACTERS = 10_000_000
"""Of one value. No model takes as much: what is too long is refused before it is asked, never cut unseen."""


def mark(name: str, value: JsonValue, *, others: Collection[str] = ()) -> str:
    """The value between `<name>` and `</name>`, without anything that looks like these marks, or like those
    of `others`. What isn't text is written as JSON."""
    return quote(name, value, MAX_CHARACTERS, others=others)


def mark_all(values: Mapping[str, JsonValue]) -> str:
    """Every value under its name, in their order. None of them can look like another one."""
    return "\n\n".join(mark(name, value, others=values.keys()) for name, value in values.items())
