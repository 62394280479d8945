"""Arithmetic without exceptions and without runaway numbers: a result, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .values import MAX_BITS, Absent, bounded

_ARITHMETIC: dict[str, Callable[[Any, Any], int | float | complex]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
}


def calculate(symbol: str, left: int | float, right: int | float) -> int | float | Absent:
    """`left symbol right`, or Absent with the reason."""
    if symbol == "**" and not _may_raise_to(left, right):
        return Absent("the number is too large")
    try:
        result = _ARITHMETIC[symbol](left, right)
    except ZeroDivisionError:
        return Absent("division by zero")
    except OverflowError:
        return Absent("the number is too large")
    # A negative number to a broken power leaves the real numbers.
    return Absent("the power is not a real number") if isinstance(result, complex) else bounded(result)


def _may_raise_to(base: int | float, power: int | float) -> bool:
    """Whether the power can be computed at all without running out of bounds on the way."""
    if isinstance(base, float) or isinstance(power, float):
        return True
    return base.bit_length() * abs(power) <= MAX_BITS
