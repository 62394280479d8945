"""What happens to an attempt: started, ended in one of many ways, doubted, repeated."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from callsheet.executor.run.failure import Failure

from .base import EventBase


class AttemptStarted(EventBase, frozen=True):
    """An agent was chosen, and is given the work once this event is committed."""

    step: str
    attempt: int
    agent: str

    key: str
    """The idempotency key: the same for every attempt at the same work."""

    deadline: float
    """When the attempt times out, in seconds since the epoch."""

    inputs: dict[str, Any]
    """The inputs, resolved."""

    item: int | None = None

    hedge: bool = False
    """Whether another attempt at the same work is running."""


class AttemptProgressed(EventBase, frozen=True):
    """The agent said how far the work has come. Of what it says within a second, the last is kept. Recordings
    leave it out: it decides nothing."""

    step: str
    attempt: int

    text: str
    """At most 200 characters."""

    partial: Any = None
    """What there is of the result; at most 4,000 bytes."""

    item: int | None = None


class AttemptSucceeded(EventBase, frozen=True):
    """The output is what the capability promises, and every expectation holds."""

    step: str
    attempt: int
    output: dict[str, Any]
    item: int | None = None


class AttemptFailed(EventBase, frozen=True):
    """The work was not done, or it is unknown whether it was."""

    step: str
    attempt: int
    agent: str
    failure: Failure
    item: int | None = None

    traceback: str = ""
    """Of the exception, where the agent raised one, at most 8,000 characters and without secrets. Recordings
    leave it out."""


class AttemptSurprised(EventBase, frozen=True):
    """The work was done, and its output breaks an expectation; or the agent says that the world
    is not as assumed, and there is no output."""

    step: str
    attempt: int
    surprise: Failure
    output: dict[str, Any] | None = None
    item: int | None = None


class AttemptStopping(EventBase, frozen=True):
    """A running attempt was told to stop. It may end in any way, and counts until it has ended."""

    step: str
    attempt: int
    item: int | None = None


class AttemptCancelled(EventBase, frozen=True):
    """An attempt stopped because it was told to. `abandoned`: it ignored that, may still be running, and is
    no longer waited for."""

    step: str
    attempt: int
    abandoned: bool = False
    item: int | None = None


class AttemptLost(EventBase, frozen=True):
    """The process ended while the attempt was running, so how it ended is unknown. `in_doubt`: if it was done
    it cannot be taken back, so it is not tried again until a person has said what became of it."""

    step: str
    attempt: int
    in_doubt: bool = False
    item: int | None = None


DoubtVerdict: TypeAlias = Literal["done", "again", "failed"]
"""What became of work that was in doubt."""


class DoubtSettled(EventBase, frozen=True):
    """A person said what became of work that was in doubt: it is done, with this `output`; it may be tried
    again; or it failed. `by` is that person, where known."""

    step: str
    verdict: DoubtVerdict
    output: dict[str, Any] | None = None
    by: str = ""
    item: int | None = None


class HedgeDue(EventBase, frozen=True):
    """An attempt has been running for unusually long: a second one may start beside it."""

    step: str
    attempt: int
    item: int | None = None


class HedgeForgone(EventBase, frozen=True):
    """No other agent is free for a second attempt."""

    step: str
    item: int | None = None


class RetryScheduled(EventBase, frozen=True):
    """The next attempt, number `attempt`, may start at `due`."""

    step: str
    attempt: int
    due: float
    item: int | None = None


class RetryDue(EventBase, frozen=True):
    """The wait before an attempt is over."""

    step: str
    attempt: int
    item: int | None = None


AttemptEvent: TypeAlias = (
    AttemptStarted
    | AttemptProgressed
    | AttemptSucceeded
    | AttemptFailed
    | AttemptSurprised
    | AttemptStopping
    | AttemptCancelled
    | AttemptLost
    | DoubtSettled
    | HedgeDue
    | HedgeForgone
    | RetryScheduled
    | RetryDue
)
