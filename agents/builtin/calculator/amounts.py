"""Exact amounts, and what can be done with them within bounds."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from .lexer import Unreadable

MAX_BITS = 8_000
"""How large a numerator or denominator may get on the way, about 2,400 digits."""

_PRECISE = decimal.Context(prec=50, Emax=99_999, Emin=-99_999)
_MAX_PLACES = 100


@dataclass(frozen=True, slots=True)
class Amount:
    """A value. `percent` where it was written as one, which `+` and `-` take as a share of what is
    before them; not `exact` where it had to be rounded to 50 digits on the way."""

    value: Fraction
    exact: bool = True
    percent: bool = False


def checked(value: Fraction, exact: bool = True, *, percent: bool = False) -> Amount:
    """An amount within bounds. Raises Unreadable."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise Unreadable("an intermediate result is too large")
    return Amount(value, exact, percent)


def multiply(left: Fraction, sign: str, right: Fraction) -> Fraction:
    """`left` times, over, or modulo `right`. Raises Unreadable for a division by zero."""
    if sign in ("*", "of"):
        return left * right
    if right == 0:
        raise Unreadable("it divides by zero")
    if sign == "/":
        return left / right
    return Fraction(left // right) if sign == "//" else left % right


def raise_to(base: Amount, exponent: Amount) -> Amount:
    """A power; exact where the exponent is whole. Raises Unreadable."""
    value, power = base.value, exponent.value
    if value == 0 and power < 0:
        raise Unreadable("it divides by zero")
    if power.denominator == 1:
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if value not in (0, 1, -1) and bits * abs(power.numerator) > MAX_BITS:
            raise Unreadable("a power is too large")
        return checked(_whole_power(value, power.numerator), base.exact and exponent.exact)
    if value < 0:
        raise Unreadable("the root of a negative number is not a real number")
    if power == Fraction(1, 2):
        return _square_root([value])
    return _rounded(lambda: _PRECISE.power(_decimal(value), _decimal(power)))


def _whole_power(value: Fraction, power: int) -> Fraction:
    # The exponent of 1 or -1 may be huge; only whether it is odd counts.
    return Fraction(value ** (power % 2)) if value in (1, -1) else Fraction(value**power)


def _decimal(value: Fraction) -> decimal.Decimal:
    return _PRECISE.divide(decimal.Decimal(value.numerator), decimal.Decimal(value.denominator))


def _rounded(work: Callable[[], decimal.Decimal]) -> Amount:
    try:
        found = work()
    except (decimal.DecimalException, OverflowError):
        raise Unreadable("it is beyond what can be computed") from None
    # A huge exponent would make a huge fraction before any bound could be checked.
    if not found.is_finite() or abs(found.adjusted()) > MAX_BITS // 4:
        raise Unreadable("an intermediate result is too large or too small")
    return Amount(Fraction(found), exact=False)


def _one(name: str, work: Callable[[Fraction], Fraction]) -> Callable[[Sequence[Fraction]], Amount]:
    return lambda values: checked(work(_only(name, values)))


def _only(name: str, values: Sequence[Fraction]) -> Fraction:
    if len(values) != 1:
        raise Unreadable(f"{name} takes one number")
    return values[0]


def _transcendental(
    name: str, work: Callable[[decimal.Decimal], decimal.Decimal], *, positive: bool
) -> Callable[[Sequence[Fraction]], Amount]:
    def apply(values: Sequence[Fraction]) -> Amount:
        value = _only(name, values)
        if positive and value <= 0:
            raise Unreadable(f"{name} takes a number above zero")
        return _rounded(lambda: work(_decimal(value)))

    return apply


def _square_root(values: Sequence[Fraction]) -> Amount:
    value = _only("sqrt", values)
    if value < 0:
        raise Unreadable("the root of a negative number is not a real number")
    root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return Amount(root) if root * root == value else _rounded(lambda: _PRECISE.sqrt(_decimal(value)))


def _round(values: Sequence[Fraction]) -> Amount:
    """Halves go away from zero, as people round."""
    if len(values) not in (1, 2) or (len(values) == 2 and values[1].denominator != 1):
        raise Unreadable("round takes a number and, optionally, how many places")
    places = int(values[1]) if len(values) == 2 else 0
    if abs(places) > _MAX_PLACES:
        raise Unreadable(f"round takes at most {_MAX_PLACES} places")
    scaled = abs(values[0]) * Fraction(10) ** places
    whole = math.floor(scaled + Fraction(1, 2))
    return checked(Fraction(whole if values[0] >= 0 else -whole) / Fraction(10) ** places)


def _power(values: Sequence[Fraction]) -> Amount:
    if len(values) != 2:
        raise Unreadable("pow takes two numbers")
    return raise_to(Amount(values[0]), Amount(values[1]))


def _sum(values: Sequence[Fraction]) -> Amount:
    total = Amount(Fraction(0))
    for value in values:
        total = checked(total.value + value)
    return total


def _mean(values: Sequence[Fraction]) -> Amount:
    return checked(_sum(values).value / len(values))


def _product(values: Sequence[Fraction]) -> Amount:
    total = Amount(Fraction(1))
    for value in values:
        total = checked(total.value * value)
    return total


def _many(work: Callable[[Sequence[Fraction]], Fraction]) -> Callable[[Sequence[Fraction]], Amount]:
    return lambda values: checked(work(values))


FUNCTIONS: Mapping[str, Callable[[Sequence[Fraction]], Amount]] = {
    "abs": _one("abs", abs),
    "average": _mean,
    "avg": _mean,
    "ceil": _one("ceil", lambda value: Fraction(math.ceil(value))),
    "exp": _transcendental("exp", _PRECISE.exp, positive=False),
    "floor": _one("floor", lambda value: Fraction(math.floor(value))),
    "ln": _transcendental("ln", _PRECISE.ln, positive=True),
    "log10": _transcendental("log10", _PRECISE.log10, positive=True),
    "max": _many(max),
    "mean": _mean,
    "median": _many(median),
    "min": _many(min),
    "pow": _power,
    "product": _product,
    "round": _round,
    "sqrt": _square_root,
    "sum": _sum,
}
"""What can be called; each takes at least one value."""

CONSTANTS: Mapping[str, Fraction] = {
    "e": Fraction("2.7182818284590452353602874713526624977572470936999595749669676"),
    "pi": Fraction("3.1415926535897932384626433832795028841971693993751058209749446"),
}
"""Rounded to more digits than any result shows."""
