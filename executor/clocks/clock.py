"""What time it is. Waiting is the event loop's business, so that both can be virtual together."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time that is entered into events."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()
