"""The bounds of a plan before it runs: attempts, model calls, tokens and cost at the worst, the critical path
in seconds, and how much may run at once. The work is in proportion to the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from callsheet.agents.spending.budget import NOTHING, Budget, Quantity, Spending, amount_text, used_text
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.graph import Node, order

from .step_bounds import Conditions, StepBounds, StepMeasurer

__all__ = ["Bounds", "Conditions", "StepBounds", "Totals", "bounds"]

_ADVICE: dict[Quantity, str] = {
    "attempts": "plan fewer steps, or fewer retries",
    "seconds": "plan fewer steps that wait for each other",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """A plan as a whole."""

    work: Spending
    """The worst case of attempts, model calls, tokens and cost."""

    expected: float
    """How many seconds it usually takes: at least its critical path, and at least all its work shared out
    among `max_concurrency`."""

    longest: float
    """How many seconds it takes where every attempt runs into its time limit."""

    width: int
    """How many pieces of work may be ready at once, at most."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a plan.

    Not included: the pauses that servers ask for, waiting for busy agents and for the user, and attempts that
    are lost because their process ended.
    """

    steps: Mapping[str, StepBounds]
    """The bounds of each step, by id."""

    known: Totals
    """The whole plan, with each of the `unsized` steps counted as one item."""

    assumed: Totals
    """The whole plan, with each of the `unsized` steps counted as `max_items` items."""

    unsized: tuple[str, ...]
    """The `for_each` steps of which only the run will tell how many items they have."""

    unknown: Mapping[Quantity, tuple[str, ...]]
    """For each quantity, the steps that may use more than is known: figures are then "at least"."""

    max_items: int
    """How many items an unsized step is assumed to have."""

    def exceeds(self, budget: Budget, spent: Spending = NOTHING) -> tuple[str, ...]:
        """Why the plan is not admitted, a sentence for each limit; empty where it is.

        Attempts, model calls, tokens and cost count at their worst, as far as that is known: an assumed
        number of items and an unknown demand refuse no plan, because the limits hold while it runs as
        well. Time counts as expected: the time limits of attempts say nothing about how long they take.
        """
        planned = replace(self.known.work, seconds=self.known.expected)
        return tuple(
            _excess(quantity, planned.amount_of(quantity), limit, spent.amount_of(quantity))
            for quantity, limit in budget.limits()
            if planned.amount_of(quantity) and spent.amount_of(quantity) + planned.amount_of(quantity) > limit
        )


def bounds(checked: CheckedPlan, conditions: Conditions, done: Collection[str] = frozenset()) -> Bounds:
    """The bounds of what is left to do of a plan, where the results of the steps that are `done` stay.

    Raises TermsError where an agent's terms or demand are malformed.
    """
    graph = {name: Node(step.dependencies, step.join, False) for name, step in checked.steps.items()}
    measured = StepMeasurer(conditions)
    found: dict[str, StepBounds] = {}
    for name in order(graph):
        if name not in done:
            found[name] = measured.step(checked.steps[name], found)
    steps = {name: found[name] for name in checked.steps if name in found}
    waits = {name: [each for each in checked.steps[name].dependencies if each in found] for name in found}
    return Bounds(
        steps,
        _totals(found, waits, 1, conditions.max_concurrency),
        _totals(found, waits, conditions.max_items, conditions.max_concurrency),
        tuple(name for name, step in steps.items() if step.items is None),
        _by_quantity(steps),
        conditions.max_items,
    )


def _totals(
    steps: Mapping[str, StepBounds], waits: Mapping[str, Sequence[str]], size: int, most: int | None
) -> Totals:
    """The steps, each behind those that it waits for, where one of unknown length has `size` items."""
    counts = {name: size if step.items is None else step.items for name, step in steps.items()}
    expected = _critical_path({name: step.expected for name, step in steps.items() if counts[name]}, waits)
    longest = _critical_path({name: step.longest for name, step in steps.items() if counts[name]}, waits)
    width = _width(counts, waits)
    if most is not None and width > most:
        expected = max(expected, sum(steps[name].expected * count for name, count in counts.items()) / most)
        # A bound of list scheduling (Graham, 1969): while a place is free the longest path gets on, and
        # while none is, all of them work.
        longest += sum(steps[name].longest * count for name, count in counts.items()) / most
    return Totals(_sum(steps, counts), expected, longest, width)


def _sum(steps: Mapping[str, StepBounds], counts: Mapping[str, int]) -> Spending:
    return Spending(
        attempts=sum(step.work.attempts * counts[name] for name, step in steps.items()),
        model_calls=sum(step.work.model_calls * counts[name] for name, step in steps.items()),
        tokens=sum(step.work.tokens * counts[name] for name, step in steps.items()),
        cost=sum((step.work.cost * counts[name] for name, step in steps.items()), Decimal(0)),
    )


def _critical_path(seconds: Mapping[str, float], waits: Mapping[str, Sequence[str]]) -> float:
    ends: dict[str, float] = {}
    for name, dependencies in waits.items():
        begins = max((ends[each] for each in dependencies), default=0.0)
        ends[name] = begins + seconds.get(name, 0.0)
    return max(ends.values(), default=0.0)


def _width(counts: Mapping[str, int], waits: Mapping[str, Sequence[str]]) -> int:
    """How much may be ready at once: of steps in a chain only one, so no more than the largest of each
    chain of a partition (Dilworth, 1950), which is made by following the first free dependency."""
    chains: dict[str, int] = {}
    total = 0
    for name, dependencies in waits.items():
        largest = max((each for each in dependencies if each in chains), key=chains.__getitem__, default=None)
        before = 0 if largest is None else chains.pop(largest)
        chains[name] = max(before, counts[name])
        total += chains[name] - before
    return total


def _by_quantity(steps: Mapping[str, StepBounds]) -> Mapping[Quantity, tuple[str, ...]]:
    unknown: dict[Quantity, list[str]] = {}
    for name, step in steps.items():
        # A step without items does nothing, known or not.
        for quantity in step.unknown if step.items != 0 else ():
            unknown.setdefault(quantity, []).append(name)
    return {quantity: tuple(names) for quantity, names in unknown.items()}


# Stored in events where it refuses a revised plan, and compared in strict replays.
def _excess(quantity: Quantity, planned: Decimal, limit: Decimal, spent: Decimal) -> str:
    taken = f"the plan may take {used_text(quantity, planned)}"
    allowed = f"the budget allows {amount_text(quantity, limit)}"
    gone = f" in all, {used_text(quantity, spent)} of which gone already" if spent else ""
    advice = f"; {_ADVICE[quantity]}" if quantity in _ADVICE else ""
    return f"{taken}, and {allowed}{gone}{advice}"
