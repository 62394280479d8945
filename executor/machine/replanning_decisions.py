"""What becomes of work for which nothing more can be tried: it fails, or the planner is asked. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from callsheet.executor.run.events import ReplanningStarted, StepFailed, StepHeld
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.spending import REVISION
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.planner.plan.plan import OnFailure

from .commands import Enter, Replan
from .finished_work import CarriedResults
from .machine_state import MachineState

MAX_REPLANS_A_STEP = 3
"""How often the planner is asked about one step."""

_ASKED_ENOUGH = "the planner has been asked as often as it may be"

_FINAL = frozenset({FailureKind.BUDGET, FailureKind.DENIED, FailureKind.STUCK})
"""What no other plan is to get round: the budget, a person's no, and what was tried already."""


def fail(
    state: MachineState, step: CompiledStep, failure: Failure, item: int | None
) -> StepFailed | StepHeld:
    """Nothing more can be tried: the step fails, unless the planner may know a way on."""
    now = state.run.now
    if step.on_failure is not OnFailure.REPLAN or failure.kind in _FINAL or not state.run.replans:
        return StepFailed(now, step.id, failure, item)
    if not may_replan(state, step.id):
        return StepFailed(now, step.id, _because(failure, _ASKED_ENOUGH), item)
    signature = _signature(state, step, failure, item)
    if _has_failed_before(state, step.id, signature):
        message = (
            "stuck: after the plan was revised the same work failed again in the same way, so that another "
            f"revision would not help: {failure.message}"
        )
        return StepFailed(
            now, step.id, msgspec.structs.replace(failure, kind=FailureKind.STUCK, message=message), item
        )
    return StepHeld(now, step.id, failure, signature, item)


def _has_failed_before(state: MachineState, step: str, signature: str) -> bool:
    """Whether the same work failed in the same way under a plan that was revised since: a plan may have the
    same work twice, and it may fail twice before anybody could do something about it."""
    earlier = range(state.run.steps[step].since)
    return any((signature, revision) in state.signatures for revision in earlier)


def may_replan(state: MachineState, step: str | None) -> bool:
    """Whether the planner may be asked once more."""
    run = state.run
    if run.replannings >= run.replans:
        return False
    if state.spending is not None and state.spending.refusal(REVISION, run.now) is not None:
        return False
    return step is None or run.replanned.get(step, 0) < MAX_REPLANS_A_STEP


def is_listening(state: MachineState) -> bool:
    """Whether there is a message about which the planner is still to decide: nothing that changes
    the world begins until it has."""
    if state.run.drafting or not (state.message_waits or state.heard):
        return False
    return state.replanning is not None or may_replan(state, None)


def ask_planner(state: MachineState) -> Enter | Replan | None:
    """What is held fails where there is no hope for it; else the planner is asked, about one thing at a
    time, and about a step once nothing of it is under way. None where that has to wait."""
    run = state.run
    if (lost := _first_lost(state)) is not None:
        return Enter(_end_held(state, lost))
    if state.replanning is not None or run.question is not None:
        return None
    if not (run.drafting or may_replan(state, None)):
        return None
    step = next(iter(state.ready_to_replan), None)
    if step is not None or state.message_waits:
        return Replan(ReplanningStarted(run.now, step))
    pressure = _pressure(state)
    return Replan(ReplanningStarted(run.now, pressure=pressure)) if pressure else None


def _pressure(state: MachineState) -> str:
    """What is nearly used up, where that can still be told to the planner, once."""
    if state.spending is None or state.pressed or not state.pending.unended:
        return ""
    return state.spending.pressure(now=state.run.now)


def _first_lost(state: MachineState) -> StepHeld | None:
    """Something that is held and for which there is no hope any more."""
    step = next(iter(state.given_up), None)
    if step is None and state.replanning is None and not (state.run.drafting or may_replan(state, None)):
        step = next(iter(state.run.held), None)
    return None if step is None else next(iter(state.run.held[step].values()))


def _end_held(state: MachineState, held: StepHeld) -> StepFailed:
    """The planner did not help: what was held fails after all."""
    why = state.given_up.get(held.step, _ASKED_ENOUGH)
    return StepFailed(state.run.now, held.step, _because(held.failure, why), held.item)


def _because(failure: Failure, why: str) -> Failure:
    """The failure, with why it is not replanned."""
    return msgspec.structs.replace(failure, message=f"{failure.message} ({why})")


def _signature(state: MachineState, step: CompiledStep, failure: Failure, item: int | None) -> str:
    """What stands for this failure of this work: the content of the work and how it failed, not how the
    failure is worded, which may hold a time or a number."""
    carried = state.carried or CarriedResults()
    work = carried.key(state.run, step, item, state.pending.steps)
    manner = [failure.kind.value, failure.expectation, failure.exception, work or [step.id, failure.message]]
    return hashlib.sha256(msgspec.json.encode(manner)).hexdigest()[:32]
