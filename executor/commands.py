"""What the machine wants done: an event to be entered, and what must be done outside with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from callsheet.planner.compiled import CompiledStep

from .events import (
    ApprovalRequested,
    AttemptStopping,
    ConditionDecided,
    ItemsResolved,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StepFailed,
    StepSkipped,
)


@dataclass(frozen=True, slots=True)
class Enter:
    """Enter the event; nothing is to be done outside."""

    event: ConditionDecided | ItemsResolved | StepFailed | StepSkipped


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Choose an agent, enter an AttemptStarted, and once that is kept give the agent its work.

    `failures` counts, by agent, how often this work failed through an agent's own fault.
    """

    step: CompiledStep
    item: int | None
    attempt: int
    inputs: dict[str, Any]
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Enter the event, and tell the attempt to stop."""

    event: AttemptStopping


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Enter the event, and enter a RetryDue when it is due."""

    event: RetryScheduled


@dataclass(frozen=True, slots=True)
class RequestApproval:
    """Enter the event, and ask somebody."""

    event: ApprovalRequested


@dataclass(frozen=True, slots=True)
class Finish:
    """Let go of whatever is still held, and enter the event, the last one."""

    event: RunCompleted | RunFailed | RunCancelled


Command: TypeAlias = Enter | StartAttempt | StopAttempt | SetTimer | RequestApproval | Finish
