"""Plans in assertions: equal to the document in a test, or compared step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Self, cast

from pydantic import ValidationError

from callsheet.agents.contracts.pydantic_problem import located_sentence
from callsheet.planner.plan.diff import compare, plan_diff_lines
from callsheet.planner.plan.plan import Plan
from callsheet.prompts.hidden import spelled

_MAX_PROBLEMS = 3


class ComparedPlan(Plan):
    """A plan that is also equal to its document. The document may leave defaults out."""

    @classmethod
    def from_plan(cls, plan: Plan) -> Self:
        """The same plan."""
        return cls.model_construct(**dict(plan))

    def __eq__(self, other: object) -> bool:
        plan = _read(other)
        if plan is None:
            return NotImplemented
        return isinstance(plan, Plan) and next(_differences(plan, self), None) is None

    __hash__ = Plan.__hash__


def plan_differences(left: object, right: object) -> list[str] | None:
    """Why a plan differs from another, or from a document, in lines for the user; None if neither is a plan.
    Changes are shown from the expected to the actual plan: from right to left, unless the plan of a replay
    is on the right."""
    if not isinstance(left, Plan) and not isinstance(right, Plan):
        return None
    expected, found = (left, right) if _is_found(right) and not _is_found(left) else (right, left)
    before, after = _read(expected), _read(found)
    if before is None or after is None:
        return None
    if isinstance(before, str) or isinstance(after, str):
        return ["the plan is compared with a document that is not a plan:", *_lines(before), *_lines(after)]
    lines = list(_differences(before, after))
    return ["the plan differs from the expected one:", *lines] if lines else None


def _is_found(value: object) -> bool:
    return isinstance(value, ComparedPlan)


def _read(value: object) -> Plan | str | None:
    """The plan, or what is wrong with its document; None for any other value."""
    if isinstance(value, Plan):
        return value
    if not isinstance(value, Mapping):
        return None
    try:
        return Plan.model_validate(dict(cast("Mapping[str, object]", value)))
    except ValidationError as error:
        problems = error.errors(include_url=False)[:_MAX_PROBLEMS]
        return "\n".join(map(located_sentence, problems))


def _lines(read: Plan | str) -> list[str]:
    return read.splitlines() if isinstance(read, str) else []


def _differences(before: Plan, after: Plan) -> Iterator[str]:
    if before.goal != after.goal:
        yield spelled(f"~ goal: {_shown(before.goal)} -> {_shown(after.goal)}")
    diff = compare(before, after)
    if diff or diff.moved:
        yield from map(spelled, plan_diff_lines(diff))


def _shown(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
