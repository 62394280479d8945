"""The bounds of a plan in a few lines, for the user who is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from callsheet.agents.spending.budget import Budget, Quantity, used_text
from callsheet.planner.check.bounds import Bounds, Totals

from .run import seconds_text
from .safe_text import one_line

_LABELS: dict[Quantity, str] = {
    "attempts": "attempt",
    "model_calls": "model call",
    "tokens": "token",
    "cost": "cost",
}
MAX_NAMED = 5
"""Steps that a line names; further ones are only counted."""


def bounds_lines(bounds: Bounds, budget: Budget | None = None) -> Iterator[str]:
    """The usual time of a plan; its upper limits in one line; and its budget, if any.

    A for_each step whose number of items is known only at run time counts as one item; the limits with
    many items follow. Quantities that are unknown for a step are named.
    """
    yield _usual(bounds)
    limits = ", ".join([*_limits(bounds), *_unknown(bounds)])
    yield f"at most, with every retry and time limit used up: {limits}{_if_more(bounds)}"
    if budget is not None and budget.describe() != "none":
        yield f"budget: {budget.describe()}"


def _usual(bounds: Bounds) -> str:
    if not bounds.known.expected:
        return "usual time: no history yet"
    unknown = bounds.unknown.get("seconds", ())
    without = f" (not counting {_named(unknown)})" if unknown else ""
    return f"usual time: {seconds_text(bounds.known.expected)}{without}"


def _limits(bounds: Bounds) -> Iterator[str]:
    for quantity in _LABELS:
        amount, unknown = _amount(bounds.known, quantity), bounds.unknown.get(quantity, ())
        if amount and unknown:
            yield f"at least {_counted(quantity, amount)} (unknown for {_named(unknown)})"
        elif amount or (quantity in ("attempts", "cost") and not unknown):
            yield _counted(quantity, amount)
    yield seconds_text(bounds.known.longest)
    yield f"{bounds.known.width} at once"


def _unknown(bounds: Bounds) -> Iterator[str]:
    """The quantities that are unknown for every step, together for those with the same steps."""
    silent: dict[tuple[str, ...], list[str]] = {}
    for quantity, label in _LABELS.items():
        steps = bounds.unknown.get(quantity)
        if steps and not _amount(bounds.known, quantity):
            silent.setdefault(steps, []).append(label if quantity == "cost" else f"{label}s")
    for steps, labels in silent.items():
        yield f"{' and '.join(labels)} of {_named(steps)} unknown"


def _if_more(bounds: Bounds) -> str:
    """The limits that many items change, with many in the steps whose number of items is unknown."""
    known, assumed = bounds.known, bounds.assumed
    more = [
        _counted(quantity, _amount(assumed, quantity))
        for quantity in _LABELS
        if _amount(known, quantity) != _amount(assumed, quantity)
    ]
    if known.longest != assumed.longest:
        more.append(seconds_text(assumed.longest))
    if known.width != assumed.width:
        more.append(f"{assumed.width} at once")
    return f"; with {bounds.max_items} items in {_named(bounds.unsized)}: {', '.join(more)}" if more else ""


def _counted(quantity: Quantity, amount: Decimal) -> str:
    if quantity == "cost":
        return used_text("cost", amount)
    label = _LABELS[quantity]
    return f"{amount:,f} {label}{'' if amount == 1 else 's'}"


def _amount(totals: Totals, quantity: Quantity) -> Decimal:
    return totals.work.amount_of(quantity)


def _named(steps: tuple[str, ...]) -> str:
    shown = ", ".join(one_line(step) for step in steps[:MAX_NAMED])
    rest = len(steps) - MAX_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
