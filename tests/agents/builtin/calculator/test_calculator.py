"""The agent that calculates, without a model."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callsheet.agents.builtin.calculator.calculator import calculate
from callsheet.agents.builtin.errors import CalculationError


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("17 * 23 + 4", 395),
        ("What is 17 * 23 + 4?", 395),
        ("please calculate 2 + 2.", 4),
        ("2 + 3 * 4 ** 2", 50),
        ("2 ** 3 ** 2", 512),
        ("-5 ^ 2", -25),
        ("(1 + 2) * -3", -9),
        ("0.1 + 0.2", 0.3),
        ("10 / 4", 2.5),
        ("-7 // 2", -4),
        ("17 % 5", 2),
        ("17 % (2 + 3)", 2),
        ("12% of 4500", 540),
        ("12 percent of 4,500", 540),
        ("20%", 0.2),
        ("200 + 10%", 220),
        ("200 - 10%", 180),
        ("50% + 10%", 0.6),
        ("15% * 80", 12),
        ("1,234,567.89 + 1", 1234568.89),
        ("$4,500 * 12%", 540),
        ("1_000 * 2", 2000),
        ("5 × 3 − 1", 14),  # noqa: RUF001 (the signs people paste)
        ("5 x 3", 15),
        ("10 divided by 4", 2.5),
        ("6 multiplied by 7", 42),
        ("sqrt(16)", 4),
        ("sqrt(2)", math.sqrt(2)),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.345, 2)", 2.35),
        ("floor(-0.5)", -1),
        ("max(1,200)", 200),
        ("sum(100,200,300)", 600),
        ("sum([1, 2, 3])", 6),
        ("avg(1, 2, 4.5)", 2.5),
        ("median(1, 9, 2, 3)", 2.5),
        ("2 * pi", 2 * math.pi),
        ("10 ^ -2", 0.01),
        ("1 ** 999999999999", 1),
        ("sum of 3, 4 and 5", 12),
        ("the average of 1, 2 and 6", 3),
        ("sum of 1,200 and 3,400", 4600),
        ("sum of [1, 2, 3]", 6),
        ("product of 3 and -4", -12),
        ("difference between 4 and 10", 6),
        ("What is the total of 1, 2, and 3?", 6),
        ("add up the following:\nRent: 1,200.50\n- Food - 300\n| Fun | $20 |", 1520.5),
        ("total of Office budget, October 2026\n\nRent: 2,000\nFood 300", 2300),
        ("add 2000\n300", 2300),
        ("sum of # Budget 2026\n\nRent: 1200\nCredit: -200", 1000),
    ],
)
def test_what_is_certain_is_worked_out(expression: str, result: float) -> None:
    """Arithmetic, per cent, thousands, functions, and the same in plain words."""
    assert calculate(expression).result == pytest.approx(result, rel=1e-15)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("hello", "'hello' stands where a number should be"),
        ("2 3", "'3' is out of place"),
        ("6 / 2(1 + 2)", "out of place"),
        ("(1 + 2", "it ends where '\\)' should be"),
        ("1 +", "it ends where a number should be"),
        ("10!", "'!' is not part of arithmetic"),
        ("1,23", "out of place"),
        ("1.234,56", "out of place"),
        ("sum(1,200, 3,400)", "could separate numbers or group thousands"),
        ("sum of 100,200,300", "could separate numbers or group thousands"),
        ("$5 + €3", "mixes currencies"),
        ("1 / 0", "divides by zero"),
        ("5 // 0", "divides by zero"),
        ("5 % (1 - 1)", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("sqrt(-1)", "root of a negative"),
        ("(-8) ** 0.5", "root of a negative"),
        ("ln(0)", "above zero"),
        ("sqrt(1, 2)", "takes one number"),
        ("sum()", "stands where a number should be"),
        ("9 ** 9 ** 9", "too large"),
        ("2 ** 100000", "too large"),
        ("10 ** 400", "too large"),
        ("exp(1e300)", "beyond what can be computed|too large"),
        ("exp(exp(exp(9)))", "beyond what can be computed|too large"),
        ("1e999", "too many digits"),
        ("9" * 500, "too many digits"),
        ("(" * 500 + "1" + ")" * 500, "nested more than"),
        ("-" * 500 + "1", "nested more than"),
        ("1" + "+1" * 3_000, "more than 2,000 parts"),
        ("1" * 30_000, "at most 20,000 are read"),
        ("__import__('os')", "not part of arithmetic"),
        ("().__class__", "not part of arithmetic|stands where"),
        ("lambda: 1", "not part of arithmetic|stands where"),
        ("٣ + ٤", "not written in the digits"),
        ("½ + 1", "not part of arithmetic|stands where"),
        ("sum of 3, 4 and 5 divided by 2", "isn't a list of plain numbers"),
        ("sum of the expenses in budget.txt", "not part of arithmetic"),
        ("population of France - population of Spain", "stands where a number should be"),
        ("# Budget\nRent: 1200\nFood: 300", "not part of arithmetic"),
        ("sum of Rent: 1200\nDinner in 2026", "may end with a year"),
        ("sum of Budget\nRent: 1200\nTotal: 1200", "already is a total"),
        ("sum of Budget\nRent: 1200\nFood: as agreed", "has no number"),
        ("sum of Budget\n2 rooms: 1200\nFood: 300", "doesn't end with its only number"),
    ],
)
def test_what_is_not_certain_is_refused(expression: str, problem: str) -> None:
    """The error is permanent, says what is wrong, and shows how arithmetic is written."""
    with pytest.raises(CalculationError, match=problem) as caught:
        calculate(expression)
    assert "`17 * 23 + 4`" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("expression", "text", "exact"),
    [
        ("0.1 + 0.2", "0.1 + 0.2 = 0.3", True),
        ("1/3", "1/3 ≈ 0.333333333333", False),
        ("2**64", "2**64 = 18446744073709551616", True),
        ("sqrt(2)", "sqrt(2) ≈ 1.41421356237", False),
        ("What is -5 / 2?", "What is -5 / 2 = -2.5", True),
        ("1000 * 1000", "1000 * 1000 = 1000000", True),
    ],
)
def test_the_text_says_whether_the_value_is_exact(expression: str, text: str, exact: bool) -> None:
    """All digits where there is an end to them, `≈` where there isn't."""
    found = calculate(expression)
    assert (found.text, found.exact) == (text, exact)


def test_whole_results_are_whole_numbers() -> None:
    """A template shows 540, not 540.0; beyond 2**53 a float, as every JSON reader would have it."""
    assert isinstance(calculate("12% of 4500").result, int)
    assert isinstance(calculate("2 ** 64").result, float)


_words = ("**", "//", "sum(", "max(", "sqrt(", "round(", "exp(", "ln(", "pow(", "and", "1e300", "1,000")
_marks = ("$", "€", "pi", "x", ":", "|", "#", "total")
_alphabet = st.sampled_from(
    [*"0123456789.,%+-*/^()[] \n", *_words, *_marks, " of ", "sum of ", "difference between "]
)


@given(st.lists(_alphabet, max_size=14).map("".join) | st.text(max_size=60))
@example("exp(ln(1e300)**2)")
@example("1e-300**50")
@example("pow(2, 1e300)")
@settings(max_examples=500, deadline=None)
def test_for_every_text_there_is_a_number_or_the_own_error(text: str) -> None:
    """Nothing else is raised, nothing hangs, and what comes back is finite and JSON."""
    try:
        found = calculate(text)
    except CalculationError:
        return
    assert math.isfinite(found.result)
    assert json.loads(json.dumps(found.result)) == found.result


@st.composite
def sums(draw: st.DrawFn) -> tuple[str, Fraction]:
    """Arithmetic as text, and its value as Python's own fractions have it."""
    text = draw(st.integers(0, 999).map(str) | st.decimals(0, 99, places=2).map(str))
    value = Fraction(text)
    for _ in range(draw(st.integers(0, 5))):
        operator = draw(st.sampled_from("+-*"))
        operand = draw(st.integers(1, 999).map(str) | st.decimals("0.01", 99, places=2).map(str))
        text = f"({text}) {operator} {operand}"
        value = {"+": value.__add__, "-": value.__sub__, "*": value.__mul__}[operator](Fraction(operand))
    return text, value


@given(sums())
@settings(deadline=None)
def test_for_every_calculation_the_result_is_the_nearest_number(calculation: tuple[str, Fraction]) -> None:
    """Decimals aren't rounded on the way."""
    text, value = calculation
    assert calculate(text).result == (int(value) if value.denominator == 1 else float(value))
