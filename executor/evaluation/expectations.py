"""Whether an output meets what the plan expects of it. Pure."""

from __future__ import annotations

from typing import Any

from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.state import RunState
from callsheet.planner.expressions.evaluate import Scope, evaluate
from callsheet.planner.expressions.values import Absent
from callsheet.planner.plan.checked_plan import CompiledStep, Expectation

from .explain import values_in
from .inputs import scope_of


def first_disappointment(
    run: RunState, step: CompiledStep, item: int | None, output: dict[str, Any]
) -> Failure | None:
    """The first expectation that the output breaks, as a surprise; None where it meets them all."""
    if not step.expectations:
        return None
    scope = scope_of(run, step.id, item, output)
    found = (_disappointment(expectation, scope) for expectation in step.expectations)
    return next((surprise for surprise in found if surprise is not None), None)


def _disappointment(expectation: Expectation, scope: Scope) -> Failure | None:
    value = evaluate(expectation.tree, scope)
    if value is True:
        return None
    reason = f" has no value: {value.reason}" if isinstance(value, Absent) else " does not hold"
    return Failure(
        FailureKind.SURPRISE,
        clean_text(f"the expectation `{expectation.text}`{reason}"),
        expectation=expectation.text,
        values=values_in(expectation.tree, scope),
    )
