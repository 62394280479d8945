"""A draft: one try of a model at a plan, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from callsheet.agents.capability import JsonObject
from callsheet.agents.models.chat import Usage

from .compiled import CheckedPlan
from .diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Draft:
    """`answer` is what the model wrote, letter for letter, and `problems` a sentence for each fault.

    `document` is the plan that it meant, where it meant one; `diagnostics` are then the checker's
    findings, and `checked` the plan if there are no errors among them; its problems are then doubts.
    `notes` are the repairs that were made without asking.
    """

    answer: str
    usage: Usage
    problems: tuple[str, ...] = ()
    document: JsonObject | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    checked: CheckedPlan | None = None
