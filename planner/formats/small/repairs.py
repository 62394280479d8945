"""Repairs on the steps of a short answer, each of a slip that small models make and that has one remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, JsonObject
from callsheet.planner.goals.coverage import find_names
from callsheet.planner.goals.parts import is_asked_for

_SELF = "step {step} took its own result; it takes that of {other}, which it waits for"
_BYPASSED = "step {step}: dropped, as `{name}` was made up; what took its result takes that of {other}"
_INVENTED = "step {step}: dropped, as `{name}` was made up and other results are there to work with"
_IDLE = "step {step}: dropped, as it takes no result and the goal does not ask for it"


class Repaired(NamedTuple):
    """The steps as they were meant, and a sentence for each repair."""

    steps: list[JsonValue]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One step as it was written; `others` are entries that a step should not have."""

    id: str
    capability: str
    inputs: JsonObject
    after: tuple[str, ...]
    others: JsonObject = field(default_factory=dict[str, JsonValue])

    def takes(self, other: str) -> bool:
        return any(_refers(value, other) for value in self.inputs.values())

    def pointed(self, old: str, new: str) -> _Step:
        """The step with the result of `new` where it took that of `old`."""
        inputs = {name: _pointed(value, old, new) for name, value in self.inputs.items()}
        after = dict.fromkeys(new if each == old else each for each in self.after)
        return replace(self, inputs=inputs, after=tuple(each for each in after if each != self.id))

    def takes_all(self) -> bool:
        """Whether it takes a result of all the steps that it waits for."""
        return all(self.takes(each) for each in self.after)

    def without(self, other: str) -> _Step:
        """The step without the lines that have the result of another."""
        inputs = {name: _without_lines(value, other) for name, value in self.inputs.items()}
        return replace(self, inputs=inputs, after=tuple(each for each in self.after if each != other))

    def write(self) -> JsonObject:
        known: JsonObject = {"id": self.id, "capability": self.capability, "inputs": self.inputs}
        return {**known, "depends_on": list(self.after), **self.others}


_Steps: TypeAlias = list[_Step]
_Catalog: TypeAlias = Mapping[str, Capability]


def repair_steps(written: Sequence[JsonValue], goal: str, catalog: Sequence[Capability]) -> Repaired:
    """The steps of an answer without the slips that are certain. Where a step has not the shape of one,
    all of them stay as they are, for the checker to say so."""
    steps = [_read(step) for step in written]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps) or len({step.id for step in known}) < len(known):
        return Repaired(list(written), ())
    by_name = {each.name: each for each in catalog}
    notes: list[str] = []
    for repair in (_from_itself, _bypass, _without_invented, _without_idle_end):
        known, made = repair(known, goal, by_name)
        notes += made
    return Repaired([step.write() for step in known] if notes else list(written), tuple(notes))


def insert_before(steps: Sequence[JsonObject], added: JsonObject, into: str) -> list[JsonObject]:
    """The steps with the added one before the step `into`, which takes its result in place of those that
    the added one takes. Where there is no such step, it is put last."""
    known = {step.id: step for step in map(_read, steps) if step is not None}
    new, user = _read(added), known.get(into)
    if new is None or user is None:
        return [*steps, added]
    taken = [id for id in known if user.takes(id)]
    if new.takes(into) and len(taken) == 1:
        # It was told to stand before the step, and cannot but mean what that one works with.
        new = new.pointed(into, taken[0])
    for other in taken:
        user = user.pointed(other, new.id) if new.takes(other) else user
    at = list(known).index(into)
    return [*steps[:at], new.write(), user.write(), *steps[at + 1 :]]


def _from_itself(steps: _Steps, goal: str, catalog: _Catalog) -> tuple[_Steps, list[str]]:
    """`{s3}` in s3, which waits for s2 alone and takes nothing else of it, means what s2 gave."""
    repaired: _Steps = list(steps)
    notes: list[str] = []
    for at, step in enumerate(steps):
        waits = [each for each in step.after if each != step.id]
        if step.takes(step.id) and len(waits) == 1 and not step.takes(waits[0]):
            repaired[at] = step.pointed(step.id, waits[0])
            notes.append(_SELF.format(step=step.id, other=waits[0]))
    return repaired, notes


def _bypass(steps: _Steps, goal: str, catalog: _Catalog) -> tuple[_Steps, list[str]]:
    """A step that changes nothing, waits for one other without taking its result, and goes to a source that
    the goal does not name, was to hand on what the other found."""
    repaired: _Steps = list(steps)
    notes: list[str] = []
    for step in steps:
        name = _made_up(step, goal)
        users = [
            each for each in repaired if each.id != step.id and (step.id in each.after or each.takes(step.id))
        ]
        if name is None or not users or not _is_still(step, catalog) or len(step.after) != 1:
            continue
        if step.takes(step.after[0]) or step.after[0] == step.id:
            continue
        repaired = [each.pointed(step.id, step.after[0]) for each in repaired if each.id != step.id]
        notes.append(_BYPASSED.format(step=step.id, name=name, other=step.after[0]))
    return repaired, notes


def _without_invented(steps: _Steps, goal: str, catalog: _Catalog) -> tuple[_Steps, list[str]]:
    """A source that the goal does not name, and that waits for nothing, is one too many where all who take
    its result do so on a line of its own, under lines with other results."""
    repaired: _Steps = list(steps)
    notes: list[str] = []
    for step in steps:
        name = _made_up(step, goal)
        if name is None or step.after or not _is_still(step, catalog):
            continue
        users = [each for each in repaired if each.takes(step.id)]
        lighter = {each.id: each.without(step.id) for each in users}
        if users and all(each.after and each.takes_all() for each in lighter.values()):
            repaired = [lighter.get(each.id, each) for each in repaired if each.id != step.id]
            notes.append(_INVENTED.format(step=step.id, name=name))
    return repaired, notes


def _without_idle_end(steps: _Steps, goal: str, catalog: _Catalog) -> tuple[_Steps, list[str]]:
    """A last step that waits for others, takes nothing of them, and has nothing to do with the goal,
    while the steps before it have."""
    if not steps or not steps[-1].after or not _is_still(steps[-1], catalog):
        return steps, []
    *before, last = steps
    if any(last.takes(step.id) for step in steps) or _is_asked_for(last, goal, catalog) or _has(last, goal):
        return steps, []
    if not any(_is_asked_for(step, goal, catalog) for step in before):
        return steps, []
    return steps[:-1], [_IDLE.format(step=last.id)]


def _has(step: _Step, goal: str) -> bool:
    """Whether a whole input of the step stands in the goal, as a person's name in `tell Ann`."""
    texts = (value.strip().lower() for value in step.inputs.values() if isinstance(value, str))
    return any(text and text in goal.lower() for text in texts)


def _is_asked_for(step: _Step, goal: str, catalog: _Catalog) -> bool:
    capability = catalog.get(step.capability)
    return capability is not None and is_asked_for(goal, capability)


def _is_still(step: _Step, catalog: _Catalog) -> bool:
    capability = catalog.get(step.capability)
    return capability is not None and capability.effect not in CHANGING


def _made_up(step: _Step, goal: str) -> str | None:
    """The file or address that is a whole input of the step, and that the goal does not name."""
    texts = (value for value in step.inputs.values() if isinstance(value, str))
    return next(
        (text for text in texts if find_names(text) == (text,) and text.lower() not in goal.lower()), None
    )


def _read(step: JsonValue) -> _Step | None:
    match step:
        case {"id": str(id), "capability": str(capability), "inputs": dict(inputs), **rest}:
            after = cast("JsonObject", rest).get("depends_on")
            listed = [each for each in after if isinstance(each, str)] if isinstance(after, list) else []
            others = {name: value for name, value in cast("JsonObject", rest).items() if name != "depends_on"}
            return _Step(id, capability, inputs, tuple(dict.fromkeys(listed)), others)
        case _:
            return None


def _refers(value: JsonValue, id: str) -> bool:
    return re.search(rf"\{{\s*{re.escape(id)}\b", json.dumps(value)) is not None


def _pointed(value: JsonValue, old: str, new: str) -> JsonValue:
    pattern = re.compile(rf"\{{\s*{re.escape(old)}(?:\.\w+)*\s*\}}")
    return _walk(value, lambda text: pattern.sub(f"{{{new}}}", text))


def _without_lines(value: JsonValue, id: str) -> JsonValue:
    """A text without its lines that refer to a step."""
    if not isinstance(value, str):
        return value
    return "\n".join(line for line in value.split("\n") if not _refers(line, id))


def _walk(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """The value with every text in it changed."""
    match value:
        case str():
            return change(value)
        case list():
            return [_walk(each, change) for each in value]
        case dict():
            return {name: _walk(each, change) for name, each in value.items()}
        case _:
            return value
