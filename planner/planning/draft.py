"""A draft: one try of a model at a plan, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.chat import Usage
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.plan.checked_plan import CheckedPlan

FRESH_TEMPERATURE = 0.7
"""For a model that would give the same wrong answer again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One try of a model at a plan. A draft that has no plan may have a `question`, or name capabilities that
    are `wanted`."""

    answer: str
    """What the model wrote, verbatim."""

    usage: Usage
    """The tokens of this try."""

    problems: tuple[str, ...] = ()
    """A sentence for each fault. Where there is a `checked` plan, they are doubts: the plan could run."""

    document: JsonObject | None = None
    """The plan that the model meant, as JSON; None where it meant none."""

    diagnostics: tuple[Diagnostic, ...] = ()
    """The checker's findings in `document`."""

    notes: tuple[str, ...] = ()
    """A sentence for each repair that was made without asking the model."""

    checked: CheckedPlan | None = None
    """The plan, where the checker found no errors."""

    forgotten: tuple[str, ...] = ()
    """The names in the goal that no step does anything with."""

    extends: bool = False
    """Whether the answer only adds a line to the draft before. `document` then has the steps of both."""

    question: str | None = None
    """What the model asks the user before it can plan."""

    wanted: tuple[str, ...] = ()
    """The capabilities that the model asks for, where its prompt had only a part of the catalog."""


def is_stuck(drafts: Sequence[Draft]) -> bool:
    """Whether the model has given the same wrong answer twice: shown it again, it would repeat itself for
    ever. It is asked afresh then, at `FRESH_TEMPERATURE`, and chance does the rest."""
    return len(drafts) > 1 and drafts[-1].answer == drafts[-2].answer
