"""What a run may use, and what it has used."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.spending.budget import QUANTITIES, Budget, Spending
from callsheet.agents.spending.errors import BudgetError
from callsheet.errors import ExitCode

PAGE = Path(__file__).parents[3] / "docs" / "budgets.md"
COUNTS = st.none() | st.integers(0, 10**9)
BUDGETS = st.builds(
    Budget,
    tokens=COUNTS,
    cost=st.none() | st.decimals(0, 10**6, places=6, allow_nan=False, allow_infinity=False),
    # A smaller budget is of no use, and takes hundreds of digits to write.
    seconds=st.none() | st.just(0.0) | st.floats(1e-9, 10**7),
    attempts=COUNTS,
    revisions=COUNTS,
    model_calls=COUNTS,
)
SPENDINGS = st.builds(
    Spending,
    tokens=st.integers(0, 10**9),
    cost=st.decimals(0, 10**6, places=6, allow_nan=False, allow_infinity=False),
    seconds=st.floats(0, 10**7),
    attempts=st.integers(0, 10**6),
    revisions=st.integers(0, 100),
    model_calls=st.integers(0, 10**6),
    unpriced=st.frozensets(st.sampled_from(["a/b", "c/d"])),
)


def test_a_budget_is_read_as_people_write_it() -> None:
    """Money, tokens, time, attempts, revisions and calls, in any order."""
    assert Budget.parse("$0.50, 20k tokens, 5m, 100 attempts, 3 revisions, 40 calls") == Budget(
        tokens=20_000, cost=Decimal("0.50"), seconds=300.0, attempts=100, revisions=3, model_calls=40
    )
    assert Budget.parse("1 model call,1.5M tokens") == Budget(model_calls=1, tokens=1_500_000)
    assert Budget.parse("none") == Budget()


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("$1,500", Budget(cost=Decimal(1500))),
        ("20,000,000 tokens", Budget(tokens=20_000_000)),
        ("5m", Budget(seconds=300.0)),
        ("5m tokens", Budget(tokens=5_000_000)),
        ("1.5h", Budget(seconds=5_400.0)),
        ("0 calls", Budget(model_calls=0)),
    ],
)
def test_what_could_be_read_in_two_ways_is_read_in_one(text: str, budget: Budget) -> None:
    """A comma before three digits is inside a number; `m` alone is minutes, before a noun a million."""
    assert Budget.parse(text) == budget


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a limit is missing"),
        ("5m,", "a limit is missing"),
        ("5", "'5' is not a limit"),
        ("€5", "is not a limit"),
        ("$5 tokens", "is not a limit"),
        ("-3 attempts", "is not a limit"),
        ("1.5 attempts", "is not an integer"),
        ("5m, 2h", "seconds twice"),
        ("$1,500 tokens", "is not a limit"),
        ("9" * 300, "more than 200 characters"),
    ],
)
def test_a_text_that_is_no_budget_is_refused_with_an_example(text: str, problem: str) -> None:
    """The error says which part is wrong, and shows a good one."""
    with pytest.raises(BudgetError, match=problem) as caught:
        Budget.parse(text)
    assert "write it like: $0.50, 20k tokens" in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "limits",
    [
        {"cost": 0.5},
        {"cost": Decimal("NaN")},
        {"tokens": 1.0},
        {"tokens": True},
        {"attempts": -1},
        {"seconds": float("inf")},
        {"seconds": "5"},
    ],
)
def test_a_limit_that_is_no_amount_is_refused(limits: dict[str, Any]) -> None:
    """Money is a Decimal, counts are integers, and nothing is below 0."""
    with pytest.raises(BudgetError, match="must be"):
        Budget(**limits)


@given(BUDGETS)
def test_what_describe_writes_parse_reads(budget: Budget) -> None:
    """For every budget: its description means the same budget."""
    assert Budget.parse(budget.describe()) == budget


@given(SPENDINGS, SPENDINGS)
def test_spending_adds_up(one: Spending, other: Spending) -> None:
    """For every two spendings: each quantity is the sum, and no model without a price is forgotten."""
    total = one + other
    assert (total.tokens, total.attempts) == (one.tokens + other.tokens, one.attempts + other.attempts)
    assert total.cost == one.cost + other.cost
    assert (total.seconds, total.revisions) == (one.seconds + other.seconds, one.revisions + other.revisions)
    assert total.model_calls == one.model_calls + other.model_calls
    assert total.unpriced == one.unpriced | other.unpriced


@given(BUDGETS, SPENDINGS)
def test_a_budget_is_broken_exactly_where_a_limit_is_exceeded(budget: Budget, spent: Spending) -> None:
    """For every budget and spending: where something is more than its limit; and no less than 0 is left."""
    exceeded = [name for name, limit in budget.limits() if spent.amount_of(name) > limit]
    assert (budget.broken(spent) is not None) == bool(exceeded)
    for name, rest in budget.left(spent).limits():
        assert rest >= 0
        assert (rest == 0) == (spent.amount_of(name) >= dict(budget.limits())[name])
    assert {name for name, _ in budget.left(spent).limits()} == {name for name, _ in budget.limits()}


@given(BUDGETS, SPENDINGS, SPENDINGS)
def test_what_is_not_refused_does_not_break_the_budget(
    budget: Budget, spent: Spending, wanted: Spending
) -> None:
    """For every budget within its limits: what takes no more than was asked for leaves it unbroken."""
    if budget.broken(spent) is None and budget.refusal(spent, wanted) is None:
        assert all(spent.amount_of(name) + wanted.amount_of(name) <= limit for name, limit in budget.limits())


def test_a_refusal_and_a_break_say_which_limit_and_how_much() -> None:
    """In one sentence, with the amounts."""
    budget = Budget.parse("20k tokens, 5m")
    assert budget.broken(Spending(tokens=20_001)) == (
        "20,001 tokens used, and the budget allows 20,000 tokens"
    )
    assert budget.refusal(Spending(tokens=19_990), Spending(tokens=11)) == (
        "19,990 tokens used or reserved, this would take 11 tokens more, and the budget allows 20,000 tokens"
    )
    assert budget.refusal(Spending(tokens=19_990), Spending(tokens=10)) is None
    assert budget.refusal(Spending(seconds=300.0), Spending(attempts=1)) == (
        "5m used or reserved, and the budget allows 5m"
    )


def test_what_may_be_used_is_refused_where_nothing_is_left() -> None:
    """Even if nothing of it is certain; and what is not wanted refuses nothing."""
    spent = Spending(tokens=100, attempts=1)
    assert Budget(tokens=100).refusal(spent, Spending(), Spending(tokens=5))
    assert Budget(tokens=100).refusal(spent, Spending(attempts=1)) is None


def test_pressure_names_what_is_nearly_used_up() -> None:
    """From four fifths on; a limit of 0 is never nearly used up."""
    budget = Budget(tokens=100, attempts=10, revisions=0)
    assert budget.pressure(Spending(tokens=79, attempts=7)) == ""
    assert budget.pressure(Spending(tokens=80, attempts=7)) == (
        "the budget is nearly used up: 80 tokens of 100 tokens"
    )
    assert budget.pressure(Spending(tokens=50), share=0.5)


def test_every_quantity_can_be_limited() -> None:
    """None is forgotten by `limits`."""
    full = Budget(tokens=1, cost=Decimal(1), seconds=1.0, attempts=1, revisions=1, model_calls=1)
    assert [name for name, _ in full.limits()] == list(QUANTITIES)


def test_the_page_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The example of docs/budgets.md; what a comment after `print` says is what is printed."""
    text = PAGE.read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), {"__name__": "page"})
    printed = capsys.readouterr().out.splitlines()
    assert printed and all(f"# {line}" in text for line in printed)
