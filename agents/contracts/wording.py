"""Values and their kinds, in the words of a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

MAX_SHOWN = 80
"""Characters of a value, written as JSON."""
MAX_CHOICES = 20
"""Choices that one sentence lists."""
_KINDS = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
}


def shown(value: object) -> str:
    """The value as JSON, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, TypeError, RecursionError):
        text = ascii(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def choices_text(choices: Sequence[object]) -> str:
    """The first 20 choices, and an ellipsis for the others."""
    listed = ", ".join(map(shown, choices[:MAX_CHOICES]))
    return f"{listed}, …" if len(choices) > MAX_CHOICES else listed


def kind_of(value: object) -> str:
    """What a JSON value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "an integer" if value.is_integer() else "a number"
        case str():
            return "a string"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


def kinds_text(types: Iterable[str]) -> str:
    """The types of a JSON Schema: `a string, an integer or null`, null last."""
    once = sorted(dict.fromkeys(types), key=lambda each: each == "null")
    return joined([_KINDS.get(each, each) for each in once])


def joined(parts: Sequence[str], word: str = "or") -> str:
    """`a, b or c`."""
    *others, last = parts
    return f"{', '.join(others)} {word} {last}" if others else last


def counted(count: int, noun: str) -> str:
    """`1 item`, `2 items`, `3 properties`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
