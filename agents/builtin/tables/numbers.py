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

_CURRENCY = r"[$€£¥]?\s?"
# Codes are no numbers, and stay digit for digit: leading zeros, more than 15 digits, `1E5`, `+4930123456`.
_CODE = r"^[-+]?0\d|\d{16,}|^[-+]?\d+[eE]\d+$|^\+\d{6,}$"
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
        """Numbers that are written so, also with thousands, currency and per cent."""
        whole = rf"(\d+|[1-9]\d{{0,2}}([{self.other}]\d{{3}})+)"
        number = rf"({whole}([{self}]\d*)?|[{self}]\d+)([eE][-+]?\d+)?"
        return rf"^[-+]?{_CURRENCY}{number}%?$"


def fitting_marks(values: polars.Series) -> list[Mark]:
    """The marks with which all values are numbers; both where none of them has a mark, none for a text."""
    if values.is_empty() or values.str.contains(_CODE).any():
        return []
    return [mark for mark in Mark if values.str.contains(mark.pattern).all()]


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
    return bool(values.str.contains(r"[.,]").any())


def read_numbers(values: polars.Series, mark: Mark) -> polars.Series:
    """The numbers, null where there is none; whole ones as integers, where none is very large."""
    import polars

    plain = values.str.replace_all(r"[$€£¥%\s]", "").str.replace_all(mark.other, "", literal=True)
    numbers = plain.str.replace_all(mark, ".", literal=True).cast(polars.Float64)
    whole = numbers.drop_nulls()
    if ((whole == whole.round()) & (whole.abs() < _LARGEST_WHOLE)).all():
        return numbers.cast(polars.Int64)
    return numbers
