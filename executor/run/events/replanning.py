"""What the planner is asked in the middle of a run, and what it decides."""

from __future__ import annotations

from typing import Any, TypeAlias

from callsheet.executor.run.failure import Failure

from .base import EventBase


class StepHeld(EventBase, frozen=True):
    """A step cannot go on as planned, and the planner is to say what becomes of it; what depends on it
    waits for that. `signature` is the same for the same failure of the same work; `output` is there where
    a result of an earlier plan breaks what this one expects."""

    step: str
    failure: Failure
    signature: str
    item: int | None = None
    output: dict[str, Any] | None = None


class ReplanningStarted(EventBase, frozen=True):
    """The planner is asked what to do about a step that is held; where `step` is None, about a message of the
    user, or about the `pressure`: what of the budget is nearly used up."""

    step: str | None = None
    pressure: str = ""


class ResultAccepted(EventBase, frozen=True):
    """The planner takes the surprising results of a step that is held as they are; where `step` is None,
    it leaves the plan as it is."""

    step: str | None = None
    reason: str = ""


class GivenUp(EventBase, frozen=True):
    """The planner sees no way on for the step, or, where `step` is None, for the run."""

    reason: str
    step: str | None = None


class ReplanningFailed(EventBase, frozen=True):
    """The planner was asked, and gave no answer that can be carried out."""

    message: str
    step: str | None = None


class PersonAsked(EventBase, frozen=True):
    """The planner has a question for the user."""

    question: str


class WordSpoken(EventBase, frozen=True):
    """The user tells the planner something: an answer, or a new wish. `by` is that person, where known."""

    text: str
    by: str = ""


class ReachDecided(EventBase, frozen=True):
    """What a step of a revised plan would reach with its inputs was held against what was granted;
    where it is `beyond` that, it waits for an approval."""

    step: str
    beyond: tuple[str, ...] = ()


class ResultKept(EventBase, frozen=True):
    """The work was done under an earlier plan of the run, as the step `source`, and is not done again."""

    step: str
    output: dict[str, Any]
    source: str
    item: int | None = None


ReplanningEvent: TypeAlias = (
    StepHeld
    | ReplanningStarted
    | ResultAccepted
    | GivenUp
    | ReplanningFailed
    | PersonAsked
    | WordSpoken
    | ReachDecided
    | ResultKept
)
