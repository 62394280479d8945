"""A document that was read from a file, and on which lines its parts stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """The value of a file. `path` is how the user named the file."""

    path: str
    value: JsonValue
    line: Callable[[str], int | None]
    """The line, from 1, of the part at a JSON pointer; None where it is not known."""
