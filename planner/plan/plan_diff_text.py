"""What is different between two plans, in lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from .diff import Change, PlanDiff

MOST_SHOWN = 300
"""Characters of a value."""


def plan_diff_lines(diff: PlanDiff) -> Iterator[str]:
    """What changed, by step id, and which steps stand in another place. A line never holds another, but it
    may hold what steers a terminal: plans are a stranger's text."""
    for change in diff.params:
        yield f"~ params.{_change(change)}"
    for step in diff.removed:
        yield f"- {_named(step)}"
    for step in diff.added:
        yield f"+ {_named(step)}"
        yield from (f"    {_flat(key)}: {_value(value)}" for key, value in _details(step))
    for id, changes in diff.changed.items():
        yield f"~ {id}"
        yield from (f"    {_change(change)}" for change in changes)
    for move in diff.moved:
        yield f"> {move.step}: moved, now {_place(move.after)} (was {_place(move.before)})"
    if diff.answer is not None:
        yield f"~ {_change(diff.answer)}"
    if not diff and not diff.moved:
        yield "no difference"


def _change(change: Change) -> str:
    key = _flat(change.key)
    if change.before is None:
        return f"{key}: {_value(change.after)} (new)"
    if change.after is None:
        return f"{key}: {_value(change.before)} (gone)"
    return f"{key}: {_value(change.before)} -> {_value(change.after)}"


def _place(front: str | None) -> str:
    return "in front" if front is None else f"after {front}"


def _named(step: Mapping[str, JsonValue]) -> str:
    return f"{step['id']}: {_flat(str(step['capability']))}"


def _details(step: Mapping[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    for key, value in step.items():
        if key == "inputs" and isinstance(value, dict):
            yield from ((f"inputs.{name}", each) for name, each in value.items())
        elif key not in ("id", "capability"):
            yield key, value


def _flat(name: str) -> str:
    return " ".join(name.split())


def _value(value: JsonValue) -> str:
    """A value on one line, cut with an ellipsis."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1].rstrip()}…"
