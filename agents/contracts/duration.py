"""A duration, as people write it: seconds, or a text such as `90s`, `5 minutes`, `1h 30m`, `1d`."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from itertools import pairwise

from callsheet.agents.contracts.errors import DurationError

_PART = re.compile(r"\s*+((?:\d++\.?\d*+|\.\d++)(?:e[+-]?\d++)?+)\s*+([a-z]*+)\s*+", re.ASCII)
_UNITS = (
    (604_800.0, ("w", "week", "weeks")),
    (86_400.0, ("d", "day", "days")),
    (3_600.0, ("h", "hr", "hrs", "hour", "hours")),
    (60.0, ("m", "min", "mins", "minute", "minutes")),
    (1.0, ("s", "sec", "secs", "second", "seconds")),
    (0.001, ("ms", "millisecond", "milliseconds")),
)
_SECONDS = {name: seconds for seconds, names in _UNITS for name in names}


def seconds_of(value: object) -> float:
    """The seconds of a number, a timedelta, or a text; more than 0, and finite. Raises DurationError."""
    seconds = math.nan
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # A whole number may be larger than any float.
        seconds = float(value) if abs(value) < 1e300 else math.inf
    elif isinstance(value, str):
        seconds = _seconds_of_text(value)
    if not 0 < seconds < math.inf:
        raise DurationError(value)
    return seconds


def _seconds_of_text(text: str) -> float:
    """The seconds of a bare number, or of parts of falling units; NaN for any other text."""
    parts: list[tuple[float, str]] = []
    at = 0
    while at < len(text) and (written := _PART.match(text, at)):
        parts.append((float(written[1]), written[2]))
        at = written.end()
    if at < len(text) or not parts:
        return math.nan
    if len(parts) == 1 and not parts[0][1]:
        return parts[0][0]
    units = [_SECONDS.get(unit, math.nan) for _, unit in parts]
    falling = all(larger > smaller for larger, smaller in pairwise(units))
    whole = sum(number * unit for (number, _), unit in zip(parts, units, strict=True))
    return whole if falling else math.nan
