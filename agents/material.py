"""Text from outside as a model is shown it: marked at both ends, so that it reads as material."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue


def mark(name: str, value: JsonValue) -> str:
    """The value between `<name>` and `</name>`; where it contains such a mark itself, between marks
    with a number that it doesn't contain. What isn't text is written as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    label = name
    number = 2
    while f"{label}>" in text:
        label = f"{name}-{number}"
        number += 1
    return f"<{label}>\n{text}\n</{label}>"


def mark_all(values: Mapping[str, JsonValue]) -> str:
    """Every value under its name, in their order."""
    return "\n\n".join(mark(name, value) for name, value in values.items())
