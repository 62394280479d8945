"""What is different between two plans, by step id; also in lines for people."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from .plan import Plan, Step

MAX_SHOWN = 300
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a step that differs; None stands for one that is left at its default. Of inputs each
    differs by itself, as `inputs.NAME`."""

    key: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class Move:
    """A step that stands in another place among the steps that both plans have. `before` and `after` are
    the ids of the last step in front of it that did not move; None where it stood, or stands, in front of
    all those. The two are never the same."""

    step: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """`added` and `removed` are steps as documents; `changed` has the changes of each other step that
    differs; `answer` is there where that does, `params` has the parameters that do. `moved` has as few
    steps as can be moved to have the others in the order that they had, in the order of the later plan."""

    added: tuple[Mapping[str, JsonValue], ...]
    removed: tuple[Mapping[str, JsonValue], ...]
    changed: Mapping[str, tuple[Change, ...]]
    answer: Change | None
    params: tuple[Change, ...] = ()
    moved: tuple[Move, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any difference in what is done: beside the order of the steps, which is in
        `moved`, and the words of the goal."""
        return bool(self.added or self.removed or self.changed or self.answer or self.params)

    def to_document(self) -> dict[str, JsonValue]:
        """The differences as JSON."""
        return {
            "added": [dict(step) for step in self.added],
            "removed": [dict(step) for step in self.removed],
            "changed": {id: [_document(each) for each in changes] for id, changes in self.changed.items()},
            "answer": None if self.answer is None else _document(self.answer),
            "params": [_document(each) for each in self.params],
            "moved": [{"step": each.step, "before": each.before, "after": each.after} for each in self.moved],
        }


def compare(before: Plan, after: Plan) -> PlanDiff:
    """What has to be done to one plan to have the other."""
    old, new = _documents(before), _documents(after)
    pairs = {id: _changes(_flat(old[id]), _flat(step)) for id, step in new.items() if id in old}
    answers = _changes(_answer(before), _answer(after))
    return PlanDiff(
        tuple(step for id, step in new.items() if id not in old),
        tuple(step for id, step in old.items() if id not in new),
        {id: changes for id, changes in pairs.items() if changes},
        answers[0] if answers else None,
        _changes(before.params, after.params),
        _moves(tuple(old), tuple(new)),
    )


def plan_diff_lines(diff: PlanDiff) -> Iterator[str]:
    """What changed, by step id, and which steps stand in another place. A line never holds another, but it
    may hold what steers a terminal: plans may be written by strangers, so the caller has to clean the
    lines."""
    for change in diff.params:
        yield f"~ params.{_change(change)}"
    for step in diff.removed:
        yield f"- {_named(step)}"
    for step in diff.added:
        yield f"+ {_named(step)}"
        yield from (f"    {_one_line(key)}: {_value(value)}" for key, value in _details(step))
    for id, changes in diff.changed.items():
        yield f"~ {id}"
        yield from (f"    {_change(change)}" for change in changes)
    for move in diff.moved:
        yield f"> {move.step}: moved, now {_place(move.after)} (was {_place(move.before)})"
    if diff.answer is not None:
        yield f"~ {_change(diff.answer)}"
    if not diff and not diff.moved:
        yield "no difference"


def _moves(old: Sequence[str], new: Sequence[str]) -> tuple[Move, ...]:
    place = {id: at for at, id in enumerate(old)}
    common = [id for id in new if id in place]
    stayed = {old[at] for at in _longest_rise([place[id] for id in common])}
    was, now = _in_front(old, stayed), _in_front(new, stayed)
    return tuple(Move(id, was[id], now[id]) for id in common if id not in stayed)


def _longest_rise(numbers: Iterable[int]) -> list[int]:
    """A longest increasing subsequence of numbers that are all different, by patience sorting in
    O(n log n): Fredman, "On computing the length of longest increasing subsequences", Discrete
    Mathematics 11 (1975). Of several, the one that ends lowest."""
    ends: list[int] = []
    """At each place the lowest number in which a rise of that length ends."""
    previous: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        previous[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    rise: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        rise.append(last)
        last = previous[last]
    return rise[::-1]


def _in_front(ids: Iterable[str], stayed: Collection[str]) -> dict[str, str | None]:
    """For each step the last one in front of it that did not move."""
    front: dict[str, str | None] = {}
    last = None
    for id in ids:
        front[id] = last
        last = id if id in stayed else last
    return front


def _documents(plan: Plan) -> dict[str, dict[str, JsonValue]]:
    return {step.id: _document_of(step) for step in plan.steps}


def _document_of(step: Step) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = step.model_dump(mode="json", exclude_defaults=True, warnings=False)
    return document


def _answer(plan: Plan) -> dict[str, JsonValue]:
    return {"answer": plan.to_document()["answer"]}


def _changes(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> tuple[Change, ...]:
    keys = dict.fromkeys((*old, *new))
    return tuple(
        Change(key, old.get(key), new.get(key)) for key in keys if _text(old, key) != _text(new, key)
    )


def _text(values: Mapping[str, JsonValue], key: str) -> str | None:
    # In Python 1 equals true, and what is missing looks like null.
    return json.dumps(values[key], sort_keys=True) if key in values else None


def _flat(step: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The step's keys, its inputs each under a key of its own."""
    inputs = step.get("inputs")
    named = {f"inputs.{name}": value for name, value in inputs.items()} if isinstance(inputs, dict) else {}
    return {key: value for key, value in step.items() if key != "inputs"} | named


def _document(change: Change) -> dict[str, JsonValue]:
    return {"key": change.key, "before": change.before, "after": change.after}


def _change(change: Change) -> str:
    key = _one_line(change.key)
    if change.before is None:
        return f"{key}: {_value(change.after)} (new)"
    if change.after is None:
        return f"{key}: {_value(change.before)} (gone)"
    return f"{key}: {_value(change.before)} -> {_value(change.after)}"


def _place(front: str | None) -> str:
    return "in front" if front is None else f"after {front}"


def _named(step: Mapping[str, JsonValue]) -> str:
    return f"{step['id']}: {_one_line(str(step['capability']))}"


def _details(step: Mapping[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    for key, value in step.items():
        if key == "inputs" and isinstance(value, dict):
            yield from ((f"inputs.{name}", each) for name, each in value.items())
        elif key not in ("id", "capability"):
            yield key, value


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _value(value: JsonValue) -> str:
    """A value on one line, cut with an ellipsis."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1].rstrip()}…"
