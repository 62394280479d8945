"""Drift: what is no longer as it was recorded, told apart by what has changed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from pydantic import JsonValue

MAX_LINES = 60
"""Lines of one drift that are kept; what is longer says how much there is."""
MAX_WIDTH = 200


class DriftKind(StrEnum):
    """What has changed."""

    PLAN = "plan"
    """Another plan, or another revision of it."""
    PROMPT = "prompt"
    """A model is asked something else, or no longer asked."""
    AGENT_SCHEMA = "agent-schema"
    """A capability has another contract, or no agent provides it any more."""
    MODEL = "model"
    """The same question has another answer."""
    RESULT = "result"
    """The same work has another result, or the run another answer."""
    DECISION = "decision"
    """The executor decides otherwise in the same light."""


class Drift(msgspec.Struct, frozen=True):
    """One thing that is not as recorded. `where` is the place (a step, `planner, call 2`, a capability),
    `summary` one sentence, `lines` a diff for people: what was recorded begins with `-`, what is now with
    `+`. `data` is the same for programs, where there is more to say."""

    kind: DriftKind
    where: str
    summary: str
    lines: tuple[str, ...] = ()
    data: Any = None

    @classmethod
    def with_lines(
        cls, kind: DriftKind, where: str, summary: str, lines: Iterable[str] = (), data: JsonValue = None
    ) -> Drift:
        """One with no more lines than are kept."""
        return cls(kind, where, summary, tuple(_bounded(list(lines))), data)

    def describe(self) -> str:
        """The sentence with its place, and the diff, each line on its own."""
        head = f"{self.kind} drift, {self.where}: {self.summary}"
        return "\n".join((head, *(f"  {line}" for line in self.lines)))


def text_diff(before: str, after: str) -> list[str]:
    """The lines that differ, with one line around them; within long lines, what is around the difference."""
    if "\n" not in before and "\n" not in after:
        return [f"- {_around(before, after)}", f"+ {_around(after, before)}"]
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return [_line(line) for line in diff if not line.startswith(("---", "+++"))]


def value_diff(before: JsonValue, after: JsonValue, name: str = "") -> Iterator[str]:
    """Where two values differ, a pair of lines for each place, members by name and elements by number."""
    # To Python 1, 1.0 and True are equal, also within lists and objects; as JSON they differ.
    if type(before) is type(after) and before == after and json.dumps(before) == json.dumps(after):
        return
    match before, after:
        case dict(), dict():
            for key in dict.fromkeys((*before, *after)):
                place = f"{name}.{key}" if name else key
                if key not in after:
                    yield f"- {place}: {_shown(before[key])}"
                elif key not in before:
                    yield f"+ {place}: {_shown(after[key])}"
                else:
                    yield from value_diff(before[key], after[key], place)
        case list(), list() if len(before) == len(after):
            for at, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from value_diff(old, new, f"{name}[{at}]")
        case str(), str() if "\n" in before or "\n" in after or len(before) + len(after) > MAX_WIDTH:
            yield f"@ {name or 'text'}:"
            yield from text_diff(before, after)
        case _:
            place = f"{name}: " if name else ""
            yield f"- {place}{_shown(before)}"
            yield f"+ {place}{_shown(after)}"


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_WIDTH else f"{text[: MAX_WIDTH - 1]}…"


def _around(text: str, other: str) -> str:
    """The part of a long line in which it differs from another."""
    if len(text) <= MAX_WIDTH:
        return text
    same = next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))
    begin = max(0, min(same - MAX_WIDTH // 4, len(text) - MAX_WIDTH))
    end = begin + MAX_WIDTH
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"


def _line(line: str) -> str:
    if line.startswith("@@"):
        return "@"
    return line if len(line) <= MAX_WIDTH + 1 else f"{line[:MAX_WIDTH]}…"


def _bounded(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= MAX_LINES:
        return lines
    return (*lines[: MAX_LINES - 1], f"... and {len(lines) - MAX_LINES + 1} more lines")
