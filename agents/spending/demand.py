"""What one attempt of an agent may ask of the run's model, at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from .errors import TermsError


@dataclass(frozen=True, slots=True)
class Demand:
    """At most so many `calls` of the model in one attempt, and so many tokens of all of them together.

    `input_tokens` is None where they depend on what the attempt is given.
    """

    calls: int
    output_tokens: int
    input_tokens: int | None = None

    @classmethod
    def of_calls(cls, calls: int, max_tokens: int) -> Self:
        """So many calls, each answered in at most `max_tokens`."""
        return cls(calls, calls * max_tokens)


NO_DEMAND = Demand(0, 0, 0)
"""The demand of an agent that asks no model."""


def demand_of(agent: object) -> Demand | None:
    """The `demand` of an agent, where it has any; None where it is unknown.

    Raises TermsError where it is something else than a Demand.
    """
    demand = getattr(agent, "demand", None)
    if demand is None or isinstance(demand, Demand):
        return demand
    raise TermsError("demand", demand, "a Demand, or None")
