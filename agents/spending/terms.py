"""The prices and limits of an agent."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from callsheet.agents.models.chat import Usage
from callsheet.agents.spending.errors import TermsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Prices and limits of one agent, over everything it provides and over all runs of a process.

    Prices are in one currency of your own: dollars, where a budget limits money. Raises TermsError.
    """

    price: float = 0.0
    """For one attempt."""

    input_price: float = 0.0
    """For a million tokens of prompts."""

    output_price: float = 0.0
    """For a million tokens of answers."""

    max_concurrency: int | None = None
    """How many attempts may run at once; None for no limit."""

    requests_per_minute: float | None = None
    """How many attempts may begin in any 60 seconds; None for no limit."""

    tokens_per_minute: float | None = None
    """How many tokens may be counted in any 60 seconds; None for no limit."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name.endswith("price"):
                _check(each.name, value, _is_number(value) and value >= 0, "a number, 0 or more")
            elif each.name == "max_concurrency":
                _check(each.name, value, value is None or _is_count(value), "an integer over 0, or None")
            else:
                positive = _is_number(value) and value > 0
                _check(each.name, value, value is None or positive, "a number over 0, or None")

    def cost(self, usage: Usage) -> float:
        """What an attempt costs that used these tokens."""
        tokens = usage.input_tokens * self.input_price + usage.output_tokens * self.output_price
        return self.price + tokens / 1_000_000


def terms_of(agent: object) -> Terms:
    """The `terms` of an agent, where it has any; otherwise it is free and without limits.

    Raises TermsError where they are something else than Terms.
    """
    terms = getattr(agent, "terms", None)
    if terms is None:
        return FREE
    if not isinstance(terms, Terms):
        raise TermsError("terms", terms, "a Terms, or None")
    return terms


def _check(field: str, value: object, kept: bool, wanted: str) -> None:
    if not kept:
        raise TermsError(field, value, wanted)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


FREE = Terms()
"""The terms of an agent that names none."""
