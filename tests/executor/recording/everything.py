"""A run in which everything happens that can happen in one, with every field filled in somewhere."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.models.chat import Usage
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.spending.demand import Demand
from callsheet.agents.spending.terms import Terms
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    BudgetReached,
    CancellationRequested,
    ConditionDecided,
    DoubtSettled,
    DraftBegun,
    DraftGrown,
    DraftHalted,
    EquippedAgent,
    Event,
    FiguresKnown,
    GivenUp,
    HedgeDue,
    HedgeForgone,
    ItemsResolved,
    KnownFigures,
    ModelCalled,
    ModelMessage,
    ModelRequest,
    OptionsGiven,
    PauseRequested,
    PersonAsked,
    PlanAdopted,
    ReachDecided,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    ResultMissing,
    ResultReused,
    ResultSought,
    RetryDue,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEquipped,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFailed,
    StepHeld,
    StepSkipped,
    StepTimeLimitReached,
    TimeLimitReached,
    WordSpoken,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.planner.check.checker import check

End: TypeAlias = Literal["completed", "failed", "cancelled"]

CREATED = 1_750_000_000.25
"""When the run is created."""


def _object(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


FETCH = Capability(
    name="fetch",
    description="Fetch a page.\nIt may be large.",
    input_schema=_object(url="string"),
    output_schema=_object(text="string"),
    effect=Effect.READ,
    version="2",
    max_retries=3,
    timeout_seconds=60.5,
    cache=3600.0,
)
SHOUT = Capability(
    name="shout",
    description="Make it loud.",
    input_schema=_object(text="string"),
    output_schema={**_object(mood="string", text="string")},
    main_output="text",
)
SEND = Capability(
    name="send",
    description="Send a letter.",
    input_schema=_object(text="string"),
    output_schema=_object(sent="boolean"),
    effect=Effect.IRREVERSIBLE,
)
CATALOG = (FETCH, SEND, SHOUT)

FIRST_STEPS: list[dict[str, Any]] = [
    {"id": "page", "capability": "fetch", "inputs": {"url": "https://example.org/"}},
]
STEPS: list[dict[str, Any]] = [
    *FIRST_STEPS,
    {"id": "each", "capability": "shout", "for_each": [1, 2, 3], "inputs": {"text": "hey"}},
    {
        "id": "letter",
        "capability": "send",
        "inputs": {"text": {"from": "page"}},
        "condition": "len(page) > 0",
        "approval": True,
    },
    {"id": "other", "capability": "send", "inputs": {"text": "no: 12"}, "approval": True},
    {"id": "after", "capability": "shout", "inputs": {"text": "x"}, "depends_on": ["other"]},
    {"id": "known", "capability": "fetch", "inputs": {"url": "https://example.org/known"}},
]
ANSWER: Any = {"template": "{page}"}

LONG = "You plan the work that somebody else does.\n\n" + "Every step has a name and a task.\n" * 10
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"steps": {"type": "array"}}, "required": ["steps"]}
REPLY = '{"steps": [],\n "answer": "déjà vu"}\n'
USAGE = Usage(input_tokens=1200, output_tokens=34, cached_tokens=1000, reasoning_tokens=5, estimated=True)
FAILURE = Failure(
    FailureKind.ERROR,
    "the page was not there\nnor was its sister",
    retryable=True,
    retry_after=2.5,
    agent_at_fault=True,
    expectation="len(page) > 3",
    values={"page": "", "others": [1, 2.5, None, True]},
    exception="builtins.ValueError",
    abandoned=True,
    in_doubt=False,
)
LATE = Failure(FailureKind.TIMEOUT, "it took too long")


def documents(*steps: dict[str, Any], goal: str = "A goal: to be reached") -> tuple[dict[str, Any], Any]:
    """A plan's document and its contracts, as the planner would hand them over."""
    checked = check({"goal": goal, "steps": list(steps), "answer": ANSWER}, CATALOG).require()
    return checked.document, checked.contracts


def beginning() -> list[Event]:
    """The run is created and equipped."""
    return [
        RunCreated(
            CREATED, "0123456789ab", "A goal: to be reached", 7, "0011223344556677", "scripted", "$0.5, 3m"
        ),
        RunEquipped(
            CREATED + 0.5,
            tuple(capability.model_dump(mode="json") for capability in CATALOG),
            (
                EquippedAgent("fetcher", ("fetch",), Terms(price=0.25, max_concurrency=3), Demand(2, 100)),
                EquippedAgent("factotum", ("send", "shout", "fetch"), Terms(), Demand(0, 0, 0)),
                EquippedAgent("idler", ()),
            ),
            40,
            ("irreversible", "write"),
            8192,
            "short",
            ("1.25", "10", "0.125"),
            90.5,
            "models.example:8080",
        ),
        FiguresKnown(CREATED + 0.5, (KnownFigures("fetcher", "fetch", Figures()),)),
    ]


def call(at: float, *contents: str, **others: Any) -> ModelCalled:
    """A model is asked these things."""
    request = ModelRequest(
        tuple(ModelMessage("system" if place == 0 else "user", text) for place, text in enumerate(contents)),
        SCHEMA,
        "plan",
        512,
        None,
        11,
    )
    return ModelCalled(CREATED + at, CREATED + at - 0.25, "scripted", request, REPLY, USAGE, "stop", **others)


def drafting() -> list[Event]:
    """The plan is written, and begun before it is finished."""
    at = CREATED
    _, contracts = documents(*FIRST_STEPS)
    start = AttemptStarted(
        at + 4, "page", 1, "fetcher", "0123456789ab:page", at + 64.5, {"url": "https://example.org/"}
    )
    return [
        call(1, LONG, "the first question", chunks=((0.1, 10), (0.2, len(REPLY) - 10))),
        DraftBegun(at + 2),
        OptionsGiven(at + 1.75, 4, 5, "$1", 602.0, False, True, True),
        RunStarted(
            at + 2,
            4,
            at + 602,
            ("letter",),
            fail_fast=False,
            hedge=True,
            figures=(
                KnownFigures("fetcher", "fetch", Figures(3, 2, 0.75, 2.5, 1.5, (1.5, 1.5), 0.5, at - 60)),
                KnownFigures("factotum", "fetch", Figures()),
            ),
            replans=5,
        ),
        DraftGrown(at + 3, tuple(FIRST_STEPS), contracts),
        start,
        HedgeDue(at + 5, "page", 1),
        HedgeForgone(at + 5, "page"),
        DraftHalted(at + 5.5, "there is no capability `fetsch`"),
        AttemptFailed(at + 6, "page", 1, "fetcher", FAILURE),
        RetryScheduled(at + 6, "page", 2, at + 7.123456),
        call(6.5, LONG, "the second question", error="ModelUnavailable: it is busy"),
    ]


def adopted() -> list[Event]:
    """There is a plan, and much of it is carried out."""
    at = CREATED
    plan, contracts = documents(*STEPS)
    return [
        PlanAdopted(
            at + 7,
            1,
            plan,
            contracts,
            "a plan",
            ("each", "letter", "other", "after", "known"),
            {"other": "it sends"},
        ),
        RetryDue(at + 7.2, "page", 2),
        AttemptStarted(at + 8, "page", 2, "factotum", "0123456789ab:page", at + 68, {"url": "x"}),
        call(9, "short", "what is on the page?", step="page", attempt=2),
        AttemptSucceeded(at + 10, "page", 2, {"text": "no\n- yes\n"}),
        ItemsResolved(at + 11, "each", [1, {"two": 2}, "three"]),
        *_items(),
        ConditionDecided(at + 20, "letter", True),
        ApprovalRequested(at + 20, "letter", "send", "irreversible", {"text": "no"}, "it was wanted"),
        ApprovalRequested(at + 20, "other", "send", "irreversible", {"text": "no: 12"}),
        PauseRequested(at + 21),
        RunPaused(at + 21, ("letter", "other")),
        RunResumed(at + 22, 2, 6, "$1"),
        ApprovalGranted(at + 23, "letter", "ada"),
        ApprovalDenied(at + 23, "other", "ada"),
        StepFailed(at + 23, "other", Failure(FailureKind.DENIED, "its approval was refused by ada")),
        StepSkipped(at + 23, "after", ("other",)),
        AttemptStarted(at + 24, "letter", 1, "factotum", "0123456789ab:letter", at + 144, {"text": "no"}),
        RunResumed(at + 30, 2),
        AttemptLost(at + 30, "letter", 1, in_doubt=True),
        DoubtSettled(at + 31, "letter", "done", {"sent": True}, "ada"),
    ]


def _items() -> list[Event]:
    at = CREATED
    work = "0123456789ab:each"
    return [
        AttemptStarted(at + 12, "each", 1, "factotum", f"{work}:0", at + 132, {"text": "hey"}, 0),
        AttemptStarted(at + 12, "each", 1, "factotum", f"{work}:1", at + 132, {"text": "hey"}, 1),
        AttemptStarted(at + 13, "each", 2, "idler", f"{work}:0", at + 133, {"text": "hey"}, 0, hedge=True),
        AttemptSucceeded(at + 14, "each", 2, {"mood": "fine", "text": "HEY"}, 0),
        AttemptStopping(at + 14, "each", 1, 0),
        AttemptCancelled(at + 15, "each", 1, True, 0),
        AttemptSurprised(at + 16, "each", 1, FAILURE, {"mood": "", "text": "hey"}, 1),
        StepHeld(at + 16, "each", FAILURE, "aa" * 16, 1, {"mood": "", "text": "hey"}),
        ReplanningStarted(at + 16.25, "each"),
        call(16.5, LONG, "the second question", midway=True),
        PersonAsked(at + 17, "Is it loud enough?"),
        WordSpoken(at + 17.5, "It is: loud enough\n", "bob"),
        ReplanningStarted(at + 18, "each"),
        ResultAccepted(at + 18.25, "each", "loud enough"),
        ReplanningStarted(at + 18.5),
        ResultAccepted(at + 18.5, reason="nothing to do"),
    ]


def revised() -> list[Event]:
    """Another plan takes the place of the first."""
    at = CREATED
    other = {**STEPS[4], "depends_on": [], "inputs": {"text": "another"}}
    plan, contracts = documents(*STEPS[:4], other, STEPS[5])
    changed: dict[str, Any] = {**contracts[0], "description": "Fetch a page, as it was then."}
    return [
        ResultSought(at + 40, "known", "5" * 64),
        ResultMissing(at + 40.5, "known"),
        ReplanningStarted(at + 41, pressure="$0.01 of $0.50 is left"),
        ReplanningFailed(at + 41, "it wrote nothing"),
        GivenUp(at + 41, "no way", "each"),
        PlanAdopted(at + 42, 2, plan, (changed, *contracts[1:]), "revised", ("after",)),
        ReachDecided(at + 43, "after", ("hosts: example.net",)),
        ResultSought(at + 43, "known", "5" * 64),
        ResultReused(at + 44, "known", {"text": "known"}, "ba9876543210"),
        ResultKept(at + 45, "after", {"mood": "", "text": "X"}, "each"),
        StepTimeLimitReached(at + 46, "each"),
        TimeLimitReached(at + 46),
        BudgetReached(at + 46, "$0.50 are spent"),
        CancellationRequested(at + 46, "enough"),
    ]


def ending(end: End) -> Event:
    """How the run ends."""
    match end:
        case "completed":
            return RunCompleted(CREATED + 50, {"no": "12", "list": [], "nothing": None}, ("other",))
        case "failed":
            return RunFailed(CREATED + 50, Account(FAILURE, "each", 2, 3), ("other",))
        case "cancelled":
            return RunCancelled(CREATED + 50, "enough")


def everything(end: End = "completed") -> list[Event]:
    """The whole run."""
    return [*beginning(), *drafting(), *adopted(), *revised(), ending(end)]
