"""What a run was granted: the goal, the plan that was approved for it, and what people said and approved
since. Pure."""

from __future__ import annotations

from callsheet.executor.evaluation.inputs import inputs_of
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import RunState
from callsheet.planner.grants.grant import Grant
from callsheet.planner.plan.checked_plan import CompiledStep

from .machine_state import MachineState


def granted(state: MachineState) -> Grant:
    """The grant of a run under its first plan, with what the steps of that have reached so far."""
    run = state.run
    grant = Grant.from_plan(run.goal, state.plan)
    for words in run.words:
        grant = grant.hearing(words)
    for step in state.plan.steps.values():
        if run.steps[step.id].attempts:
            grant = reaching(run, grant, step)
    return grant


def reaching(run: RunState, grant: Grant, step: CompiledStep) -> Grant:
    """The grant, and whatever the step reaches with the inputs that it has."""
    for item in run.steps[step.id].places:
        if not isinstance(inputs := inputs_of(run, step, item), Failure):
            grant = grant.including(step, inputs)
    return grant
