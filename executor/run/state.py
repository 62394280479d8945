"""The record of a run: what has happened, reduced from its events alone, without its plan.

Reading an old journal needs no registry and no checker: every transition that a plan decides
is an event of its own, or follows from one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from callsheet.agents.models.chat import Usage

from .events import ApprovalRequested, StepHeld
from .failure import Account, Failure

NO_USAGE = Usage()

Work: TypeAlias = tuple[str, int | None]
"""A step, or one item of a `for_each` step: what an attempt is an attempt at."""

Try: TypeAlias = tuple[str, int | None, int]
"""An attempt: the step, the item, and its number."""


class RunStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    """For the next attempt to be due, for a result that is being made elsewhere, for an approval, or
    for the planner."""
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class AttemptStatus(StrEnum):
    """Where an attempt stands."""

    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SURPRISED = "surprised"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its process ended, and its outcome is unknown."""


RUN_ENDED = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})
ENDED = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED})


class AttemptRecord(msgspec.Struct, gc=False):
    """One attempt of one agent at a step, or at one item of it."""

    number: int
    """Counts the attempts at this step or item, from 1."""
    item: int | None
    """The item of a `for_each` step; None for any other step."""
    agent: str
    """The name of the agent that has the attempt."""
    capability: str
    """What the step asked for then; a revision of the plan may change that."""
    started: float
    """In seconds since the epoch, as `ended`."""
    status: AttemptStatus = AttemptStatus.RUNNING
    """Where the attempt stands."""
    ended: float | None = None
    """None while it is running."""
    failure: Failure | None = None
    """Why it failed; None where it did not."""
    abandoned: bool = False
    """It ignored that it was told to stop, and may still be running."""
    hedge: bool = False
    """It began beside another attempt that took unusually long."""
    usage: Usage = NO_USAGE
    """The tokens of all its calls of models."""
    traceback: str = ""
    """Of the exception that the agent raised; empty where it raised none."""
    progress: str = ""
    """What the agent said last of how far it had come."""
    partial: Any = None
    """What there was of its result then."""


class StepRecord(msgspec.Struct, gc=False):
    """What has happened to one step."""

    id: str
    """The step's id, stable over all revisions of the plan."""
    capability: str
    """What the step asks for."""
    status: StepStatus = StepStatus.PENDING
    """Where the step stands."""
    output: Any = None
    """What it gave, once it is completed: an object, or a list of them for a `for_each` step."""
    attempts: list[AttemptRecord] = []
    """All attempts, over all items and revisions, in the order in which they began."""
    failure: Failure | None = None
    """Why it failed; None where it did not."""
    because: tuple[str, ...] = ()
    """The dependencies because of which it was skipped; empty where its own condition did not hold."""
    items: list[Any] | None = None
    """The values of a `for_each` step; None for any other step, and before they are known."""
    outputs: list[Any] | None = None
    """One place for each item, None until it has succeeded."""
    unfinished: int = 0
    """How many items have not succeeded yet."""
    reused: dict[int | None, str] | None = None
    """The runs from which an output was taken over, by item; None where no output was."""
    kept: dict[int | None, str] | None = None
    """The steps of earlier plans from which an output was kept, by item; None where no output was."""
    since: int = 1
    """The revision that introduced the step as it is now."""
    earlier: int = 0
    """How many of the attempts are older than that revision: retries do not count them."""
    dropped: bool = False
    """A revision left the step out."""

    @property
    def places(self) -> Sequence[int | None]:
        """What its work is counted by: its items, or None for the one piece of work that it is."""
        return (None,) if self.items is None else range(len(self.items))


@dataclass(slots=True)
class RunState:
    """The state of a run, reduced from its events."""

    id: str = ""
    """The run's id."""
    goal: str = ""
    """What the run is for, in plain language."""
    seed: int = 0
    """Seeds every random choice, so that the same run chooses the same."""
    model: str = ""
    """The name of the model that plans; empty where there is none."""
    model_host: str = ""
    """The host of its server; empty where it runs in this process."""
    status: RunStatus = RunStatus.PENDING
    """Where the run stands."""
    now: float = 0.0
    """The time of the latest event, in seconds since the epoch, as all times here."""
    created: float = 0.0
    """When the run was created."""
    started: float | None = None
    """When its first step could start; None before that."""
    ended: float | None = None
    """When it completed, failed or was cancelled; None before that."""
    deadline: float | None = None
    """When the run fails for want of time; None without a time limit."""
    limited: float = 0.0
    """When the deadline was set."""
    revision: int = 0
    """The number of the plan that is carried out; 0 before there is one."""
    plan: dict[str, Any] | None = None
    """The document of that plan."""
    contracts: tuple[dict[str, Any], ...] = ()
    """The contracts that it was checked against."""
    steps: dict[str, StepRecord] = field(default_factory=dict[str, StepRecord])
    """Every step that any plan had, by id."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """What each completed step gave, by id."""
    running: dict[Try, AttemptRecord] = field(default_factory=dict[Try, AttemptRecord])
    """The attempts that have not ended."""
    lost: set[str] = field(default_factory=set[str])
    """The steps that failed, or were skipped because of one that did."""
    asked: dict[str, ApprovalRequested] = field(default_factory=dict[str, ApprovalRequested])
    """The approvals that were requested and are not decided, by step."""
    doubtful: dict[Work, AttemptRecord] = field(default_factory=dict[Work, AttemptRecord])
    """The work whose outcome is unknown, with the last attempt at it."""
    held: dict[str, dict[int | None, StepHeld]] = field(default_factory=dict[str, dict[int | None, StepHeld]])
    """The work about which the planner is to decide, by step and item."""
    surprises: dict[str, dict[int | None, dict[str, Any]]] = field(
        default_factory=dict[str, dict[int | None, dict[str, Any]]]
    )
    """The outputs that broke an expectation, by step and item."""
    obsolete: set[Try] = field(default_factory=set[Try])
    """The running attempts at steps that a revision has changed since: what they give is ignored."""
    drafting: bool = False
    """The plan is still being written."""
    words: tuple[str, ...] = ()
    """What people said to the planner, oldest first."""
    answers: tuple[tuple[str, str], ...] = ()
    """Those of these that answer a question, each after its question."""
    question: str | None = None
    """What the planner asked that has no answer yet."""
    story: tuple[str, ...] = ()
    """What was decided about the plan, a sentence for each decision."""
    replans: int = 0
    """How often the planner may be asked."""
    replannings: int = 0
    """How often it was asked."""
    replanned: dict[str, int] = field(default_factory=dict[str, int])
    """How often it was asked about each step."""
    answer: Any = None
    """The run's answer, once it is completed."""
    missing: tuple[str, ...] = ()
    """The steps whose work the answer had to do without."""
    account: Account | None = None
    """Why the run failed, once it did."""
    waiting: tuple[str, ...] = ()
    """The steps for which a paused run waits."""
    usage: Usage = NO_USAGE
    """The tokens of all calls of models."""
    model_calls: int = 0
    """How many calls that were."""

    def step_of(self, step: str) -> StepRecord:
        """The record of a step; an event may name one that no plan has, and gets an empty one."""
        found = self.steps.get(step)
        if found is None:
            found = self.steps[step] = StepRecord(step, "")
        return found

    def doubts_about(self, step: str | None, item: int | None) -> tuple[Work, ...]:
        """The work in doubt that may be meant; None leaves the step, or its item, open."""
        return tuple(
            work for work in self.doubtful if step in (None, work[0]) and (item is None or item == work[1])
        )

    def is_lost(self, steps: Iterable[str]) -> bool:
        """Whether one of the steps failed, or was skipped because of one that did."""
        return not self.lost.isdisjoint(steps)
