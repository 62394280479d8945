"""How long to wait before a model is asked again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, with full jitter (as in Brooker, "Exponential Backoff And Jitter", 2015).

    Before retry n (from 0) the wait is drawn evenly from 0 to `base * 2**n` seconds, `longest` at most. What
    a server asks for with Retry-After is waited instead, unless it is longer than `longest_asked`: then the
    error is raised at once, and says how long the wait would have been.
    """

    base: float = 0.5
    longest: float = 20.0
    longest_asked: float = 60.0

    def delay(self, retry: int, asked: float | None, source: random.Random) -> float | None:
        """Seconds to wait, or None where the server asks for more than `longest_asked`."""
        if asked is not None:
            return asked if asked <= self.longest_asked else None
        return source.uniform(0.0, min(self.longest, self.base * 2.0**retry))
