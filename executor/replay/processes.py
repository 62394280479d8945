"""The processes of a recorded run: where each ended, which no event says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from callsheet.executor.events import (
    Event,
    ModelCalled,
    PersonAsked,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from callsheet.executor.failure import FailureKind

from .news import is_broken_off

STOPPED = "stopped before it began: "
"""How the reason begins for which a run is cancelled whose process is interrupted while it plans."""
MOST_SECONDS = 1.0
"""Between two things that a process does without waiting for anybody."""
_RESTS = (RunPaused, RunCompleted, RunFailed, RunCancelled)


class Processes:
    """One after the other had the run."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        started = (at for at, event in enumerate(events) if isinstance(event, RunStarted))
        self._started = next(started, len(events))

    def end_of(self, at: int) -> int:
        """The place before which the process ended that has the run from this one on."""
        places = range(at + 1, len(self._events))
        return next((each for each in places if self.rested(each) or self.died(each)), len(self._events))

    def rested(self, at: int) -> bool:
        """Whether the run was over, or at rest, before this place."""
        return isinstance(self._events[at - 1], _RESTS)

    def died(self, at: int) -> bool:
        """Whether a process ended before this place, with the run neither over nor at rest."""
        if self.rested(at):
            return False
        if at == len(self._events):
            return True
        last, following = self._events[at - 1 : at + 1]
        if isinstance(last, PersonAsked) and at < self._started:
            return not isinstance(following, RunPaused)
        return isinstance(following, RunResumed) or ends_planning(last, following)


def ends_planning(last: Event, following: Event) -> bool:
    """Whether a process that planned ended between these two: who is stopped while it asks the model, or gets
    no answer, has something to say about that; and who gets one is not called off."""
    if _is_of_planning(following) and not _has_failed(last):
        # Who is there asks on at once.
        return following.started > last.at + MOST_SECONDS
    if not _is_of_planning(last):
        return False
    if is_broken_off(last):
        says_why = isinstance(following, RunCancelled | RunFailed)
        return not says_why or following.at > last.at + MOST_SECONDS
    if last.error is not None:
        return not (isinstance(following, RunFailed) or is_because_of(following, last))
    if isinstance(following, RunFailed) and following.account.failure.kind is FailureKind.TIME_LIMIT:
        # Who waits for no answer has time left.
        return following.at > last.at + MOST_SECONDS
    return isinstance(following, RunCancelled)


def _is_of_planning(event: Event) -> TypeGuard[ModelCalled]:
    """Whether it is a question of who makes the first plan."""
    return isinstance(event, ModelCalled) and event.step is None and not event.midway


def _has_failed(event: Event) -> bool:
    return isinstance(event, ModelCalled) and event.error is not None


def is_because_of(event: Event, call: Event | None) -> bool:
    """Whether a run is called off before it began because of an error of its model, so that nobody has to
    say so."""
    if not isinstance(event, RunCancelled) or not isinstance(call, ModelCalled) or call.step is not None:
        return False
    name, _, _ = (call.error or "").partition(":")
    return event.reason == f"{STOPPED}{name}" and not is_broken_off(call)
