"""The events of a run: append-only facts, whose fold is the state of the run and nothing else.

Whatever was decided with a clock, a random number or a choice of agent stands in an event, so
that reading a journal never decides anything again. `at` is when it happened, in seconds since
the epoch. `item` counts the items of a `for_each` step from 0, and is None for any other step;
`attempt` counts from 1, for each item on its own.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from callsheet.agents.models.chat import FinishReason, Role, Usage

from .errors import EventUnreadable, EventUnwritable
from .failure import Account, Failure


class _Event(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    tag_field="event",
    tag=lambda name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"),
):
    at: float


class RunCreated(_Event, frozen=True):
    """Somebody wants a goal pursued. `seed` feeds every random choice of the run; `catalog` is a
    digest of the capabilities on offer, `model` the name of the model that plans."""

    run: str
    goal: str
    seed: int
    catalog: str = ""
    model: str = ""


class ModelMessage(msgspec.Struct, frozen=True):
    """One message of a journaled request."""

    role: Role
    content: str


class ModelRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A `ChatRequest`, as the journal keeps it."""

    messages: tuple[ModelMessage, ...]
    schema: dict[str, Any] | None = None
    schema_name: str = "answer"
    max_tokens: int = 2048
    temperature: float | None = 0.0
    seed: int | None = None


class ModelCalled(_Event, frozen=True):
    """A model was asked: by an attempt, or by the planner where `step` is None.

    `started` is when; `at` is when the answer was complete. `error` says why there is none, or
    only a part of one, in `reply`.
    """

    started: float
    model: str
    request: ModelRequest
    reply: str = ""
    usage: Usage = Usage()
    finish_reason: FinishReason | None = None
    error: str | None = None
    step: str | None = None
    item: int | None = None
    attempt: int | None = None


class PlanAdopted(_Event, frozen=True):
    """A checked plan is the run's plan from now on. Revisions count from 1; `plan` is its document."""

    revision: int
    plan: dict[str, Any]


class RunStarted(_Event, frozen=True):
    """Steps may start: `max_concurrency` attempts at once, none after `deadline`. `approvals` are
    the steps that whoever started the run wants to be asked about, beside those of the plan."""

    max_concurrency: int
    deadline: float | None = None
    approvals: tuple[str, ...] = ()


class ConditionDecided(_Event, frozen=True):
    """A step's condition was evaluated. Where it does not hold the step is skipped."""

    step: str
    holds: bool


class StepSkipped(_Event, frozen=True):
    """A step's join can no longer be met, `because` these dependencies did not complete."""

    step: str
    because: tuple[str, ...]


class ItemsResolved(_Event, frozen=True):
    """What a `for_each` step goes through, by value."""

    step: str
    items: list[Any]


class ApprovalRequested(_Event, frozen=True):
    """The step waits for somebody's word. `inputs` is what it would be given, a list of them for
    a `for_each` step."""

    step: str
    capability: str
    effect: str
    inputs: Any


class ApprovalGranted(_Event, frozen=True):
    """The step may start. `by` says who decided, where that is known."""

    step: str
    by: str = ""


class ApprovalDenied(_Event, frozen=True):
    """The step must not start, and fails. `by` says who decided, where that is known."""

    step: str
    by: str = ""


class AttemptStarted(_Event, frozen=True):
    """An agent was chosen and is given the work, once this event is committed.

    `key` is the idempotency key, the same for every attempt at the same work.
    """

    step: str
    attempt: int
    agent: str
    key: str
    deadline: float
    inputs: dict[str, Any]
    item: int | None = None


class AttemptSucceeded(_Event, frozen=True):
    """The output is what the capability promises, and every expectation holds."""

    step: str
    attempt: int
    output: dict[str, Any]
    item: int | None = None


class AttemptFailed(_Event, frozen=True):
    """The work was not done, or nobody can tell."""

    step: str
    attempt: int
    agent: str
    failure: Failure
    item: int | None = None


class AttemptSurprised(_Event, frozen=True):
    """The work was done, and its output breaks an expectation; or the agent says that the world
    is not as assumed, and there is no output."""

    step: str
    attempt: int
    surprise: Failure
    output: dict[str, Any] | None = None
    item: int | None = None


class AttemptStopping(_Event, frozen=True):
    """A running attempt was told to stop. It may end in any way, and counts until it has ended."""

    step: str
    attempt: int
    item: int | None = None


class AttemptCancelled(_Event, frozen=True):
    """An attempt stopped because it was told to. `abandoned`: it ignored that, may still be running,
    and nobody waits for it."""

    step: str
    attempt: int
    abandoned: bool = False
    item: int | None = None


class RetryScheduled(_Event, frozen=True):
    """The next attempt, number `attempt`, may start at `due`."""

    step: str
    attempt: int
    due: float
    item: int | None = None


class RetryDue(_Event, frozen=True):
    """The wait before an attempt is over."""

    step: str
    attempt: int
    item: int | None = None


class StepFailed(_Event, frozen=True):
    """A step failed for good: no attempt is left, or none could be made."""

    step: str
    failure: Failure
    item: int | None = None


class TimeLimitReached(_Event, frozen=True):
    """The run's deadline passed."""


class CancellationRequested(_Event, frozen=True):
    """Somebody wants the run to stop."""

    reason: str = ""


class RunPaused(_Event, frozen=True):
    """Nothing is left to do until somebody decides about the steps that are `waiting`."""

    waiting: tuple[str, ...]


class RunCompleted(_Event, frozen=True):
    """The run has its answer. `missing` names the steps that failed and were allowed to, and those
    that were skipped because of them."""

    answer: Any
    missing: tuple[str, ...] = ()


class RunFailed(_Event, frozen=True):
    """The run ended without an answer."""

    account: Account


class RunCancelled(_Event, frozen=True):
    """The run was stopped from outside."""

    reason: str = ""


Event: TypeAlias = (
    RunCreated
    | ModelCalled
    | PlanAdopted
    | RunStarted
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
    | RetryScheduled
    | RetryDue
    | StepFailed
    | TimeLimitReached
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
