"""What planning leaves behind: calls of models, drafts, and the plans that are adopted."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from callsheet.agents.models.chat import FinishReason, Role, Usage

from .base import EventBase


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


class ModelCalled(EventBase, frozen=True):
    """A model was asked, by an attempt or by the planner. `at` is when the answer was complete."""

    started: float
    """When it was asked, in seconds since the epoch."""

    model: str
    request: ModelRequest

    reply: str = ""
    """The answer, or as much of it as came before an error."""

    usage: Usage = Usage()
    finish_reason: FinishReason | None = None

    error: str | None = None
    """Why there is no answer, or only a part of one."""

    step: str | None = None
    """The step whose attempt asked; None where the planner did."""

    item: int | None = None
    attempt: int | None = None

    midway: bool = False
    """Whether the planner asked after the run had started."""

    chunks: tuple[tuple[float, int], ...] = ()
    """The pieces in which the answer came: for each its seconds since `started`, and its number of
    characters. There are none where it came in one piece at the end."""


class PlanAdopted(EventBase, frozen=True):
    """A checked plan is the run's plan from now on."""

    revision: int
    """Counts from 1."""

    plan: dict[str, Any]
    """The plan's document."""

    contracts: tuple[dict[str, Any], ...] = ()
    """The capabilities that it names, as they were when it was checked: so the run means the same tomorrow,
    whatever has become of its agents."""

    reason: str = ""
    """The planner's, for a plan that takes the place of another."""

    afresh: tuple[str, ...] = ()
    """Steps that begin anew: they are new, or changed, or come behind one that is. All others stay where they
    stand."""

    approvals: dict[str, str] = {}  # noqa: RUF012 (msgspec makes a new one for each event)
    """Steps that a person must approve first, each with why: they go beyond what was granted. Empty where
    every such step is asked about anyway."""


class DraftBegun(EventBase, frozen=True):
    """The plan is being written, and steps of it that are complete may start before the rest is."""


class DraftGrown(EventBase, frozen=True):
    """More steps of the plan are complete, and check: their documents, and the capabilities that they
    name."""

    steps: tuple[dict[str, Any], ...]
    contracts: tuple[dict[str, Any], ...]


class DraftHalted(EventBase, frozen=True):
    """Something in what was written since does not check: no further step starts until there is a plan."""

    problem: str


PlanningEvent: TypeAlias = ModelCalled | PlanAdopted | DraftBegun | DraftGrown | DraftHalted
