"""What the planner is told when a run needs a decision: how the run stands, in the planner's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.agents.contracts.capability import Capability
from callsheet.executor.evaluation.inputs import inputs_of
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.run.events import StepHeld
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import RunState, StepRecord, StepStatus, Work
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.planner.revision.situation import Mishap, Situation, Standing, StepStanding, Trouble

_STANDINGS = {
    StepStatus.COMPLETED: Standing.DONE,
    StepStatus.FAILED: Standing.FAILED,
    StepStatus.SKIPPED: Standing.SKIPPED,
    StepStatus.CANCELLED: Standing.FAILED,
}


def situation_of(state: MachineState, catalog: Iterable[Capability], refusal: str = "") -> Situation:
    """Where the run stands, and what the planner is being asked about. `catalog` is what is on offer now;
    what the present plan uses of capabilities that no agent provides any more is added to it, and what the
    names of its steps mean stays."""
    run, plan = state.run, state.plan
    named = {step.capability.name: step.capability for step in plan.steps.values()}
    known = named | {each.name: _as_named(each, named.get(each.name)) for each in catalog}
    asked = state.replanning.step if state.replanning else None
    troubles = {step: _trouble(state, step) for step in run.held if step in plan.steps}
    return Situation(
        run.goal,
        plan,
        {step: _standing(run.steps[step], run) for step in plan.steps},
        tuple(known[name] for name in sorted(known)),
        trouble=troubles.pop(asked, None) if asked is not None else None,
        others=tuple(troubles.values()),
        words=run.words,
        answers=run.answers,
        pressure=state.replanning.pressure if state.replanning else "",
        history=run.story,
        used_ids=frozenset(run.steps),
        refusal=refusal,
    )


def _as_named(offered: Capability, named: Capability | None) -> Capability:
    if named is None or named.main_output == offered.main_output:
        return offered
    return offered.model_copy(update={"main_output": named.main_output})


def _standing(step: StepRecord, run: RunState) -> StepStanding:
    if step.id in run.held:
        return StepStanding(Standing.IN_TROUBLE)
    found = _STANDINGS.get(step.status)
    if found is None:
        begun = step.attempts and step.status is not StepStatus.PENDING
        found = Standing.UNDER_WAY if begun else Standing.NOT_STARTED
    return StepStanding(found, step.output if found is Standing.DONE else None)


def _trouble(state: MachineState, step: str) -> Trouble:
    held = state.run.held[step]
    compiled = state.plan.steps[step]
    return Trouble(step, tuple(_mishap(state, compiled, each) for each in held.values()))


def _mishap(state: MachineState, step: CompiledStep, held: StepHeld) -> Mishap:
    failure, item = held.failure, held.item
    inputs = inputs_of(state.run, step, item) if item is not None or step.for_each is None else None
    return Mishap(
        item,
        failure.kind.value,
        failure.message,
        _tries(state, (step.id, item)),
        None if isinstance(inputs, Failure) else inputs,
        failure.expectation,
        failure.values,
        state.run.surprises.get(step.id, {}).get(item),
    )


def _tries(state: MachineState, work: Work) -> int:
    """The attempts at the work as it now is."""
    return state.pending.attempts.get(work, 0) - state.pending.spare.get(work, 0)
