"""The agent that calculates, without a model."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

from callsheet.agents.builtin.errors import CalculationError
from callsheet.agents.functions.decorator import agent

from .amounts import Amount
from .lexer import Unreadable
from .phrase import evaluate

_LARGEST_WHOLE = 2**53
_MAX_PLACES = 30
_SHOWN_DIGITS = 12

CalculatedNumber = Annotated[int | float, WithJsonSchema({"type": "number"})]


class Calculation(BaseModel):
    """What `calculate` gives."""

    result: Annotated[CalculatedNumber, Field(description="the value")]
    text: Annotated[str, Field(description="the calculation and its value, as a sentence would have it")]
    exact: Annotated[bool, Field(description="false where the value had to be rounded")]


@agent(effect="pure", main_output="result")
def calculate(expression: str) -> Calculation:
    """work out an arithmetic expression

    Args:
        expression: such as 17 * 23 + 4, 12% of 4500 or sum(3, 4, 5)
    """
    asked = expression.strip()
    if not asked:
        raise CalculationError(expression, "it is empty")
    try:
        amount = evaluate(asked)
        result = _to_number(amount.value)
    except Unreadable as error:
        raise CalculationError(asked, str(error)) from None
    written, exact = _write(amount)
    shown = " ".join(asked.split()).rstrip(" ?.=")
    return Calculation(result=result, text=f"{shown} {'=' if exact else '≈'} {written}", exact=exact)


def _to_number(value: Fraction) -> int | float:
    """A whole number where every JSON reader keeps all its digits, else the nearest float."""
    if value.denominator == 1 and abs(value) <= _LARGEST_WHOLE:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        raise Unreadable("the result is too large for a number") from None


def _write(amount: Amount) -> tuple[str, bool]:
    places = _places(amount.value.denominator)
    if amount.exact and places is not None:
        return _plain(amount.value, places), True
    return f"{float(amount.value):.{_SHOWN_DIGITS}g}", False


def _plain(value: Fraction, places: int) -> str:
    scaled = abs(value.numerator) * 10**places // value.denominator
    sign = "-" if value < 0 else ""
    return sign + f"{Decimal(scaled).scaleb(-places):f}"


def _places(denominator: int) -> int | None:
    """How many decimal places a fraction ends after; None where it doesn't, or not soon."""
    for places in range(_MAX_PLACES + 1):
        if 10**places % denominator == 0:
            return places
    return None
