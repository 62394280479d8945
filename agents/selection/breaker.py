"""A circuit breaker: an agent that keeps failing is left alone for a while, then tried once.

The pattern is Nygard's (Release It!, 2007); the doubled pause is plain exponential backoff.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from callsheet.agents.selection.errors import BreakerPolicyError


class AttemptVerdict(StrEnum):
    """What the end of an attempt says about its agent."""

    GOOD = "good"
    """It did the work."""
    BAD = "bad"
    """It failed for reasons of its own."""
    NEUTRAL = "neutral"
    """Nothing: it was stopped, or the work itself was at fault."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """After how many failures in a row a breaker opens, and for how many seconds.

    Each probe that fails doubles the pause, up to `max_cooldown`. Raises BreakerPolicyError where
    that makes no sense.
    """

    threshold: int = 5
    cooldown: float = 30.0
    max_cooldown: float = 600.0

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise BreakerPolicyError(f"a breaker's threshold is {self.threshold}; it must be 1 or more")
        if not 0.0 < self.cooldown <= self.max_cooldown < math.inf:
            raise BreakerPolicyError(
                f"a breaker's cooldown is {self.cooldown} and its max_cooldown {self.max_cooldown}; "
                "both must be over 0, and cooldown at most max_cooldown"
            )


class Breaker:
    """The breaker of one agent: closed, open, or half-open for one probe.

    Times are seconds since the epoch. `record_start` and `record_end` are called for every attempt;
    `ready_at` changes nothing. Which attempt ended is not known, so those that began first are taken to end
    first: while attempts from before the opening are still running, a failure is theirs and not the probe's.
    Once a probe is running, any success closes the breaker.
    """

    __slots__ = (
        "_older",
        "_opened_at",
        "_policy",
        "_probing",
        "_reopens_at",
        "_running",
        "_trips",
        "failures",
    )

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self.failures = 0
        """In a row, up to now."""
        self._trips = 0
        self._opened_at = 0.0
        self._reopens_at = 0.0
        self._probing = False
        self._running = 0
        self._older = 0

    @property
    def closed(self) -> bool:
        """Whether any attempt may begin."""
        return self._trips == 0

    @property
    def probing(self) -> bool:
        """Whether the one probe is running."""
        return self._probing

    def ready_at(self, now: float) -> float:
        """When an attempt may begin: `now`, later, or (infinity) not before the probe has ended.

        A clock that was set back to before the opening makes the agent ready, since how long it has rested
        cannot be known.
        """
        if self._trips == 0:
            return now
        if self._probing:
            return math.inf
        return self._reopens_at if self._opened_at <= now < self._reopens_at else now

    def record_start(self) -> None:
        """An attempt began; where the breaker isn't closed, it is the probe."""
        if self._trips and not self._probing:
            self._probing = True
            self._older = self._running
        self._running += 1

    def record_end(self, at: float, verdict: AttemptVerdict) -> None:
        """An attempt ended."""
        self._running -= 1
        if verdict is AttemptVerdict.BAD:
            self.failures += 1
        elif verdict is AttemptVerdict.GOOD:
            self.failures = 0
        if self._trips == 0:
            if self.failures >= self._policy.threshold:
                self._open(at)
        elif self._probing:
            self._end_probe(at, verdict)

    def _end_probe(self, at: float, verdict: AttemptVerdict) -> None:
        if verdict is AttemptVerdict.GOOD:
            self._trips, self._probing = 0, False
        elif self._older:
            self._older -= 1
        elif verdict is AttemptVerdict.BAD:
            self._open(at)
        else:
            self._probing = False

    def _open(self, at: float) -> None:
        # 2 ** 64 is over any max_cooldown; a larger power would not fit a float some day.
        pause = min(self._policy.cooldown * 2.0 ** min(self._trips, 64), self._policy.max_cooldown)
        self._trips += 1
        self._opened_at, self._reopens_at = at, at + pause
        self._probing = False
