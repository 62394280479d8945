"""The times in events, which a recording counts from the creation of the run, and the pieces of a reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def fitted(chunks: Iterable[Sequence[float]], characters: int) -> list[tuple[float, int]]:
    """As many of the pieces in which a reply came as one of so many characters has room for; the last takes
    the rest."""
    pieces: list[tuple[float, int]] = []
    left = characters
    for seconds, count in chunks:
        if left <= 0:
            break
        pieces.append((seconds, min(int(count), left)))
        left -= pieces[-1][1]
    if left > 0 and pieces:
        seconds, count = pieces[-1]
        pieces[-1] = (seconds, count + left)
    return pieces
