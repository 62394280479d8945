"""The processes of a recorded run: where each ended, which no event says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeGuard

from callsheet.executor.run.events import (
    Event,
    ModelCalled,
    OptionsGiven,
    PersonAsked,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.failure import FailureKind

from .inputs import is_broken_off

MAX_SECONDS = 1.0
"""Between two things that a process does without waiting for anybody."""
_RESTS = (RunPaused, RunCompleted, RunFailed, RunCancelled)
_TELLING = {*_RESTS, PersonAsked, OptionsGiven, RunResumed, ModelCalled}
"""What is on one side or the other of the end of every process."""


class Processes:
    """One after the other had the run."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        started = (at for at, event in enumerate(events) if isinstance(event, RunStarted))
        self._started = next(started, len(events))
        tells = (at for at in range(1, len(events)) if {type(events[at - 1]), type(events[at])} & _TELLING)
        self._ends = [at for at in tells if self._rested(at) or self._died(at)]
        self._deaths = {at for at in self._ends if not self._rested(at)}
        if not self._rested(len(events)):
            self._deaths.add(len(events))

    def end_of(self, at: int) -> int:
        """The place before which the process ended that has the run from this one on."""
        next_end = bisect_right(self._ends, at)
        return self._ends[next_end] if next_end < len(self._ends) else len(self._events)

    def died(self, at: int) -> bool:
        """Whether a process ended before this place, with the run neither over nor at rest."""
        return at in self._deaths

    def _rested(self, at: int) -> bool:
        return isinstance(self._events[at - 1], _RESTS)

    def _died(self, at: int) -> bool:
        last, following = self._events[at - 1 : at + 1]
        if isinstance(last, PersonAsked) and at < self._started:
            return not isinstance(following, RunPaused)
        return isinstance(following, OptionsGiven | RunResumed) or ends_planning(last, following)


def ends_planning(last: Event, following: Event) -> bool:
    """Whether a process that planned ended between these two: who is stopped while it asks the model, or gets
    no answer, has something to say about that; and who gets one is not called off."""
    if _is_of_planning(following) and not _has_failed(last):
        # Who is there asks on at once.
        return following.started > last.at + MAX_SECONDS
    if not _is_of_planning(last):
        return False
    if is_broken_off(last):
        says_why = isinstance(following, RunCancelled | RunFailed)
        return not says_why or following.at > last.at + MAX_SECONDS
    if last.error is not None:
        return not isinstance(following, RunFailed)
    if isinstance(following, RunFailed) and following.account.failure.kind is FailureKind.TIME_LIMIT:
        # Who waits for no answer has time left.
        return following.at > last.at + MAX_SECONDS
    return isinstance(following, RunCancelled)


def _is_of_planning(event: Event) -> TypeGuard[ModelCalled]:
    """Whether it is a question of who makes the first plan."""
    return isinstance(event, ModelCalled) and event.step is None and not event.midway


def _has_failed(event: Event) -> bool:
    return isinstance(event, ModelCalled) and event.error is not None
