"""What the events of replanning make possible, or rule out: their part of the consequences."""

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

from .completion import doom, end_run, see_if_ripe, settle
from .finished_work import Heritage
from .grants import granted
from .machine_state import RunState


def before_adoption(state: RunState, event: PlanAdopted) -> None:
    """A plan is about to take the place of another, or of a draft: keep what would be forgotten with that."""
    if event.revision > 1 and state.grant is None:
        state.grant = granted(state)
    if event.revision > 1 or state.record.drafting:
        state.heritage = state.heritage or Heritage()
        state.heritage.inherit(state.record, state.plans[event.revision - 1].steps)


def _plan_adopted(state: RunState, event: PlanAdopted) -> None:
    if event.revision == 1:
        # What was said before there was a plan is in it.
        state.word_waits = False
    if event.revision == 1 and state.heritage is None:
        return
    afresh, steps = frozenset(event.afresh), state.plan.steps
    known = state.record.steps
    ended = {
        step: known[step].status is StepStatus.COMPLETED
        for step in steps
        if step not in afresh and known[step].status in ENDED
    }
    # The first plan is what is granted, whatever was drafted before.
    acting = (step for step in afresh if steps[step].capability.effect is not Effect.PURE)
    guarded = frozenset(acting) if event.revision > 1 else frozenset[str]()
    state.agenda = state.agenda.revised(steps, afresh, ended, event.approvals, guarded)
    for step in [step for step in state.ripe if step not in state.record.held]:
        del state.ripe[step]
    state.halted = False
    _decided(state)
    doom(state, (attempt for attempt in state.record.running if attempt in state.record.obsolete))


def _draft_begun(state: RunState, event: DraftBegun) -> None:
    state.replanning = ReplanningStarted(event.at)


def _draft_grown(state: RunState, event: DraftGrown) -> None:
    steps = state.plan.steps
    state.agenda.extend((steps[step["id"]] for step in event.steps), state.record.outputs)


def _draft_halted(state: RunState, event: DraftHalted) -> None:
    state.halted = True


def _decided(state: RunState) -> None:
    state.replanning, state.heard = None, False
    state.replies.clear()


def _model_called(state: RunState, event: ModelCalled) -> None:
    if state.replanning is not None and event.step is None:
        state.replies.append(event)


def _replanning_started(state: RunState, event: ReplanningStarted) -> None:
    state.replanning = event
    state.heard, state.word_waits = state.word_waits, False
    state.pressed = state.pressed or bool(event.pressure)


def _result_accepted(state: RunState, event: ResultAccepted) -> None:
    _decided(state)
    if event.step is not None:
        state.ripe.pop(event.step, None)
        settle(state, event.step)


def _given_up(state: RunState, event: GivenUp) -> None:
    _decided(state)
    if event.step is None:
        end_run(state, Account(Failure(FailureKind.GIVEN_UP, event.reason)))
    else:
        _despair(state, event.step, f"the planner gave up: {event.reason}")


def _replanning_failed(state: RunState, event: ReplanningFailed) -> None:
    _decided(state)
    if event.step is not None:
        _despair(state, event.step, f"the planner knew no way on: {event.message}")
    elif state.record.drafting:
        end_run(state, Account(Failure(FailureKind.PLANNING, event.message)))


def _despair(state: RunState, step: str, why: str) -> None:
    # A revision that was asked for something else may have settled it meanwhile.
    if step in state.record.held:
        state.hopeless[step] = why


def _person_asked(state: RunState, event: PersonAsked) -> None:
    # What led to the question is not decided before it is answered.
    state.word_waits = state.word_waits or state.heard
    _decided(state)


def _word_spoken(state: RunState, event: WordSpoken) -> None:
    state.word_waits = True
    # Whoever speaks may have changed the world: what failed before may do now.
    state.signatures.clear()
    if state.grant is not None:
        state.grant = state.grant.hearing(event.text)


def _reach_decided(state: RunState, event: ReachDecided) -> None:
    state.agenda.reached.add(event.step)
    if event.beyond:
        why = state.agenda.approvals.get(event.step, "")
        more = [each for each in event.beyond if each not in why]
        state.agenda.approvals[event.step] = "; ".join((why, *more) if why else more)
    state.agenda.proceed(event.step)


def _result_kept(state: RunState, event: ResultKept) -> None:
    work = event.step, event.item
    state.agenda.inherited.add(work)
    state.agenda.take(work)
    settle(state, event.step)
    _ask_nobody_if_ripe(state, event.step)


def _ask_nobody_if_ripe(state: RunState, step: str) -> None:
    # Of work that was done already nothing may be left that somebody could approve.
    if step in state.ripe:
        state.agenda.questions.pop(step, None)


def _step_held(state: RunState, event: StepHeld) -> None:
    agenda = state.agenda
    state.signatures.add((event.signature, state.record.revision))
    see_if_ripe(state, event.step)
    if event.item is not None:
        if event.output is not None:
            agenda.inherited.add((event.step, event.item))
        agenda.put_aside((event.step, event.item))
        _ask_nobody_if_ripe(state, event.step)
        return
    agenda.drop(event.step)
    doom(state, (attempt for attempt in state.record.running if attempt[0] == event.step))


REPLAN_CONSEQUENCES: dict[type[Any], Callable[[RunState, Any], None]] = {
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
