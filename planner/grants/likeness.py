"""Which steps are the same piece of work in the same flow, whatever they are called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from callsheet.planner.expressions.tree import Constant, StepOutput
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.graph import Node, order


def likenesses(checked: CheckedPlan) -> Mapping[str, str]:
    """A digest (SHA-256, in hexadecimal) for each step, under its id, in plan order.

    Two steps have the same one where capability, version and effect, bindings, condition, `for_each` and join
    are the same, and so is everything that they depend on, all the way up. Ids, the order of steps, retries,
    time limits, expectations and approvals don't count.
    """
    graph = {id: Node(step.dependencies, step.join, False) for id, step in checked.steps.items()}
    known: dict[str, str] = {}
    for id in order(graph):
        form = _step_form(checked.steps[id], known)
        known[id] = hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()
    return {id: known[id] for id in checked.steps}


def _step_form(step: CompiledStep, known: Mapping[str, str]) -> list[Any]:
    capability = step.capability
    return [
        [capability.name, capability.version, capability.effect.value],
        {name: _form(tree, known) for name, tree in step.inputs.items()},
        _form(step.condition, known),
        _form(step.for_each, known),
        step.join.value,
        sorted({known[id] for id in step.dependencies}),
    ]


def _form(part: Any, known: Mapping[str, str]) -> Any:
    """A tree as JSON, without where it stood in its text, steps by their likeness."""
    match part:
        case None | str() | bool() | int() | float():
            return part
        case tuple():
            return [_form(each, known) for each in cast("tuple[object, ...]", part)]
        case Constant(value):
            return ["Constant", value]
        case StepOutput(step, field, each):
            return ["StepOutput", known[step], field, each]
        case _:
            inner = (getattr(part, each.name) for each in fields(part) if each.name != "start")
            return [type(part).__name__, *(_form(each, known) for each in inner)]
