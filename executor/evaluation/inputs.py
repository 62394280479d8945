"""What the expressions of a step come to: its inputs, its condition, its items, the answer. Pure."""

from __future__ import annotations

from collections import ChainMap
from typing import Any

from pydantic import JsonValue

from callsheet.executor.run.errors import NotJson
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.json_copy import clean_text, copy_json
from callsheet.executor.run.state import RunState
from callsheet.planner.expressions.evaluate import Scope, evaluate
from callsheet.planner.expressions.tree import Tree
from callsheet.planner.expressions.values import Absent
from callsheet.planner.plan.checked_plan import CompiledStep

from .explain import describe, values_in


def scope_of(run: RunState, step: str, item: int | None, output: dict[str, Any] | None = None) -> Scope:
    """What the expressions of a step may name: what other steps gave, the `item`, and the attempt's
    own `output`, once there is one."""
    own: dict[str, Any] = {} if output is None else {"output": output}
    items = run.steps[step].items
    if item is not None and items is not None:
        own["item"] = items[item]
    return ChainMap(own, run.outputs) if own else run.outputs


def inputs_of(run: RunState, step: CompiledStep, item: int | None) -> dict[str, Any] | Failure:
    """What an agent is given for the work, as its capability takes it; or why it cannot be given that."""
    scope = scope_of(run, step.id, item)
    inputs: dict[str, Any] = {}
    for name, tree in step.inputs.items():
        value = evaluate(tree, scope)
        if isinstance(value, Absent):
            return _absent(f"its input `{name}`", tree, scope, value)
        inputs[name] = value
    try:
        inputs = copy_json(inputs)
    except NotJson as error:
        return Failure(FailureKind.INVALID_INPUT, f"its inputs cannot be passed on: {error}")
    validator = step.capability.input_validator
    if validator.accepts(inputs):
        return inputs
    return Failure(
        FailureKind.INVALID_INPUT,
        f"its inputs are not what {step.capability.name!r} takes: {describe(validator.problems(inputs))}",
    )


def value_of(tree: Tree, scope: Scope, what: str) -> tuple[JsonValue] | Failure:
    """The value, in a tuple of one, as the journal would give it back; or why there is none."""
    value = evaluate(tree, scope)
    if isinstance(value, Absent):
        return _absent(what, tree, scope, value)
    try:
        return (copy_json(value),)
    except NotJson as error:
        return Failure(FailureKind.SURPRISE, f"{what} cannot be kept: {error}")


def _absent(what: str, tree: Tree, scope: Scope, value: Absent) -> Failure:
    message = clean_text(f"{what} has no value: {value.reason}")
    return Failure(FailureKind.SURPRISE, message, values=values_in(tree, scope))
