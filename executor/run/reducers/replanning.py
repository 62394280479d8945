"""What the planner is asked, and decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.executor.run.events import (
    GivenUp,
    PersonAsked,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    StepHeld,
    WordSpoken,
)
from callsheet.executor.run.state import RunState, RunStatus

from .progress import add_to_story, take_output, wait_step


def _step_held(state: RunState, event: StepHeld) -> None:
    state.held.setdefault(event.step, {})[event.item] = event
    if event.output is not None:
        state.surprises.setdefault(event.step, {})[event.item] = event.output
    state.asked.pop(event.step, None)
    wait_step(state, event.step)


def _replanning_started(state: RunState, event: ReplanningStarted) -> None:
    state.replannings += 1
    if event.step is not None:
        state.replanned[event.step] = state.replanned.get(event.step, 0) + 1


def _result_accepted(state: RunState, event: ResultAccepted) -> None:
    if event.step is None:
        add_to_story(state, f"the plan was left as it is: {event.reason}")
        return
    add_to_story(state, f"the results of `{event.step}` were accepted as they are: {event.reason}")
    surprises = state.surprises.pop(event.step, {})
    for item in state.held.pop(event.step, {}):
        take_output(state, event.step, item, surprises[item])


def _given_up(state: RunState, event: GivenUp) -> None:
    add_to_story(state, f"given up on {event.step or 'the run'}: {event.reason}")


def _replanning_failed(state: RunState, event: ReplanningFailed) -> None:
    add_to_story(state, f"no decision about {event.step or 'the run'}: {event.message}")


def _person_asked(state: RunState, event: PersonAsked) -> None:
    state.question = event.question
    add_to_story(state, f"the planner asked: {event.question}")


def _word_spoken(state: RunState, event: WordSpoken) -> None:
    state.words = (*state.words, event.text)
    if state.question is not None:
        state.answers = (*state.answers, (state.question, event.text))
    state.question = None
    if state.status is RunStatus.PAUSED and not state.revision:
        # It is planned now that its question has an answer.
        state.status = RunStatus.PENDING
    add_to_story(state, f"{event.by or 'the user'} said: {event.text}")


def _result_kept(state: RunState, event: ResultKept) -> None:
    step = state.step_of(event.step)
    step.kept = {**(step.kept or {}), event.item: event.source}
    take_output(state, event.step, event.item, event.output)


REPLANNING_REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    GivenUp: _given_up,
    PersonAsked: _person_asked,
    ReplanningFailed: _replanning_failed,
    ReplanningStarted: _replanning_started,
    ResultAccepted: _result_accepted,
    ResultKept: _result_kept,
    StepHeld: _step_held,
    WordSpoken: _word_spoken,
}
