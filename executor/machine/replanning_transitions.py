"""What the events of replanning make possible, or rule out: their part of the transitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.agents.contracts.capability import Effect
from callsheet.executor.run.events import (
    DraftBegun,
    DraftGrown,
    DraftHalted,
    GivenUp,
    ModelCalled,
    PersonAsked,
    PlanAdopted,
    ReachDecided,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    StepHeld,
    WordSpoken,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.executor.run.state import ENDED, StepStatus

from .completion import cancel_attempts, end_run, note_if_ready_to_replan, settle
from .finished_work import CarriedResults
from .grants import granted
from .machine_state import MachineState


def before_adoption(state: MachineState, event: PlanAdopted) -> None:
    """A plan is about to take the place of another, or of a draft: keep what would be forgotten with that."""
    if event.revision > 1 and state.grant is None:
        state.grant = granted(state)
    if event.revision > 1 or state.run.drafting:
        state.carried = state.carried or CarriedResults()
        state.carried.carry_over(state.run, state.plans[event.revision - 1].steps)


def _plan_adopted(state: MachineState, event: PlanAdopted) -> None:
    if event.revision == 1:
        # What was said before there was a plan is in it.
        state.message_waits = False
    if event.revision == 1 and state.carried is None:
        return
    afresh, steps = frozenset(event.afresh), state.plan.steps
    known = state.run.steps
    ended = {
        step: known[step].status is StepStatus.COMPLETED
        for step in steps
        if step not in afresh and known[step].status in ENDED
    }
    # The first plan is what is granted, whatever was drafted before.
    acting = (step for step in afresh if steps[step].capability.effect is not Effect.PURE)
    guarded = frozenset(acting) if event.revision > 1 else frozenset[str]()
    state.pending = state.pending.revised(steps, afresh, ended, event.approvals, guarded)
    for step in [step for step in state.ready_to_replan if step not in state.run.held]:
        del state.ready_to_replan[step]
    state.halted = False
    _decided(state)
    cancel_attempts(state, (attempt for attempt in state.run.running if attempt in state.run.obsolete))


def _draft_begun(state: MachineState, event: DraftBegun) -> None:
    state.replanning = ReplanningStarted(event.at)


def _draft_grown(state: MachineState, event: DraftGrown) -> None:
    steps = state.plan.steps
    state.pending.extend((steps[step["id"]] for step in event.steps), state.run.outputs)


def _draft_halted(state: MachineState, event: DraftHalted) -> None:
    state.halted = True


def _decided(state: MachineState) -> None:
    state.replanning, state.heard = None, False
    state.replies.clear()


def _model_called(state: MachineState, event: ModelCalled) -> None:
    if state.replanning is not None and event.step is None:
        state.replies.append(event)


def _replanning_started(state: MachineState, event: ReplanningStarted) -> None:
    state.replanning = event
    state.heard, state.message_waits = state.message_waits, False
    state.pressed = state.pressed or bool(event.pressure)


def _result_accepted(state: MachineState, event: ResultAccepted) -> None:
    _decided(state)
    if event.step is not None:
        state.ready_to_replan.pop(event.step, None)
        settle(state, event.step)


def _given_up(state: MachineState, event: GivenUp) -> None:
    _decided(state)
    if event.step is None:
        end_run(state, Account(Failure(FailureKind.GIVEN_UP, event.reason)))
    else:
        _despair(state, event.step, f"the planner gave up: {event.reason}")


def _replanning_failed(state: MachineState, event: ReplanningFailed) -> None:
    _decided(state)
    if event.step is not None:
        _despair(state, event.step, f"the planner knew no way on: {event.message}")
    elif state.run.drafting:
        end_run(state, Account(Failure(FailureKind.PLANNING, event.message)))


def _despair(state: MachineState, step: str, why: str) -> None:
    # A revision that was asked for something else may have settled it meanwhile.
    if step in state.run.held:
        state.given_up[step] = why


def _person_asked(state: MachineState, event: PersonAsked) -> None:
    # What led to the question is not decided before it is answered.
    state.message_waits = state.message_waits or state.heard
    _decided(state)


def _word_spoken(state: MachineState, event: WordSpoken) -> None:
    state.message_waits = True
    # Whoever speaks may have changed the world: what failed before may do now.
    state.signatures.clear()
    if state.grant is not None:
        state.grant = state.grant.hearing(event.text)


def _reach_decided(state: MachineState, event: ReachDecided) -> None:
    state.pending.reached.add(event.step)
    if event.beyond:
        why = state.pending.approvals.get(event.step, "")
        more = [each for each in event.beyond if each not in why]
        state.pending.approvals[event.step] = "; ".join((why, *more) if why else more)
    state.pending.proceed(event.step)


def _result_kept(state: MachineState, event: ResultKept) -> None:
    work = event.step, event.item
    state.pending.carried_over.add(work)
    state.pending.take_work(work)
    settle(state, event.step)
    _give_up_if_ready_to_replan(state, event.step)


def _give_up_if_ready_to_replan(state: MachineState, step: str) -> None:
    # Of work that was done already nothing may be left to approve.
    if step in state.ready_to_replan:
        state.pending.questions.pop(step, None)


def _step_held(state: MachineState, event: StepHeld) -> None:
    pending = state.pending
    state.signatures.add((event.signature, state.run.revision))
    note_if_ready_to_replan(state, event.step)
    if event.item is not None:
        if event.output is not None:
            pending.carried_over.add((event.step, event.item))
        pending.put_aside((event.step, event.item))
        _give_up_if_ready_to_replan(state, event.step)
        return
    pending.drop(event.step)
    cancel_attempts(state, (attempt for attempt in state.run.running if attempt[0] == event.step))


REPLANNING_TRANSITIONS: dict[type[Any], Callable[[MachineState, Any], None]] = {
    DraftBegun: _draft_begun,
    DraftGrown: _draft_grown,
    DraftHalted: _draft_halted,
    GivenUp: _given_up,
    ModelCalled: _model_called,
    PersonAsked: _person_asked,
    PlanAdopted: _plan_adopted,
    ReachDecided: _reach_decided,
    ReplanningFailed: _replanning_failed,
    ReplanningStarted: _replanning_started,
    ResultAccepted: _result_accepted,
    ResultKept: _result_kept,
    StepHeld: _step_held,
    WordSpoken: _word_spoken,
}
