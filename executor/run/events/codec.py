"""Any event, and its one line of JSON in the journal."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from callsheet.executor.errors import EventUnreadable, EventUnwritable

from .attempts import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    DoubtSettled,
    HedgeDue,
    HedgeForgone,
    RetryDue,
    RetryScheduled,
)
from .lifecycle import (
    BudgetReached,
    CancellationRequested,
    FiguresKnown,
    PauseRequested,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEquipped,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    TimeLimitReached,
)
from .planning import DraftBegun, DraftGrown, DraftHalted, ModelCalled, PlanAdopted
from .replanning import (
    GivenUp,
    PersonAsked,
    ReachDecided,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    StepHeld,
    WordSpoken,
)
from .steps import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    ConditionDecided,
    ItemsResolved,
    ResultMissing,
    ResultReused,
    ResultSought,
    StepFailed,
    StepSkipped,
    StepTimeLimitReached,
)

Event: TypeAlias = (
    RunCreated
    | RunEquipped
    | FiguresKnown
    | ModelCalled
    | PlanAdopted
    | DraftBegun
    | DraftGrown
    | DraftHalted
    | RunStarted
    | RunResumed
    | ConditionDecided
    | StepSkipped
    | ItemsResolved
    | ApprovalRequested
    | ApprovalGranted
    | ApprovalDenied
    | AttemptStarted
    | AttemptSucceeded
    | AttemptFailed
    | AttemptSurprised
    | AttemptStopping
    | AttemptCancelled
    | AttemptLost
    | DoubtSettled
    | HedgeDue
    | HedgeForgone
    | ResultSought
    | ResultMissing
    | ResultReused
    | RetryScheduled
    | RetryDue
    | StepFailed
    | StepHeld
    | ReplanningStarted
    | ResultAccepted
    | GivenUp
    | ReplanningFailed
    | PersonAsked
    | WordSpoken
    | ReachDecided
    | ResultKept
    | StepTimeLimitReached
    | TimeLimitReached
    | BudgetReached
    | PauseRequested
    | CancellationRequested
    | RunPaused
    | RunCompleted
    | RunFailed
    | RunCancelled
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """The event as one line of JSON. Raises EventUnwritable where it holds what JSON cannot."""
    try:
        return _encoder.encode(event)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise EventUnwritable(type(event).__name__, str(error)) from None


def decode(data: bytes | str) -> Event:
    """The event back. Raises EventUnreadable for anything else."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventUnreadable(str(error)) from None
