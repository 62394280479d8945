"""How long to wait before something is tried again: exponential, with full jitter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Bounds that double, from `base` seconds up to `longest`.

    A wait is anywhere between nothing and the bound, which spreads the retries of many clients best (Brooker,
    "Exponential Backoff And Jitter", 2015). Who draws the jitter decides whether it is the same every time.
    """

    base: float = 0.5
    longest: float = 20.0

    def delay(self, retry: int, jitter: float) -> float:
        """Seconds before retry number `retry`, counted from 0; `jitter` is from 0 to 1."""
        return jitter * min(self.longest, self.base * 2.0 ** min(retry, 64))


BETWEEN_ATTEMPTS = Backoff(longest=60.0)
"""What a step waits between its attempts."""
