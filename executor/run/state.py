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
    """For the next attempt to be due, for a result that is being made elsewhere, for somebody's word, or
    for the planner's."""
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
    """Its process ended, and nobody knows what became of it."""


RUN_ENDED = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})
ENDED = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED})


class AttemptRecord(msgspec.Struct, gc=False):
    """One try by one agent at a step of that `capability`, which a revision of the plan may change.
    `ended` is None while it runs."""

    number: int
    item: int | None
    agent: str
    capability: str
    started: float
    status: AttemptStatus = AttemptStatus.RUNNING
    ended: float | None = None
    failure: Failure | None = None
    abandoned: bool = False
    hedge: bool = False
    usage: Usage = NO_USAGE


class StepRecord(msgspec.Struct, gc=False):
    """One step. `items` is None unless it turned out to be a `for_each` step; then `outputs` has
    a place for each of them, and `unfinished` counts those that have not succeeded. `reused` names the
    runs from which an output was taken over, by item, and `kept` the steps of earlier plans. `since` is
    the revision that it begins with, as it now is, `earlier` counts the attempts before that; `dropped`: the
    plan no longer has it."""

    id: str
    capability: str
    status: StepStatus = StepStatus.PENDING
    output: Any = None
    attempts: list[AttemptRecord] = []
    failure: Failure | None = None
    because: tuple[str, ...] = ()
    items: list[Any] | None = None
    outputs: list[Any] | None = None
    unfinished: int = 0
    reused: dict[int | None, str] | None = None
    kept: dict[int | None, str] | None = None
    since: int = 1
    earlier: int = 0
    dropped: bool = False

    @property
    def places(self) -> Sequence[int | None]:
        """What its work is counted by: its items, or None for the one piece of work that it is."""
        return (None,) if self.items is None else range(len(self.items))


@dataclass(slots=True)
class RunState:
    """A run. `outputs` has what each completed step gave (a list for a `for_each` step), `running`
    the attempts that have not ended, `asked` what somebody was asked and has not answered, `doubtful`
    the work of which nobody knows whether it was done, `now` the time of the latest event.

    `held` is the work about which the planner is to decide, by step and item, `surprises` what such work
    gave where it gave something, `obsolete` the attempts at steps that a revision has changed since.
    While it is `drafting` the plan is still being written. `words` are what people said to the run,
    `answers` those of them that answer a question, with it, `question` what has no answer yet, `story`
    what was decided about the plan, a sentence each; `replannings` counts how often the planner was asked,
    of the `replans` that are allowed, `replanned` for which steps."""

    run: str = ""
    goal: str = ""
    seed: int = 0
    model: str = ""
    status: RunStatus = RunStatus.PENDING
    now: float = 0.0
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    deadline: float | None = None
    limited: float = 0.0
    """When the deadline was set."""
    revision: int = 0
    plan: dict[str, Any] | None = None
    contracts: tuple[dict[str, Any], ...] = ()
    steps: dict[str, StepRecord] = field(default_factory=dict[str, StepRecord])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    running: dict[Try, AttemptRecord] = field(default_factory=dict[Try, AttemptRecord])
    lost: set[str] = field(default_factory=set[str])
    asked: dict[str, ApprovalRequested] = field(default_factory=dict[str, ApprovalRequested])
    doubtful: dict[Work, AttemptRecord] = field(default_factory=dict[Work, AttemptRecord])
    held: dict[str, dict[int | None, StepHeld]] = field(default_factory=dict[str, dict[int | None, StepHeld]])
    surprises: dict[str, dict[int | None, dict[str, Any]]] = field(
        default_factory=dict[str, dict[int | None, dict[str, Any]]]
    )
    obsolete: set[Try] = field(default_factory=set[Try])
    drafting: bool = False
    words: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    question: str | None = None
    story: tuple[str, ...] = ()
    replans: int = 0
    replannings: int = 0
    replanned: dict[str, int] = field(default_factory=dict[str, int])
    answer: Any = None
    missing: tuple[str, ...] = ()
    account: Account | None = None
    waiting: tuple[str, ...] = ()
    usage: Usage = NO_USAGE
    model_calls: int = 0

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
