"""The times in events, which a recording counts from the creation of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callsheet.executor.run.events import (
    AttemptStarted,
    Event,
    ModelCalled,
    RetryScheduled,
    RunResumed,
    RunStarted,
)

DECIMALS = 6
_NEVER = 1e300
_MORE: Mapping[type[Event], tuple[str, ...]] = {
    AttemptStarted: ("deadline",),
    ModelCalled: ("started",),
    RetryScheduled: ("due",),
    RunResumed: ("deadline",),
    RunStarted: ("deadline",),
}


def times_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields of an event that say when something is, in seconds since the epoch."""
    return ("at", *_MORE.get(kind, ()))


def since(time: Any, created: float) -> Any:
    """Seconds from the creation of the run, to the microsecond; what is no number stays as it is."""
    return round(float(time) - created, DECIMALS) if type(time) in (int, float) else time


def until(seconds: Any, created: float) -> Any:
    """The time so many seconds after the creation of the run; what is no number, or no number of seconds that
    anybody could wait for, stays as it is."""
    return created + seconds if type(seconds) in (int, float) and abs(seconds) < _NEVER else seconds
