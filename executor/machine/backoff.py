"""How long to wait before the next attempt: exponential backoff with full jitter.

The jitter is AWS's "full jitter" (Brooker, 2015): uniform between nothing and the exponential
bound, which spreads the retries of many clients best. It comes from the run's seed and the
attempt's place, so that the same run waits the same.
"""

from __future__ import annotations

from hashlib import blake2b

BASE_SECONDS = 0.5
CAP_SECONDS = 60.0


def backoff(seed: int, step: str, item: int | None, attempt: int, retry_after: float | None = None) -> float:
    """Seconds between the failure of attempt number `attempt` and the next one; never less than
    what the other side asked for."""
    bound = min(CAP_SECONDS, BASE_SECONDS * 2.0 ** min(attempt, 64))
    return max(retry_after or 0.0, bound * _fraction(f"{seed}:{step}:{item}:{attempt}"))


def _fraction(place: str) -> float:
    """A number from 0 to 1, the same for the same text on every machine."""
    digest = blake2b(place.encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2.0**56
