"""Whether two runs have the same event, and where they diverge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from callsheet.executor.run.events import (
    AttemptStarted,
    Event,
    ModelCalled,
    PlanAdopted,
    ReachDecided,
    RetryScheduled,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.events.origins import without_origins

TOLERANCE_SECONDS = 0.01
"""What a limit, counted from its event, may differ by, and still be the same."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two runs diverge: at the event of this `index` one of them has `recorded`, the other `other`;
    None where that one has nothing there."""

    index: int
    recorded: Event | None
    other: Event | None


def is_same(event: Event, recorded: Event, *, live: bool = False) -> bool:
    """Whether the two differ in nothing but the time, or, where nothing is `live`, in that today a person is
    asked about more. Limits are compared from their events on."""
    if event.__class__ is not recorded.__class__:
        return False
    taken: dict[str, Any] = {}
    match event, recorded:
        case ModelCalled(), ModelCalled():
            taken = {"started": recorded.started, "chunks": recorded.chunks}
        case RetryScheduled(), RetryScheduled():
            taken = _limit("due", event.due - event.at, recorded.due - recorded.at, recorded.due)
        case AttemptStarted(), AttemptStarted():
            taken = _limit(
                "deadline", event.deadline - event.at, recorded.deadline - recorded.at, recorded.deadline
            )
        case RunStarted(deadline=float()), RunStarted(deadline=float() as known):
            # How much of its time a run has left then depends on how often its planning was taken up.
            taken = {"deadline": known}
        case RunResumed(deadline=float(limit)), RunResumed(deadline=float(known)):
            taken = _limit("deadline", limit - event.at, known - recorded.at, known)
        # Earlier releases asked about less of a revision, and what they recorded is to replay. That less is
        # asked about than was recorded is drift, and where something may really be done, so is either.
        case PlanAdopted(), PlanAdopted() if not live and recorded.approvals.keys() <= event.approvals.keys():
            taken = {"approvals": recorded.approvals}
        case ReachDecided(), ReachDecided() if not live and (event.beyond or not recorded.beyond):
            taken = {"beyond": recorded.beyond}
        case _:
            pass
    return msgspec.structs.replace(without_origins(event), at=recorded.at, **taken) == recorded


def _limit(name: str, seconds: float, recorded: float, known: float) -> dict[str, float]:
    return {name: known} if abs(seconds - recorded) <= TOLERANCE_SECONDS else {}
