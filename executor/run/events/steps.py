"""What happens to a step beside its attempts: conditions, items, approvals, results of other runs."""

from __future__ import annotations

from typing import Any, TypeAlias

from callsheet.executor.run.failure import Failure

from .base import EventBase


class ConditionDecided(EventBase, frozen=True):
    """A step's condition was evaluated. Where it does not hold the step is skipped."""

    step: str
    holds: bool


class StepSkipped(EventBase, frozen=True):
    """A step's join can no longer be met, `because` these dependencies did not complete."""

    step: str
    because: tuple[str, ...]


class ItemsResolved(EventBase, frozen=True):
    """What a `for_each` step goes through, by value."""

    step: str
    items: list[Any]


class ApprovalRequested(EventBase, frozen=True):
    """The step waits for an approval. `inputs` is what it would be given, a list of them for a `for_each`
    step; `why` is there where the plan itself does not ask for the approval."""

    step: str
    capability: str
    effect: str
    inputs: Any
    why: str = ""


class ApprovalGranted(EventBase, frozen=True):
    """The step may start. `by` is the person who decided, where known."""

    step: str
    by: str = ""


class ApprovalDenied(EventBase, frozen=True):
    """The step must not start, and fails. `by` is the person who decided, where known."""

    step: str
    by: str = ""


class ResultSought(EventBase, frozen=True):
    """The work may have been done before, in whatever run: `key` tells its result from all others."""

    step: str
    key: str
    item: int | None = None


class ResultMissing(EventBase, frozen=True):
    """No result is available, and this run is the one to make it."""

    step: str
    item: int | None = None


class ResultReused(EventBase, frozen=True):
    """The work was done before, by the run `source`, and its output is taken over."""

    step: str
    output: dict[str, Any]
    source: str
    item: int | None = None


class StepFailed(EventBase, frozen=True):
    """A step failed for good: no attempt is left, or none could be made."""

    step: str
    failure: Failure
    item: int | None = None


class StepTimeLimitReached(EventBase, frozen=True):
    """The step took longer, over all its attempts and items, than it may."""

    step: str


StepEvent: TypeAlias = (
    ConditionDecided
    | StepSkipped
    | ItemsResolved
    | ApprovalRequested
    | ApprovalGranted
    | ApprovalDenied
    | ResultSought
    | ResultMissing
    | ResultReused
    | StepFailed
    | StepTimeLimitReached
)
