"""The slots of one agent: how many attempts it has, and when it can take another."""

from __future__ import annotations

import math

from callsheet.agents.agent import Agent
from callsheet.agents.selection.breaker import Breaker, BreakerPolicy
from callsheet.agents.selection.rate_limit import RateLimiter
from callsheet.agents.spending.terms import terms_of

from .chooser import Ended


class AgentSlots:
    """One agent of the pool: its slots, its breaker, its rates, and its rest.

    Times are seconds since the epoch. Raises TermsError where the agent's terms are none.
    """

    def __init__(self, agent: Agent, policy: BreakerPolicy) -> None:
        self.agent = agent
        self.name = agent.name
        self.terms = terms = terms_of(agent)
        self.running = 0
        """Attempts that have not ended."""
        self.turn = 0
        """The number of the latest attempt that it was given, of all attempts in the pool."""
        self._capacity = terms.max_concurrency or math.inf
        self._breaker = Breaker(policy)
        self._rests_from = self._rests_until = -math.inf
        self._rates: RateLimiter | None = None
        if terms.requests_per_minute or terms.tokens_per_minute:
            self._rates = RateLimiter(terms.requests_per_minute, terms.tokens_per_minute)

    def ready_at(self, now: float) -> float:
        """When it can take an attempt: `now`, later, or (infinity) not before one of its own has ended."""
        if self.running >= self._capacity:
            return math.inf
        ready = now
        if not self._breaker.closed:
            ready = self._breaker.ready_at(now)
        if now < self._rests_until:
            ready = max(ready, self._rested_at(now))
        if self._rates is not None:
            ready = max(ready, self._rates.ready_at(now))
        return ready

    def back_at(self, now: float) -> float:
        """When it will be at work again: `now` if busy or limited, later if it rests or is in trouble."""
        breaker = now if self._breaker.probing else self._breaker.ready_at(now)
        return max(breaker, self._rested_at(now))

    def record_start(self, at: float, turn: int) -> None:
        """It is given an attempt."""
        self.turn = turn
        self.running += 1
        self._breaker.record_start()
        if self._rates is not None:
            self._rates.record_start(at)

    def record_end(self, ended: Ended) -> None:
        """An attempt of it ended."""
        self.running -= 1
        self._breaker.record_end(ended.at, ended.verdict)
        if self._rates is not None:
            self._rates.record_end(ended.at, ended.tokens)
        if ended.retry_after is not None:
            self._rests_until = max(ended.at + ended.retry_after, self._rested_at(ended.at))
            self._rests_from = ended.at

    def explain(self, now: float) -> str:
        """What keeps it from taking an attempt now."""
        reasons = self._reasons(now)
        return f"`{self.name}`: {', '.join(reasons) if reasons else 'free'}"

    def _reasons(self, now: float) -> list[str]:
        reasons: list[str] = []
        failures = f"after {self._breaker.failures} failures in a row"
        if self._breaker.probing:
            reasons.append(f"being tried once {failures}")
        elif (reopens := self._breaker.ready_at(now)) > now:
            reasons.append(f"breaker open for {reopens - now:.3g} s more {failures}")
        if (rested := self._rested_at(now)) > now:
            reasons.append(f"asked to be left alone for {rested - now:.3g} s more")
        if self.running >= self._capacity:
            reasons.append(f"{self.running} of {self._capacity} running")
        if self._rates is not None and (room := self._rates.ready_at(now)) > now:
            wait = "until an attempt ends" if room == math.inf else f"for {room - now:.3g} s more"
            reasons.append(f"at its limit a minute {wait}")
        return reasons

    def _rested_at(self, now: float) -> float:
        """When its rest is over. One that begins in the future was noted before the clock was set back."""
        return self._rests_until if self._rests_from <= now < self._rests_until else now
