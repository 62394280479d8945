"""A draft: one try of a model at a plan, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.chat import Usage
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.goals.gap import Gap
from callsheet.planner.plan.checked_plan import CheckedPlan

FRESH_TEMPERATURE = 0.7
"""For a model that would give the same wrong answer again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`answer` is what the model wrote, letter for letter, and `problems` a sentence for each fault.

    `document` is the plan that it meant, where it meant one; `diagnostics` are then the checker's
    findings, and `checked` the plan if there are no errors among them; its problems are then doubts.
    `gaps` are the doubts that steps are missing, and are among the problems. A draft that `extends` the
    one before has the steps of both, and its answer those that were added.
    `notes` are the repairs that were made without asking. A draft that holds no plan may hold a
    `question` for the person whose goal it is, or say which capabilities are `wanted` in a catalog
    that was cut.
    """

    answer: str
    usage: Usage
    problems: tuple[str, ...] = ()
    document: JsonObject | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    checked: CheckedPlan | None = None
    gaps: tuple[Gap, ...] = ()
    extends: bool = False
    question: str | None = None
    wanted: tuple[str, ...] = ()


def is_stuck(drafts: Sequence[Draft]) -> bool:
    """Whether the model has given the same wrong answer twice: shown it once more it would say it for ever.
    It is asked afresh then, at `FRESH_TEMPERATURE`, and chance does the rest."""
    return len(drafts) > 1 and drafts[-1].answer == drafts[-2].answer
