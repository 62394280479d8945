"""G5: the preview of a plan says what is usual first, and its upper limits in one line behind it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from callsheet.agents.spending.budget import Budget, Quantity, Spending
from callsheet.cli.text.bounds import bounds_lines
from callsheet.planner.check.bounds import Bounds, StepBounds, Totals

AT_MOST = "at most, with every retry and time limit used up: "


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


def test_the_usual_time_comes_first_and_the_limits_take_one_line() -> None:
    """Without a model there are no calls and no tokens to speak of."""
    assert list(bounds_lines(bounds(totals(9, longest=3_087.0, expected=2.0, width=2)))) == [
        "usual time: 2.00 s",
        f"{AT_MOST}9 attempts, $0.00, 51 m 27 s, 2 at once",
    ]


def test_one_of_something_is_singular() -> None:
    """As people say it."""
    assert list(bounds_lines(bounds(totals(1, model_calls=1))))[1] == (
        f"{AT_MOST}1 attempt, 1 model call, $0.00, 1 m 30 s, 1 at once"
    )


def test_what_is_not_known_is_said_with_the_steps_that_it_hangs_on() -> None:
    """Never a made-up number: at least so much, and who is not in it; long lists of steps are counted."""
    work: dict[str, Any] = {"model_calls": 6, "tokens": 18_432, "cost": Decimal("0.09691")}
    steps = ("a", "b", "c", "d", "e", "f", "g")
    lines = bounds_lines(
        bounds(totals(9, **work), unknown={"tokens": ("b",), "cost": steps, "seconds": ("b",)}),
    )
    assert list(lines) == [
        "usual time: no history yet",
        f"{AT_MOST}9 attempts, 6 model calls, at least 18,432 tokens (unknown for b), "
        "at least $0.097 (unknown for a, b, c, d, e and 2 more), 1 m 30 s, 1 at once",
    ]


def test_lists_of_unknown_length_are_shown_short_and_long() -> None:
    """What one item takes is certain, and what many would take is said behind it."""
    found = bounds(
        totals(6, expected=1.0), totals(303, longest=3_600.0, width=100), ("b",), {"seconds": ("b",)}
    )
    assert list(bounds_lines(found)) == [
        "usual time: 1.00 s (not counting b)",
        f"{AT_MOST}6 attempts, $0.00, 1 m 30 s, 1 at once; "
        "with 100 items in b: 303 attempts, 1 h 0 m, 100 at once",
    ]


def test_the_budget_stands_below() -> None:
    """Where there is one."""
    assert list(bounds_lines(bounds(totals(1)), Budget.parse("5m, $1")))[-1] == "budget: $1.00, 5m"
    assert list(bounds_lines(bounds(totals(1)), Budget()))[-1].startswith("at most")
