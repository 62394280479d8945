"""What a run was granted: the goal, the plan that was approved for it, and what people said and approved
since. Pure."""

from __future__ import annotations

from callsheet.planner.compiled import CompiledStep
from callsheet.planner.grant import Grant

from .failure import Failure
from .record import RunRecord
from .resolution import inputs_of
from .state import RunState


def granted(state: RunState) -> Grant:
    """The grant of a run under its first plan, with what the steps of that have reached so far."""
    grant = Grant.of(state.record.goal, state.plan)
    for words in state.record.words:
        grant = grant.hearing(words)
    for step in state.plan.steps.values():
        if state.record.steps[step.id].attempts:
            grant = reaching(state.record, grant, step)
    return grant


def reaching(record: RunRecord, grant: Grant, step: CompiledStep) -> Grant:
    """The grant, and whatever the step reaches with the inputs that it has."""
    for item in record.steps[step.id].places:
        inputs = inputs_of(record, step, item)
        if not isinstance(inputs, Failure):
            grant = grant.including(step, inputs)
    return grant
