"""JSON values as expressions see them: text, what is not there, and arithmetic without exceptions and without
runaway numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Absent:
    """No value, and why there is none."""

    reason: str


Value: TypeAlias = JsonValue | Absent

MAX_BITS = 2_048
"""Of an integer that an operation may yield."""

_ARITHMETIC: dict[str, Callable[[Any, Any], int | float | complex]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
}


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether this is a number; a boolean is not one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_whole(value: Value) -> int | None:
    """The int of a number without a fraction (JSON Schema counts 2.0 as an integer), or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


def bounded(value: int | float) -> int | float | Absent:
    """The number, unless JSON cannot write it or it is too large to go on with."""
    if isinstance(value, float):
        return value if math.isfinite(value) else Absent("the number is too large")
    return value if value.bit_length() <= MAX_BITS else Absent("the number is too large")


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


def leaves(value: JsonValue) -> Iterator[JsonValue]:
    """The values in a value that hold no others."""
    match value:
        case list():
            for each in value:
                yield from leaves(each)
        case dict():
            for each in value.values():
                yield from leaves(each)
        case _:
            yield value


def text_of(value: JsonValue) -> str:
    """The text form: a string as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def display(value: JsonValue, text: Callable[[str], str], key: Callable[[str], str] = json.dumps) -> str:
    """The expression that yields a value; its texts and keys are written as told."""
    match value:
        case str():
            return text(value)
        case list():
            return "[" + ", ".join(display(each, text, key) for each in value) + "]"
        case dict():
            entries = (f"{key(name)}: {display(each, text, key)}" for name, each in value.items())
            return "{" + ", ".join(entries) + "}"
        case _:
            return json.dumps(value)


def kind_of(value: JsonValue) -> str:
    """What to call the value in a sentence."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
