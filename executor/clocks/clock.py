"""What time it is. Waiting is the event loop's business, so that both can be virtual together."""

from __future__ import annotations

import sys
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time that is entered into events."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The machine's time as it was when the clock was made, and what has passed since: a clock on the wall
    that is set back or forth changes no duration."""

    def __init__(self) -> None:
        self._made = time.time() - _steady()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._made + _steady()


if sys.platform == "linux":

    def _steady() -> float:
        # Unlike the monotonic clock it goes on while the machine sleeps.
        return time.clock_gettime(time.CLOCK_BOOTTIME)
else:
    _steady = time.monotonic
