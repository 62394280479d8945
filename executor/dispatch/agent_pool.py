"""The pool of agents that runs share: which agent is free, and which run is next where none is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Container, Iterable, Mapping

from callsheet.agents.agent import Agent
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import BreakerPolicy
from callsheet.agents.selection.strategies import Strategy, strategy_named
from callsheet.executor.machine.pending_work import QueueKey

from .agent_slots import AgentSlots
from .chooser import Ended, NoAgentAvailable, Request, Wait
from .offer import Offer
from .wait_queue import Waiter, WaitQueue


class AgentPool:
    """The agents, for all runs of a process. Not for several threads at once.

    `capability_limits` bounds the running attempts of a capability, whichever agents have them. It reads no
    clock: the time comes with each call, and `call_later` sets the one timer, for the next time at which a
    rate or a breaker lets go (on the running event loop unless told otherwise). Raises StrategyError where
    the strategy's name is unknown.

    A run that is woken has a *grant* until it has tried. Whenever a run waits that could be served, a run
    that competes with it for agents has a grant, and what comes of that grant wakes the next: so one event
    wakes one run, and none is forgotten.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        strategy: Strategy | str = "balanced",
        capability_limits: Mapping[str, int] | None = None,
        breaker: BreakerPolicy = BreakerPolicy(),  # noqa: B008 - frozen, so one will do for everybody
        call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle] | None = None,
    ) -> None:
        self._registry = registry
        self._strategy = strategy_named(strategy) if isinstance(strategy, str) else strategy
        self._slots = {each.name: AgentSlots(each, breaker) for each in registry.agents}
        self._offers = self._offers_of(registry, capability_limits or {})
        self._turn = self._tickets = self._waiting = self._granted = 0
        self._call_later = call_later or _on_running_loop
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf

    def choose(self, request: Request) -> Agent | Wait | NoAgentAvailable:
        """The agent that would do a piece of work, whoever waits for it. Changes nothing.

        Raises StrategyError where a strategy of one's own chooses an agent that it was not shown.
        """
        offer = self._offers.get(request.capability)
        if offer is None:
            return NoAgentAvailable(self.explain(request.capability, request.now))
        found = offer.choose(request, request.strategy or self._strategy)
        return found.agent if isinstance(found, AgentSlots) else found

    def acquire(self, request: Request) -> Agent | Wait | NoAgentAvailable:
        """The agent for an attempt, which begins now; `release` gives its slot back.

        Where the answer is Wait, the request's waiter is woken when it can be served. A run without a grant
        goes behind those that have one. Raises as `choose` does.
        """
        now, waiter = request.now, request.waiter
        if now >= self._due:
            # The timer is late where the loop was busy; a newcomer must not overtake those that wait for it.
            self._ring(now)
        offer = self._offers.get(request.capability)
        if offer is None:
            return NoAgentAvailable(self.explain(request.capability, now))
        granted = waiter is not None and waiter.granted
        if self._granted and not granted and offer.grant_outstanding:
            found: AgentSlots | Wait | NoAgentAvailable = Wait(None)
        else:
            found = offer.choose(request, request.strategy or self._strategy)
        if isinstance(found, AgentSlots):
            self._turn += 1
            offer.running += 1
            found.record_start(now, self._turn)
        elif waiter is not None and isinstance(found, Wait):
            self._join(waiter, found, now)
        if waiter is not None and granted:
            self._conclude(waiter, now)
        return found.agent if isinstance(found, AgentSlots) else found

    def release(self, agent: str, capability: str, ended: Ended) -> None:
        """An attempt ended: its slot is free, and the first run that it may serve is woken."""
        offer = self._offers[capability]
        offer.running -= 1
        self._slots[agent].record_end(ended)
        if self._waiting:
            self._grant(offer.related, ended.at, freed=True)

    def leave(self, waiter: Waiter, now: float) -> None:
        """The waiter waits no longer, or has no use for its grant: the next is woken, if that helps."""
        if waiter.granted:
            self._conclude(waiter, now)
        else:
            self._take_out(waiter)

    def blocked(self, closed: Container[QueueKey]) -> Container[QueueKey]:
        """The queue keys whose work does not begin now: those for which the run waits."""
        return closed

    def explain(self, capability: str, now: float) -> str:
        """Which agents offer a capability, and for each what keeps it from beginning now."""
        if capability in self._offers:
            return self._offers[capability].explain(now)
        try:
            self._registry.capability(capability)
        except UnknownCapability as error:
            return str(error)
        raise AssertionError(f"{capability!r} is offered, and the pool has no offer of it")

    def _offers_of(self, registry: Registry, limits: Mapping[str, int]) -> Mapping[str, Offer]:
        offers: dict[str, Offer] = {}
        for name in registry.capabilities:
            slots = [self._slots[each.name] for each in registry.agents_for(name)]
            offers[name] = Offer(name, slots, limits.get(name, math.inf))
        for offer in offers.values():
            shared = {each.name for slots in offer.slots for each in slots.agent.capabilities}
            offer.related = [each for name, each in offers.items() if name in shared]
        return offers

    def _grant(self, offers: Iterable[Offer], now: float, *, freed: bool = False) -> None:
        """Wake the first of each queue that can be served, unless a run that competes with it is awake.

        The slot that was `freed` is one more than those for which runs are awake. It does not wait until
        those have tried, which may be writing their journals.
        """
        lines = [(queue.first, queue, offer) for offer in offers for queue in offer.queues.values()]
        for first, queue, offer in sorted(lines, key=lambda line: line[0].ticket):
            if not freed and offer.grant_outstanding:
                continue
            free = offer.free(now, queue.failures)
            if not isinstance(free, Wait):
                freed = False
                self._wake(first, offer)
            elif free.until is not None:
                self._arm(free.until, now)

    def _wake(self, waiter: Waiter, offer: Offer) -> None:
        self._take_out(waiter)
        waiter.granted = True
        offer.granted += 1
        self._granted += 1
        waiter.wake()

    def _conclude(self, waiter: Waiter, now: float) -> None:
        """The waiter has tried, or won't: perhaps it leaves something to the next."""
        offer = self._offers[waiter.key[0]]
        waiter.granted = False
        offer.granted -= 1
        self._granted -= 1
        if self._waiting:
            self._grant(offer.related, now)

    def _join(self, waiter: Waiter, told: Wait, now: float) -> None:
        if not waiter.granted:
            self._tickets += 1
            waiter.ticket = self._tickets
        queues = self._offers[waiter.key[0]].queues
        if waiter.key not in queues:
            queues[waiter.key] = WaitQueue(waiter.key)
        queues[waiter.key].join(waiter)
        self._waiting += 1
        if told.until is not None:
            self._arm(told.until, now)

    def _take_out(self, waiter: Waiter) -> None:
        queues = self._offers[waiter.key[0]].queues
        queues[waiter.key].leave(waiter)
        if not queues[waiter.key]:
            del queues[waiter.key]
        self._waiting -= 1
        if not self._waiting:
            self._disarm()

    def _arm(self, at: float, now: float) -> None:
        """Look again at that time, unless something is due before."""
        if at < self._due:
            self._disarm()
            self._due = at
            self._timer = self._call_later(max(0.0, at - now), lambda: self._ring(at))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due = None, math.inf

    def _ring(self, now: float) -> None:
        self._disarm()
        self._grant(self._offers.values(), now)


def _on_running_loop(seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, callback)
