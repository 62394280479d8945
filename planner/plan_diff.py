"""What is different between two plans, by step id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from .plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a step that differs; None stands for one that is left at its default. Of inputs each
    differs by itself, as `inputs.NAME`."""

    key: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """`added` and `removed` are steps as documents; `changed` has the changes of each other step that
    differs; `answer` is there where that does."""

    added: tuple[Mapping[str, JsonValue], ...]
    removed: tuple[Mapping[str, JsonValue], ...]
    changed: Mapping[str, tuple[Change, ...]]
    answer: Change | None

    def __bool__(self) -> bool:
        """Whether there is any difference, beside the order of the steps and the words of the goal."""
        return bool(self.added or self.removed or self.changed or self.answer)

    def to_document(self) -> dict[str, JsonValue]:
        """The differences as JSON."""
        return {
            "added": [dict(step) for step in self.added],
            "removed": [dict(step) for step in self.removed],
            "changed": {id: [_document(each) for each in changes] for id, changes in self.changed.items()},
            "answer": None if self.answer is None else _document(self.answer),
        }


def compare(before: Plan, after: Plan) -> PlanDiff:
    """What has to be done to one plan to have the other."""
    old, new = _documents(before), _documents(after)
    pairs = {id: _changes(old[id], step) for id, step in new.items() if id in old}
    answers = Change("answer", before.to_document()["answer"], after.to_document()["answer"])
    return PlanDiff(
        tuple(step for id, step in new.items() if id not in old),
        tuple(step for id, step in old.items() if id not in new),
        {id: changes for id, changes in pairs.items() if changes},
        None if answers.before == answers.after else answers,
    )


def _documents(plan: Plan) -> dict[str, dict[str, JsonValue]]:
    return {step.id: _document_of(step) for step in plan.steps}


def _document_of(step: Step) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = step.model_dump(mode="json", exclude_defaults=True, warnings=False)
    return document


def _changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> tuple[Change, ...]:
    old, new = _flat(before), _flat(after)
    keys = dict.fromkeys((*old, *new))
    return tuple(Change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _flat(step: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The step's keys, its inputs each under a key of its own."""
    inputs = step.get("inputs")
    named = {f"inputs.{name}": value for name, value in inputs.items()} if isinstance(inputs, dict) else {}
    return {key: value for key, value in step.items() if key != "inputs"} | named


def _document(change: Change) -> dict[str, JsonValue]:
    return {"key": change.key, "before": change.before, "after": change.after}
