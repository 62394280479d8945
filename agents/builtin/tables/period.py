"""A stretch of days written as a year, a month or a day."""

from __future__ import annotations

import datetime
import re
from calendar import monthrange
from dataclasses import dataclass

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].*)?\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """From its `first` day to its `last`, both within."""

    first: datetime.date
    last: datetime.date


def read_period(text: str) -> Period | None:
    """`2024`, `2024-09` or `2024-09-30` as the days it spans; None where it is nothing of the kind."""
    match = _WRITTEN.match(text.strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = datetime.date(year or 0, month or 1, day or 1)
        last_month = month or 12
        return Period(
            first, first.replace(month=last_month, day=day or monthrange(first.year, last_month)[1])
        )
    except ValueError:
        return None
