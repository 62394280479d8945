"""The bounds of a plan in a few lines, for the user who is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from callsheet.agents.spending.budget import Budget, Quantity, used_text
from callsheet.planner.check.bounds import Bounds, Totals

from .run import seconds_text
from .safe_text import one_line
from .table import aligned

_LABELS: dict[Quantity, str] = {
    "attempts": "attempts",
    "model_calls": "model calls",
    "tokens": "tokens",
    "cost": "cost",
}
MAX_NAMED = 5
"""Steps that a line names; further ones are only counted."""


def bounds_lines(bounds: Bounds, budget: Budget | None = None) -> Iterator[str]:
    """The upper limits of a plan, its usual time, and its budget, if any.

    A for_each step whose number of items is known only at run time counts as one item; the limits with
    many items stand in parentheses. Quantities that are unknown for a step are named.
    """
    yield "upper limits:"
    rows = [
        (label, _worst(bounds, quantity)) for quantity, label in _LABELS.items() if _counts(bounds, quantity)
    ]
    rows += [("time", _time(bounds)), ("at once", _width(bounds))]
    yield from aligned([*rows, *_unknown(bounds)], indent="  ")
    if budget is not None and budget.describe() != "none":
        yield f"  budget: {budget.describe()}"


def _counts(bounds: Bounds, quantity: Quantity) -> bool:
    """Whether the quantity has a line: a plan that uses no model has none for calls and tokens."""
    amount = _amount(bounds.known, quantity)
    return bool(amount or (quantity in ("attempts", "cost") and not bounds.unknown.get(quantity)))


def _unknown(bounds: Bounds) -> Iterator[tuple[str, str]]:
    """The quantities that are unknown for every step, one line for those with the same steps."""
    silent: dict[tuple[str, ...], list[str]] = {}
    for quantity, label in _LABELS.items():
        steps = bounds.unknown.get(quantity)
        if steps and not _amount(bounds.known, quantity):
            silent.setdefault(steps, []).append(label)
    for steps, labels in silent.items():
        yield "unknown", f"{', '.join(labels)} of {_named(steps)}"


def _worst(bounds: Bounds, quantity: Quantity) -> str:
    known, assumed = (_amount(totals, quantity) for totals in (bounds.known, bounds.assumed))
    unknown = bounds.unknown.get(quantity, ())
    text = _short(quantity, known)
    if unknown:
        text = f"at least {text}; unknown for {_named(unknown)}"
    return text + _if_more(bounds, _short(quantity, known), _short(quantity, assumed))


def _time(bounds: Bounds) -> str:
    unknown = bounds.unknown.get("seconds", ())
    known, assumed = bounds.known, bounds.assumed
    usual = f"usually {seconds_text(known.expected)}" if known.expected else "no history yet"
    without = f" (not counting {_named(unknown)})" if unknown and known.expected else ""
    longest = seconds_text(known.longest)
    more = _if_more(bounds, longest, seconds_text(assumed.longest))
    return f"{longest}, {usual}{without}{more}"


def _width(bounds: Bounds) -> str:
    known, assumed = str(bounds.known.width), str(bounds.assumed.width)
    return known + _if_more(bounds, known, assumed)


def _if_more(bounds: Bounds, known: str, assumed: str) -> str:
    """The amount with many items in the steps whose number of items is unknown."""
    if known == assumed:
        return ""
    return f" ({assumed} with {bounds.max_items} items in {_named(bounds.unsized)})"


def _amount(totals: Totals, quantity: Quantity) -> Decimal:
    return totals.work.amount_of(quantity)


def _short(quantity: Quantity, amount: Decimal) -> str:
    return used_text("cost", amount) if quantity == "cost" else f"{amount:,f}"


def _named(steps: tuple[str, ...]) -> str:
    shown = ", ".join(one_line(step) for step in steps[:MAX_NAMED])
    rest = len(steps) - MAX_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
