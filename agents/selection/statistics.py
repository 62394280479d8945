"""How well an agent has done a capability so far: means that forget, by attempts and by time."""

from __future__ import annotations

import math

import msgspec

FORGET = 0.95
"""What one more attempt leaves of the weight of those before it: the latest twenty count."""

HALF_LIFE_SECONDS = 3600.0
"""After how long what was seen counts for half, so that a bad week does not count against an agent for
ever."""

KEPT_DURATIONS = 32
"""How many durations the 95th percentile is taken from, at most."""

MIN_DURATIONS = 5
"""How many durations a 95th percentile needs, to be more than a guess."""

_PRIOR = 1.0
"""The weight of the success that every agent is credited with beforehand."""


class Observation(msgspec.Struct, frozen=True):
    """How one attempt ended: at `at` (seconds since the epoch), after `seconds`, at what `cost`.

    Only attempts that say something about the agent are observed: a success, or a failure of its own.
    """

    agent: str
    capability: str
    at: float
    seconds: float
    succeeded: bool
    cost: float = 0.0


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the attempts of one agent at one capability went. `Figures()` is an agent without history.

    Older attempts count less, as in discounted UCB (Kocsis and Szepesvári, 2006): what was seen loses 5 % of
    its `weight` with every further attempt, and half of it every hour.
    """

    attempts: int = 0
    """How many there were."""

    successes: int = 0
    """How many of them succeeded."""

    reliability: float = 1.0
    """The discounted mean of success, with one success credited beforehand: 1.0 at first, 0.5 after one
    failure."""

    weight: float = 0.0
    """The discounted number of attempts."""

    mean_seconds: float = 0.0
    """The discounted mean duration of successes; meaningless while there are none."""

    recent: tuple[float, ...] = ()
    """The latest 32 durations of successes, in seconds, the latest last."""

    mean_cost: float = 0.0
    """The discounted mean cost of all attempts; meaningless while there are none."""

    latest: float = 0.0
    """When the newest observation was made, in seconds since the epoch."""

    def after(self, observation: Observation) -> Figures:
        """The figures with one more attempt."""
        before = self.aged(observation.at)
        weight = before.weight * FORGET
        successes = before.success_weight * FORGET
        won = 1.0 if observation.succeeded else 0.0
        return Figures(
            attempts=self.attempts + 1,
            successes=self.successes + observation.succeeded,
            reliability=(successes + won + _PRIOR) / (weight + 1.0 + _PRIOR),
            weight=weight + 1.0,
            mean_seconds=_mean(self.mean_seconds, successes, observation.seconds, won),
            recent=self._with(observation.seconds) if observation.succeeded else self.recent,
            mean_cost=_mean(self.mean_cost, weight, observation.cost, 1.0),
            latest=max(self.latest, observation.at),
        )

    def aged(self, now: float) -> Figures:
        """The figures as they count at `now`: the older, the less weight, and the nearer to unknown.

        A clock that was set back makes nothing younger.
        """
        age = now - self.latest
        if age <= 0.0 or self.weight == 0.0:
            return self
        left = math.pow(0.5, age / HALF_LIFE_SECONDS)
        weight = self.weight * left
        reliability = (self.success_weight * left + _PRIOR) / (weight + _PRIOR)
        return msgspec.structs.replace(self, weight=weight, reliability=reliability, latest=now)

    @property
    def success_weight(self) -> float:
        """How much of `weight` are successes."""
        return max(0.0, self.reliability * (self.weight + _PRIOR) - _PRIOR)

    @property
    def trust(self) -> float:
        """How far the figures of all attempts can be relied on: 0 (unknown) to 1."""
        return self.weight / (self.weight + _PRIOR)

    @property
    def speed_trust(self) -> float:
        """How far `mean_seconds` can be relied on: 0 (no success lately) to 1."""
        successes = self.success_weight
        return successes / (successes + _PRIOR)

    @property
    def p95(self) -> float | None:
        """The 95th percentile of `recent` by nearest rank, in seconds; None under five durations."""
        count = len(self.recent)
        if count < MIN_DURATIONS:
            return None
        return sorted(self.recent)[math.ceil(0.95 * count) - 1]

    def _with(self, seconds: float) -> tuple[float, ...]:
        return (*self.recent[1 - KEPT_DURATIONS :], seconds)


def _mean(mean: float, weight: float, value: float, more: float) -> float:
    """The mean of `weight` values so far, with `more` (0 or 1) of `value`."""
    return (mean * weight + value * more) / (weight + more) if more else mean
