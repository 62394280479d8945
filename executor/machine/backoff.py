"""How long a run waits before the next attempt: the jitter comes from the run's seed and the attempt's place,
so that the same run waits the same."""

from __future__ import annotations

from hashlib import blake2b

from callsheet.agents.backoff import BETWEEN_ATTEMPTS


def retry_delay(
    seed: int, step: str, item: int | None, attempt: int, retry_after: float | None = None
) -> float:
    """Seconds between the failure of attempt number `attempt` (from 1) and the next one; never less than what
    the other side asked for."""
    return max(
        retry_after or 0.0, BETWEEN_ATTEMPTS.delay(attempt, _fraction(f"{seed}:{step}:{item}:{attempt}"))
    )


def _fraction(place: str) -> float:
    """A number from 0 to 1, the same for the same text on every machine."""
    digest = blake2b(place.encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2.0**56
