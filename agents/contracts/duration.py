"""A duration, as people write it: seconds, or a text such as `90s`, `5m`, `2h`, `1d`."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from callsheet.agents.contracts.errors import DurationError

_WRITTEN = re.compile(r"\s*+((?:\d++\.?\d*+|\.\d++)(?:e[+-]?\d++)?+)\s*+([smhdw]?)\s*+\Z", re.ASCII)
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


def seconds_of(value: object) -> float:
    """The seconds of a number, a timedelta, or a text; more than 0, and finite. Raises DurationError."""
    seconds = math.nan
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # A whole number may be larger than any float.
        seconds = float(value) if abs(value) < 1e300 else math.inf
    elif isinstance(value, str) and (written := _WRITTEN.match(value)):
        seconds = float(written[1]) * _SECONDS[written[2]]
    if not 0 < seconds < math.inf:
        raise DurationError(value)
    return seconds
