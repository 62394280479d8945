"""Whether two runs have the same event, and where they part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from callsheet.executor.run.events import AttemptStarted, Event, ModelCalled, RetryScheduled, RunStarted

TOLERANCE_SECONDS = 0.01
"""What a limit, counted from its event, may differ by, and still be the same."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the courses part: at the event of this `index` one of them has `recorded`, the other `other`;
    None where that one has nothing there."""

    index: int
    recorded: Event | None
    other: Event | None


def is_same(event: Event, recorded: Event) -> bool:
    """Whether the two differ in nothing but the time. Limits are compared from their events on."""
    if event.__class__ is not recorded.__class__:
        return False
    times: dict[str, Any] = {}
    match event, recorded:
        case ModelCalled(), ModelCalled():
            times = {"started": recorded.started, "chunks": recorded.chunks}
        case RetryScheduled(), RetryScheduled():
            times = _limit("due", event.due - event.at, recorded.due - recorded.at, recorded.due)
        case AttemptStarted(), AttemptStarted():
            times = _limit(
                "deadline", event.deadline - event.at, recorded.deadline - recorded.at, recorded.deadline
            )
        case RunStarted(deadline=float()), RunStarted(deadline=float() as known):
            # How much of its time a run has left then depends on how often its planning was taken up.
            times = {"deadline": known}
        case _:
            pass
    return msgspec.structs.replace(event, at=recorded.at, **times) == recorded


def _limit(name: str, seconds: float, recorded: float, known: float) -> dict[str, float]:
    return {name: known} if abs(seconds - recorded) <= TOLERANCE_SECONDS else {}
