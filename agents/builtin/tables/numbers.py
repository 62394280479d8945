"""Which columns of a file hold numbers, and what their marks mean: one convention a file.

`1,250` is a thousand or one and a quarter. The columns that leave no doubt decide for the whole file; where
none does, it is read as in English, and the answer says so.
"""

# polars names numpy types in its annotations, and numpy is not installed with it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars

# Digits are ASCII here: the library's `\d` has those of all scripts, and its numbers have not.
_DIGIT = "[0-9]"
_BLANK = r"[ \u00a0\u2007\u2009\u202f]"
_MINUS = "[-\u2212]"
_SIGN = rf"(?:\+|{_MINUS})?"
_CODES = "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|SEK|SGD|TRY|USD|ZAR"
_UNIT = rf"(?:(?:A|C|HK|NZ|R|S|US)\$|\p{{Sc}}|{_CODES}|Fr\.|kr\.?|z\u0142|K\u010d|Ft|Rs\.?|%|\u2030)"
# Codes are no numbers, and stay digit for digit: leading zeros, more than 15 digits, `1E5`, `+4930123456`,
# `+49 30 123456`.
_CODE = r"^[-+\u2212]?0[0-9]|[0-9]{16,}|^[-+\u2212]?[0-9]+[eE][0-9]+$|^\+(?:[0-9]{6,}|[0-9]+[\s-][0-9\s-]+)$"
_LARGEST_WHOLE = 2**40  # so that the sum of a whole file cannot wrap round in 64 bits


class Mark(StrEnum):
    """What stands before the decimals of a number."""

    POINT = "."
    COMMA = ","

    @property
    def other(self) -> Mark:
        """What stands between thousands then."""
        return Mark.COMMA if self is Mark.POINT else Mark.POINT

    @property
    def pattern(self) -> str:
        """Numbers that are written so, also with thousands, a currency on either side, and per cent."""
        groups = "|".join(
            rf"[1-9]{_DIGIT}{{0,2}}(?:{between}{_DIGIT}{{3}})+"
            for between in (rf"\{self.other}", _BLANK, "['\u2019]")
        )
        if self is Mark.POINT:  # lakhs and crores
            groups += rf"|[1-9]{_DIGIT}?(?:,{_DIGIT}{{2}})+,{_DIGIT}{{3}}"
        whole = rf"(?:{_DIGIT}+|{groups})"
        number = rf"(?:{whole}(?:\{self}{_DIGIT}*)?|\{self}{_DIGIT}+)(?:[eE][-+]?{_DIGIT}+)?"
        before = rf"(?:{_SIGN}{_BLANK}?(?:{_UNIT}{_BLANK}?)?|{_UNIT}{_BLANK}?{_SIGN})"
        return rf"^{before}{number}(?:{_BLANK}?{_UNIT})?$"


def fitting_marks(values: polars.Series) -> list[Mark]:
    """The marks with which all values are numbers; both where none of them has a mark, none for a text.
    Amounts in several units are none: nothing that is computed over them means anything."""
    if values.is_empty() or values.str.contains(_CODE).any() or len(units(values)) > 1:
        return []
    return [mark for mark in Mark if values.str.contains(mark.pattern).all()]


def units(values: polars.Series) -> list[str]:
    """The currencies and the like that stand before or after numbers, each once."""
    found = (
        values.str.extract(rf"^{_SIGN}{_BLANK}?({_UNIT}){_BLANK}?{_SIGN}{_DIGIT}"),
        values.str.extract(rf"{_DIGIT}{_BLANK}?({_UNIT})$"),
    )
    return sorted({unit for each in found for unit in each.drop_nulls().unique().to_list()})


def agreed_mark(columns: Iterable[list[Mark]]) -> Mark | None:
    """The mark on which the columns agree that fit one alone; None where there is none, or they disagree."""
    found = {marks[0] for marks in columns if len(marks) == 1}
    return found.pop() if len(found) == 1 else None


def first_other(values: polars.Series) -> str:
    """The first value that is no number; the first of all where each is one, but not with the same mark."""
    is_number = values.str.contains(Mark.POINT.pattern) | values.str.contains(Mark.COMMA.pattern)
    found = values.filter(~is_number | values.str.contains(_CODE))
    return str(values[0] if found.is_empty() else found[0])


def has_marks(values: polars.Series) -> bool:
    """Whether any value has a point or a comma: numbers that fit both marks mean something else then."""
    return bool(values.str.contains(r"[0-9][.,][0-9]").any())


def has_open_blanks(values: polars.Series) -> bool:
    """Whether blanks stand between digits, and no unit, mark or sign shows that these are numbers."""
    return bool(values.str.contains(rf"[0-9]{_BLANK}[0-9]").any()) and bool(
        values.str.contains(rf"^(?:[0-9]|{_BLANK})+$").all()
    )


def read_numbers(values: polars.Series, mark: Mark) -> polars.Series:
    """The numbers, null where there is none; whole ones as integers, where none is very large."""
    import polars

    plain = (
        values.str.replace_all(_UNIT, "")
        .str.replace_all(_MINUS, "-")
        .str.replace_all(rf"[\s'\u2019{mark.other}]", "")
        .str.replace_all(mark, ".", literal=True)
    )
    numbers = plain.cast(polars.Float64)
    whole = numbers.drop_nulls()
    if ((whole == whole.round()) & (whole.abs() < _LARGEST_WHOLE)).all():
        return numbers.cast(polars.Int64)
    return numbers
