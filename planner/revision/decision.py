"""What the planner may decide about a run that cannot go on as planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from callsheet.planner.plan.checked_plan import CheckedPlan


@dataclass(frozen=True, slots=True)
class Revise:
    """Go on with another plan. What of it is done already stays done, whatever it is called."""

    checked: CheckedPlan
    reason: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Take the results as they are: it was the expectation that was wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the user."""

    question: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give up: there is no way to the goal, or none that is allowed."""

    reason: str


Decision: TypeAlias = Revise | Accept | Ask | GiveUp
