"""What is different between two plans, by step id."""

from __future__ import annotations

import json
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
    differs; `answer` is there where that does, `params` has the parameters that do."""

    added: tuple[Mapping[str, JsonValue], ...]
    removed: tuple[Mapping[str, JsonValue], ...]
    changed: Mapping[str, tuple[Change, ...]]
    answer: Change | None
    params: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any difference, beside the order of the steps and the words of the goal."""
        return bool(self.added or self.removed or self.changed or self.answer or self.params)

    def to_document(self) -> dict[str, JsonValue]:
        """The differences as JSON."""
        return {
            "added": [dict(step) for step in self.added],
            "removed": [dict(step) for step in self.removed],
            "changed": {id: [_document(each) for each in changes] for id, changes in self.changed.items()},
            "answer": None if self.answer is None else _document(self.answer),
            "params": [_document(each) for each in self.params],
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
    )


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
