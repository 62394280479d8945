"""What the machine wants done: an event to be entered, and what must be done outside with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from callsheet.executor.run.events import (
    ApprovalRequested,
    AttemptLost,
    AttemptStopping,
    BudgetReached,
    ConditionDecided,
    HedgeForgone,
    ItemsResolved,
    ReachDecided,
    ReplanningStarted,
    ResultKept,
    ResultSought,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StepFailed,
    StepHeld,
    StepSkipped,
)
from callsheet.planner.plan.checked_plan import CompiledStep

from .pending_work import QueueKey


class Enter(msgspec.Struct, frozen=True):
    """Enter the event; nothing is to be done outside."""

    event: (
        AttemptLost
        | BudgetReached
        | ConditionDecided
        | HedgeForgone
        | ItemsResolved
        | ReachDecided
        | ResultKept
        | StepFailed
        | StepHeld
        | StepSkipped
    )


class StartAttempt(msgspec.Struct, frozen=True):
    """Choose an agent, enter an AttemptStarted, and once that is kept give the agent its work.

    Where no agent is free, the `queue_key` is closed until one is.
    """

    step: CompiledStep
    """The step that is attempted."""
    item: int | None
    """The item of a `for_each` step; None for any other step."""
    attempt: int
    """The attempt's number, from 1."""
    inputs: dict[str, Any]
    """What the agent is given, resolved."""
    failures: Mapping[str, int]
    """By agent, how often this work failed through the agent's own fault."""
    queue_key: QueueKey
    """The queue that the work comes from."""
    hedge: bool = False
    """A second attempt beside a running one: another agent takes it, or it is entered as forgone."""


class SeekResult(msgspec.Struct, frozen=True):
    """Enter the event, and look for the result; enter a ResultReused, what a reused output breaks, or a
    ResultMissing."""

    event: ResultSought
    step: CompiledStep


class StopAttempt(msgspec.Struct, frozen=True):
    """Enter the event, and tell the attempt to stop."""

    event: AttemptStopping


class SetTimer(msgspec.Struct, frozen=True):
    """Enter the event, and enter a RetryDue when it is due."""

    event: RetryScheduled


class RequestApproval(msgspec.Struct, frozen=True):
    """Enter the event, and ask for the approval."""

    event: ApprovalRequested


class Replan(msgspec.Struct, frozen=True):
    """Enter the event, and ask the planner; enter what it decides."""

    event: ReplanningStarted


class Finish(msgspec.Struct, frozen=True):
    """Let go of whatever is still held, and enter the event, the last one."""

    event: RunCompleted | RunFailed | RunCancelled


Command: TypeAlias = (
    Enter | StartAttempt | SeekResult | StopAttempt | SetTimer | RequestApproval | Replan | Finish
)
