"""The events of a run: append-only facts, which reduce to the state of the run and nothing else.

Whatever was decided with a clock, a random number or a choice of agent stands in an event, so
that reading a journal never decides anything again. `at` is when it happened, in seconds since
the epoch. `item` counts the items of a `for_each` step from 0, and is None for any other step;
`attempt` counts from 1, for each item on its own.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from callsheet.agents.models.chat import FinishReason, Role, Usage
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.spending.demand import Demand
from callsheet.agents.spending.terms import Terms
from callsheet.executor.errors import EventUnreadable, EventUnwritable

from .failure import Account, Failure

DoubtVerdict: TypeAlias = Literal["done", "again", "failed"]
"""What became of work that was in doubt."""


class _Event(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    gc=False,
    tag_field="event",
    tag=lambda name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"),
):
    at: float


class RunCreated(_Event, frozen=True):
    """Somebody wants a goal pursued. `seed` feeds every random choice of the run; `catalog` is a
    digest of the capabilities on offer, `model` the name of the model that plans, `budget` what the run
    may use, as `Budget.describe` writes it."""

    run: str
    goal: str
    seed: int
    catalog: str = ""
    model: str = ""
    budget: str = ""


class EquippedAgent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agent who was there: what it offers, what it asks where it asks anything, and what an attempt may
    ask of the run's model, None where nobody knows."""

    name: str
    capabilities: tuple[str, ...]
    terms: Terms | None = None
    demand: Demand | None = None


class RunEquipped(_Event, frozen=True):
    """With what the goal is pursued. `contracts` is the whole catalog, `agents` who offers it; a plan keeps
    to `max_steps`, and asks for an approval where its steps have one of the effects `approval_for`. The
    model takes `context_tokens`, plans are written in `wire_format` (empty: as is usual for the model), and
    the `price` of its tokens is in dollars a million, of questions, answers and what is cached, where it
    is known. `time_limit` is how many seconds the run may take from its beginning."""

    contracts: tuple[dict[str, Any], ...]
    agents: tuple[EquippedAgent, ...]
    max_steps: int
    approval_for: tuple[str, ...] = ()
    context_tokens: int = 0
    wire_format: str = ""
    price: tuple[str, str, str] | None = None
    time_limit: float | None = None


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
    """A model was asked: by an attempt, or by the planner where `step` is None, `midway` where the run had
    started.

    `started` is when; `at` is when the answer was complete. `error` says why there is none, or
    only a part of one, in `reply`. `chunks` are the pieces in which it came, each with its seconds since
    `started` and its number of characters; there are none where it came in one piece at the end.
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
    midway: bool = False
    chunks: tuple[tuple[float, int], ...] = ()


class PlanAdopted(_Event, frozen=True):
    """A checked plan is the run's plan from now on. Revisions count from 1; `plan` is its document,
    `contracts` the capabilities that it names, as they were when it was checked: so that a run means
    the same tomorrow, whatever has become of its agents.

    For a plan that takes the place of another, `reason` is the planner's; the steps `afresh` are new,
    or other than they were, or come behind one that is: they begin anew, and all others stay where they
    stand. `approvals` are steps that somebody must approve first, each with why: they go beyond what was
    granted. It is empty where whoever started the run wants to be asked about such steps."""

    revision: int
    plan: dict[str, Any]
    contracts: tuple[dict[str, Any], ...] = ()
    reason: str = ""
    afresh: tuple[str, ...] = ()
    approvals: dict[str, str] = {}


class DraftBegun(_Event, frozen=True):
    """The plan is being written, and steps of it that are complete may start before the rest is."""


class DraftGrown(_Event, frozen=True):
    """More steps of the plan are complete, and check: their documents, and the capabilities that they
    name."""

    steps: tuple[dict[str, Any], ...]
    contracts: tuple[dict[str, Any], ...]


class DraftHalted(_Event, frozen=True):
    """Something in what was written since does not check: nothing that has not started does, until there
    is a plan."""

    problem: str


class KnownFigures(msgspec.Struct, frozen=True, array_like=True):
    """What was known of an agent at one kind of work when the run began."""

    agent: str
    capability: str
    figures: Figures


class FiguresKnown(_Event, frozen=True):
    """What was known of agents when the run was created, where its budget limits time: plans are measured
    by that before they are carried out."""

    figures: tuple[KnownFigures, ...]


class RunStarted(_Event, frozen=True):
    """Steps may start: `max_concurrency` attempts at once, none after `deadline`. `approvals` are
    the steps that whoever started the run wants to be asked about, beside those of the plan. With
    `fail_fast` the first failure that its step does not allow ends the run; without, whatever does
    not depend on it is finished first. With `hedge` work that may be done twice without harm is given
    to a second agent where the first takes unusually long. `figures` are those of agents between whom
    there is a choice. `replans` is how often the planner may be asked what to do about a failure, a
    surprise or a person's word; 0 where there is nobody to ask. `budget` takes the place of the one that the
    run was created with, where whoever went on with the planning gave it another."""

    max_concurrency: int
    deadline: float | None = None
    approvals: tuple[str, ...] = ()
    fail_fast: bool = True
    hedge: bool = False
    figures: tuple[KnownFigures, ...] = ()
    replans: int = 0
    budget: str | None = None


class RunResumed(_Event, frozen=True):
    """Somebody goes on with a run that was paused, or whose process ended. What was being attempted
    then has no outcome. Everything else is as in RunStarted, `replans` for the whole run, and takes the place
    of what was so far, where it is there."""

    max_concurrency: int
    replans: int | None = None
    budget: str | None = None
    deadline: float | None = None
    fail_fast: bool | None = None
    hedge: bool | None = None


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
    a `for_each` step; `why` is there where the plan itself does not ask for an approval."""

    step: str
    capability: str
    effect: str
    inputs: Any
    why: str = ""


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

    `key` is the idempotency key, the same for every attempt at the same work. A `hedge` starts while
    another attempt at the work is running.
    """

    step: str
    attempt: int
    agent: str
    key: str
    deadline: float
    inputs: dict[str, Any]
    item: int | None = None
    hedge: bool = False


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


class AttemptLost(_Event, frozen=True):
    """The process ended while the attempt was running: nobody saw how it ended. `in_doubt`: it cannot
    be taken back if it was done, so it is not tried again until somebody has said what became of it."""

    step: str
    attempt: int
    in_doubt: bool = False
    item: int | None = None


class DoubtSettled(_Event, frozen=True):
    """Somebody said what became of work that was in doubt: it is done, with this `output`; it may be
    tried again; or it failed. `by` says who, where that is known."""

    step: str
    verdict: DoubtVerdict
    output: dict[str, Any] | None = None
    by: str = ""
    item: int | None = None


class HedgeDue(_Event, frozen=True):
    """An attempt has been running for unusually long: a second one may start beside it."""

    step: str
    attempt: int
    item: int | None = None


class HedgeForgone(_Event, frozen=True):
    """Nobody else is free for a second attempt."""

    step: str
    item: int | None = None


class ResultSought(_Event, frozen=True):
    """The work may have been done before, in whatever run: `key` tells its result from all others."""

    step: str
    key: str
    item: int | None = None


class ResultMissing(_Event, frozen=True):
    """There is no result to be had, and this run is the one to make it."""

    step: str
    item: int | None = None


class ResultReused(_Event, frozen=True):
    """The work was done before, by the run `source`, and its output is taken over."""

    step: str
    output: dict[str, Any]
    source: str
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


class StepHeld(_Event, frozen=True):
    """A step cannot go on as planned, and the planner is to say what becomes of it; what depends on it
    waits for that. `signature` is the same for the same failure of the same work; `output` is there where
    a result of an earlier plan breaks what this one expects."""

    step: str
    failure: Failure
    signature: str
    item: int | None = None
    output: dict[str, Any] | None = None


class ReplanningStarted(_Event, frozen=True):
    """The planner is asked what to do about a step that is held; about somebody's word, or about what is
    nearly used up of the budget, the `pressure`, where `step` is None."""

    step: str | None = None
    pressure: str = ""


class ResultAccepted(_Event, frozen=True):
    """The planner takes the surprising results of a step that is held as they are; where `step` is None,
    it leaves the plan as it is."""

    step: str | None = None
    reason: str = ""


class GivenUp(_Event, frozen=True):
    """The planner sees no way on for the step, or, where `step` is None, for the run."""

    reason: str
    step: str | None = None


class ReplanningFailed(_Event, frozen=True):
    """The planner was asked, and gave no answer that can be carried out."""

    message: str
    step: str | None = None


class PersonAsked(_Event, frozen=True):
    """The planner wants to know something of the person whose goal it is."""

    question: str


class WordSpoken(_Event, frozen=True):
    """Somebody has something to say to the planner: an answer, or a new wish. `by` says who, where that
    is known."""

    text: str
    by: str = ""


class ReachDecided(_Event, frozen=True):
    """What a step of a revised plan would reach with its inputs was held against what was granted;
    where it is `beyond` that, it waits for an approval."""

    step: str
    beyond: tuple[str, ...] = ()


class ResultKept(_Event, frozen=True):
    """The work was done under an earlier plan of the run, as the step `source`, and is not done again."""

    step: str
    output: dict[str, Any]
    source: str
    item: int | None = None


class StepTimeLimitReached(_Event, frozen=True):
    """The step took longer, over all its attempts and items, than it may."""

    step: str


class TimeLimitReached(_Event, frozen=True):
    """The run's deadline passed."""


class BudgetReached(_Event, frozen=True):
    """What would have to be done next is more than the budget allows."""

    problem: str


class PauseRequested(_Event, frozen=True):
    """Somebody wants the run to rest: nothing starts any more, and what runs may end."""


class CancellationRequested(_Event, frozen=True):
    """Somebody wants the run to stop."""

    reason: str = ""


class RunPaused(_Event, frozen=True):
    """Nothing is left to do until somebody decides about the steps that are `waiting`, or, where none
    is, until somebody resumes the run."""

    waiting: tuple[str, ...]


class RunCompleted(_Event, frozen=True):
    """The run has its answer. `missing` names the steps that failed and were allowed to, and those
    that were skipped because of them."""

    answer: Any
    missing: tuple[str, ...] = ()


class RunFailed(_Event, frozen=True):
    """The run ended without an answer. `missing` names the steps that failed, and those that were
    skipped because of them."""

    account: Account
    missing: tuple[str, ...] = ()


class RunCancelled(_Event, frozen=True):
    """The run was stopped from outside."""

    reason: str = ""


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
