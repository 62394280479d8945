"""The bounds of a plan in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from callsheet.agents.spending.budget import Budget, Quantity, Spending
from callsheet.cli.text.bounds import bounds_lines
from callsheet.planner.check.bounds import Bounds, StepBounds, Totals


def totals(
    attempts: int, *, longest: float = 90.0, expected: float = 0.0, width: int = 1, **work: Any
) -> Totals:
    """A plan as a whole."""
    return Totals(Spending(attempts=attempts, **work), expected, longest, width)


def bounds(
    known: Totals,
    assumed: Totals | None = None,
    unsized: tuple[str, ...] = (),
    unknown: Mapping[Quantity, tuple[str, ...]] | None = None,
) -> Bounds:
    """Bounds of a plan whose steps don't matter here."""
    steps: Mapping[str, StepBounds] = {}
    return Bounds(steps, known, assumed or known, unsized, unknown or {}, 100)


def test_a_plan_of_which_everything_is_known_takes_four_lines() -> None:
    """Without a model there are no calls and no tokens to speak of."""
    assert list(bounds_lines(bounds(totals(9, expected=2.0, width=2)))) == [
        "upper limits:",
        "  attempts  9",
        "  cost      $0.00",
        "  time      1 m 30 s, usually 2.00 s",
        "  at once   2",
    ]


def test_what_is_not_known_is_said_with_the_steps_that_it_hangs_on() -> None:
    """Never a made-up number: at least so much, and who is not in it; long lists of steps are counted."""
    work: dict[str, Any] = {"model_calls": 6, "tokens": 18_432, "cost": Decimal("0.09691")}
    steps = ("a", "b", "c", "d", "e", "f", "g")
    lines = bounds_lines(
        bounds(totals(9, **work), unknown={"tokens": ("b",), "cost": steps, "seconds": ("b",)}),
    )
    assert list(lines) == [
        "upper limits:",
        "  attempts     9",
        "  model calls  6",
        "  tokens       at least 18,432; unknown for b",
        "  cost         at least $0.097; unknown for a, b, c, d, e and 2 more",
        "  time         1 m 30 s, no history yet",
        "  at once      1",
    ]


def test_lists_of_unknown_length_are_shown_short_and_long() -> None:
    """What one item takes is certain, and what many would take is said beside it."""
    found = bounds(
        totals(6, expected=1.0), totals(303, longest=3_600.0, width=100), ("b",), {"seconds": ("b",)}
    )
    assert list(bounds_lines(found))[1:] == [
        "  attempts  6 (303 with 100 items in b)",
        "  cost      $0.00",
        "  time      1 m 30 s, usually 1.00 s (not counting b) (1 h 0 m with 100 items in b)",
        "  at once   1 (100 with 100 items in b)",
    ]


def test_the_budget_stands_below() -> None:
    """Where there is one."""
    assert list(bounds_lines(bounds(totals(1)), Budget.parse("5m, $1")))[-1] == "  budget: $1.00, 5m"
    assert list(bounds_lines(bounds(totals(1)), Budget()))[-1].startswith("  at once")
