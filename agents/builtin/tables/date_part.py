"""The parts of a date that people ask by: its year, quarter and month."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .table import Column, ColumnKind

Part = Literal["year", "quarter", "month"]

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_QUARTER = re.compile(r"q(?:uarter)?\s?([1-4])\Z")


@dataclass(frozen=True, slots=True)
class DatePart:
    """One part of a column of dates, as a number: the month of `day` goes by `day (month)`."""

    column: str
    part: Part

    @property
    def name(self) -> str:
        """What queries call it."""
        return f"{self.column} ({self.part})"

    def number_of(self, value: str | float) -> int | None:
        """The number that a value means: 9, "9", "09", "September" and "Sep" are one month, "Q3" is 3."""
        text = str(value).strip().lower()
        if self.part == "month" and text in _MONTHS:
            return _MONTHS[text]
        if self.part == "quarter" and (match := _QUARTER.match(text)):
            return int(match[1])
        try:
            return int(float(text)) if float(text).is_integer() else None
        except (ValueError, OverflowError):
            return None


def parts_of(column: Column) -> Sequence[DatePart]:
    """The parts of a column; none where it holds no dates."""
    if column.kind is not ColumnKind.DATE:
        return ()
    return (DatePart(column.name, "year"), DatePart(column.name, "quarter"), DatePart(column.name, "month"))
