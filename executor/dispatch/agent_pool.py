"""The desk where work asks for an agent: who is free, who rests, and who waits for whom.

One desk serves all runs of a process. It reads no clock and does no I/O. `choose` only looks; `begin`
and `end` are what changes anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType

from callsheet.agents.agent import Agent
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import BreakerPolicy, Verdict
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.selection.strategies import Candidate, Strategy, StrategyError, strategy_named
from callsheet.executor.machine.pending_work import Lane
from callsheet.executor.run.state import Try

from .agent_slots import Seats
from .wait_queue import Queue, Waiter, WaitingRoom

PATIENCE_SECONDS = 5.0
"""How long an agent that did not fail at a piece of work is waited for, rather than asking again one
that did."""

_NO_FAILURES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody can begin now. Worth another look when a seat frees up, and at `until` at the latest.

    `until` is None where only the end of some attempt can help, or where somebody else in the queue
    already watches the clock.
    """

    until: float | None


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody offers the work, and waiting won't help; `message` says who was there and why not."""

    message: str


class _Offer:
    """Who offers a capability, and how much of it is in hand."""

    __slots__ = ("limit", "queue", "related", "running", "seats", "sole")

    def __init__(self, seats: Sequence[Seats], limit: float, room: WaitingRoom) -> None:
        self.seats = seats
        self.sole = seats[0] if len(seats) == 1 else None
        self.limit = limit
        self.running = 0
        self.queue = Queue(room)
        self.related: Sequence[_Offer] = (self,)
        """The offers that have an agent in common with this one, itself among them."""

    def ready_at(self, now: float) -> float:
        """When somebody can begin: now, later, or (infinity) not before an attempt has ended."""
        if self.running >= self.limit:
            return math.inf
        return min(each.ready_at(now) for each in self.seats)


@dataclass(slots=True)
class _Tally:
    """How many attempts have begun, and when something was said last."""

    turn: int = 0
    latest: float = 0.0


class Desk:
    """Who is free, for all runs of a process. Not for several threads at once.

    `capability_limits` bounds the attempts in hand of a capability, whoever has them. Times are seconds
    since the epoch, and never read here. Raises StrategyError where the strategy's name is unknown.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        strategy: Strategy | str = "balanced",
        capability_limits: Mapping[str, int] | None = None,
        breaker: BreakerPolicy = BreakerPolicy(),  # noqa: B008 - frozen, so one will do for everybody
    ) -> None:
        self._registry = registry
        self._strategy = strategy_named(strategy) if isinstance(strategy, str) else strategy
        self._seats = {each.name: Seats(each, breaker) for each in registry.agents}
        limits = capability_limits or {}
        self._room = WaitingRoom()
        self._offers = {
            name: _Offer(
                [self._seats[each.name] for each in registry.agents_for(name)],
                limits.get(name, math.inf),
                self._room,
            )
            for name in registry.capabilities
        }
        for offer in self._offers.values():
            offer.related = self._related(offer)
        self._tally = _Tally()

    def with_strategy(self, strategy: Strategy) -> Desk:
        """The same desk, its seats and its queues, for a run whose agents are chosen in another way."""
        desk = copy(self)
        desk._strategy = strategy
        return desk

    def choose(
        self,
        capability: str,
        *,
        now: float,
        figures: Mapping[tuple[str, str], Figures],
        failures: Mapping[str, int] = _NO_FAILURES,
        exclude: Container[str] = (),
        newcomer: bool = False,
        attempt: Try | None = None,
    ) -> Agent | Wait | Nobody:
        """Who is to do a piece of work. Changes nothing. Which `attempt` it is makes no difference here.

        `failures` counts, by agent, what failed at this very work for the agent's own reasons. `exclude`
        are not to be taken at all. A `newcomer` (who was not called by `wait`) leaves a free seat to
        those who were just called, if there are any.

        Raises StrategyError where a strategy of one's own chooses somebody else than it was shown.
        """
        offer = self._offers.get(capability)
        if offer is None:
            return Nobody(self._unknown(capability))
        if newcomer and self._room.called and any(each.queue.called for each in offer.related):
            return Wait(None)
        sole = offer.sole
        if sole is not None and not exclude:
            ready = sole.ready_at(now) if offer.running < offer.limit else math.inf
            return sole.agent if ready <= now else self._wait(offer, ready)
        return self._choose_among(capability, offer, now, figures, failures, exclude)

    def explain(self, capability: str, now: float) -> str:
        """Who offers a capability, and for each what keeps it from beginning now."""
        offer = self._offers.get(capability)
        if offer is None:
            return self._unknown(capability)
        limit = f"{offer.running} of {offer.limit} are in hand; " if offer.running >= offer.limit else ""
        return f"{capability!r}: {limit}" + "; ".join(each.explain(now) for each in offer.seats)

    def begin(self, agent_name: str, capability: str, at: float) -> None:
        """An attempt begins. It is counted even where there was no seat."""
        self._tally.turn += 1
        self._tally.latest = at
        offer = self._offers[capability]
        offer.running += 1
        offer.queue.progressed = True
        self._seats[agent_name].begin(at, self._tally.turn)

    def end(
        self,
        agent_name: str,
        capability: str,
        at: float,
        verdict: Verdict,
        tokens: int = 0,
        retry_after: float | None = None,
    ) -> None:
        """An attempt ended: its seat is free, and who waits for it is called.

        With `retry_after` the agent is given nothing by anybody for so many seconds.
        """
        self._tally.latest = at
        offer = self._offers[capability]
        offer.running -= 1
        seats = self._seats[agent_name]
        shut = seats.end(at, verdict, tokens, retry_after)
        if self._room.waiting:
            for each in offer.related:
                each.queue.recall(reconsider=shut and seats in each.seats)
            self._call_next(offer)

    def wait(
        self,
        capability: str,
        callback: Callable[[], None],
        *,
        until: float | None = None,
        newcomer: bool = False,
    ) -> Callable[[], None]:
        """Be called, once, when a seat for `capability` frees up; what is returned leaves the queue.

        The callback wakes somebody, no more: it must not raise, nor ask the desk for anything. Whoever
        was woken chooses, begins or waits again, and then says `pass_on`; to leave does so too. With
        `until`, as `Wait` had it, the caller looks at the clock, and nobody else need: then it chooses,
        begins, and leaves, in that order. A `newcomer` is one whose `choose` was a newcomer's.
        """
        offer = self._offers[capability]
        waiter = offer.queue.join(callback, until, newcomer)

        def leave() -> None:
            if offer.queue.leave(waiter):
                self._call_next(offer)

        return leave

    def shut(self, closed: Container[Lane]) -> Container[Lane]:
        """The lanes in which nothing begins now: those for which nobody was free."""
        return closed

    def pass_on(self, capability: str) -> None:
        """The one who was called has used the seat, or had no use for it: call the next, if that helps."""
        offer = self._offers[capability]
        offer.queue.pass_on()
        self._call_next(offer)

    def _choose_among(
        self,
        capability: str,
        offer: _Offer,
        now: float,
        figures: Mapping[tuple[str, str], Figures],
        failures: Mapping[str, int],
        exclude: Container[str],
    ) -> Agent | Wait | Nobody:
        allowed = [each for each in offer.seats if each.name not in exclude]
        if not allowed:
            return Nobody(f"nobody else offers {self.explain(capability, now)}")
        if offer.running >= offer.limit:
            return Wait(None)
        fresh: Sequence[Seats] = [each for each in allowed if not failures.get(each.name)]
        if (ready := _ready_at(fresh, now)) > now:
            tried = [each for each in allowed if failures.get(each.name)]
            if any(each.back_at(now) <= now + PATIENCE_SECONDS for each in fresh):
                return self._wait(offer, ready)
            if (again := _ready_at(tried, now)) > now:
                return self._wait(offer, min(ready, again))
            fresh = _least_failed([each for each in tried if each.ready_at(now) <= now], failures)
        free = [each for each in fresh if each.ready_at(now) <= now]
        return free[0].agent if len(free) == 1 else self._ask(capability, free, now, figures, failures)

    def _ask(
        self,
        capability: str,
        free: Sequence[Seats],
        now: float,
        figures: Mapping[tuple[str, str], Figures],
        failures: Mapping[str, int],
    ) -> Agent:
        candidates = [
            Candidate(
                agent=each.agent,
                figures=known.aged(now) if (known := figures.get((each.name, capability))) else None,
                terms=each.terms,
                running=each.running,
                failures=failures.get(each.name, 0),
                turn=each.turn,
            )
            for each in free
        ]
        chosen = self._strategy(candidates)
        if not any(chosen is each for each in candidates):
            names = ", ".join(each.name for each in free)
            raise StrategyError(
                f"the strategy chose {chosen!r:.80} for {capability!r}; it must return one of the "
                f"candidates that it is given, here those of {names}"
            )
        return chosen.agent

    def _wait(self, offer: _Offer, ready: float) -> Wait:
        watched = offer.queue.watched_until
        return Wait(None if ready == math.inf or watched <= ready else ready)

    def _call_next(self, offer: _Offer) -> None:
        """Call whoever has waited longest, of those whom a seat here may serve, and can be served."""
        first: Waiter | None = None
        queue = offer.queue
        for each in offer.related:
            waiter = each.queue.first()
            if waiter and (first is None or waiter.ticket < first.ticket) and self._helps(each, waiter):
                first, queue = waiter, each.queue
        if first is not None:
            queue.call(first)

    def _helps(self, offer: _Offer, waiter: Waiter) -> bool:
        """Whether the waiter should look again: it can begin, it could choose otherwise now, or nobody
        knows yet when there will be room."""
        if offer.queue.reconsiders(waiter):
            return True
        ready = offer.ready_at(self._tally.latest)
        return ready <= self._tally.latest or ready < offer.queue.watched_until

    def _related(self, offer: _Offer) -> Sequence[_Offer]:
        names = {each.name for seats in offer.seats for each in seats.agent.capabilities}
        return [each for name, each in self._offers.items() if name in names]

    def _unknown(self, capability: str) -> str:
        try:
            self._registry.capability(capability)
        except UnknownCapability as error:
            return str(error)
        raise AssertionError(f"{capability!r} is offered, and the desk has no offer of it")


def _ready_at(seats: Iterable[Seats], now: float) -> float:
    return min((each.ready_at(now) for each in seats), default=math.inf)


def _least_failed(seats: Sequence[Seats], failures: Mapping[str, int]) -> Sequence[Seats]:
    least = min(failures.get(each.name, 0) for each in seats)
    return [each for each in seats if failures.get(each.name, 0) == least]
