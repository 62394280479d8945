"""The bounds of a plan in a few lines, for the person who is to say yes to it."""

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
"""Steps of one line, before it only counts them."""


def bounds_lines(bounds: Bounds, budget: Budget | None = None) -> Iterator[str]:
    """What a plan takes at the most, how long it takes, and the budget that it is held to, if any.

    Steps of which only the run will tell how many items they have count as one item, and what they come to
    with more is said; what is known of no step is said too.
    """
    yield "at the most:"
    rows = [
        (label, _worst(bounds, quantity)) for quantity, label in _LABELS.items() if _counts(bounds, quantity)
    ]
    rows += [("time", _time(bounds)), ("at once", _width(bounds))]
    yield from aligned([*rows, *_unknown(bounds)], indent="  ")
    if budget is not None and budget.describe() != "none":
        yield f"  budget: {budget.describe()}"


def _counts(bounds: Bounds, quantity: Quantity) -> bool:
    """Whether there is anything to say: work without a model takes no calls and no tokens."""
    amount = _amount(bounds.known, quantity)
    return bool(amount or (quantity in ("attempts", "cost") and not bounds.unknown.get(quantity)))


def _unknown(bounds: Bounds) -> Iterator[tuple[str, str]]:
    """What is known of no step at all, in one line for all that the same steps keep to themselves."""
    silent: dict[tuple[str, ...], list[str]] = {}
    for quantity, label in _LABELS.items():
        steps = bounds.unknown.get(quantity)
        if steps and not _amount(bounds.known, quantity):
            silent.setdefault(steps, []).append(label)
    for steps, labels in silent.items():
        yield "unknown", f"what {_named(steps)} will take: {', '.join(labels)}"


def _worst(bounds: Bounds, quantity: Quantity) -> str:
    known, assumed = (_amount(totals, quantity) for totals in (bounds.known, bounds.assumed))
    unknown = bounds.unknown.get(quantity, ())
    text = _short(quantity, known)
    if unknown:
        text = f"at least {text}; nobody knows what {_named(unknown)} will take"
    return text + _if_more(bounds, _short(quantity, known), _short(quantity, assumed))


def _time(bounds: Bounds) -> str:
    unknown = bounds.unknown.get("seconds", ())
    known, assumed = bounds.known, bounds.assumed
    usual = f"usually {seconds_text(known.expected)}" if known.expected else "nothing known of what is usual"
    without = f" without {_named(unknown)}" if unknown and known.expected else ""
    longest = seconds_text(known.longest)
    more = _if_more(bounds, longest, seconds_text(assumed.longest))
    return f"{longest}, {usual}{without}{more}"


def _width(bounds: Bounds) -> str:
    known, assumed = str(bounds.known.width), str(bounds.assumed.width)
    return known + _if_more(bounds, known, assumed)


def _if_more(bounds: Bounds, known: str, assumed: str) -> str:
    """What it comes to where the steps of unknown length are long."""
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
