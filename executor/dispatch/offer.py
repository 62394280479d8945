"""The agents that offer one capability, and the runs that wait for them."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence

from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.selection.strategies import Candidate, Strategy
from callsheet.executor.machine.pending_work import QueueKey

from .agent_slots import AgentSlots
from .chooser import NoAgentAvailable, Request, Wait
from .wait_queue import WaitQueue

PATIENCE_SECONDS = 5.0
"""How long an agent that did not fail at a piece of work is waited for, rather than asking again one
that did."""


class Offer:
    """One capability: at most `limit` attempts at a time, whichever of its agents have them."""

    def __init__(self, capability: str, slots: Sequence[AgentSlots], limit: float) -> None:
        self.capability = capability
        self.slots = slots
        self.running = 0
        self.queues: dict[QueueKey, WaitQueue] = {}
        """Those in which a run waits."""
        self.granted = 0
        """The runs that were woken and have not tried yet."""
        self.related: Sequence[Offer] = ()
        """The offers that have an agent in common with this one, itself among them."""
        self._limit = limit
        self._sole = slots[0] if len(slots) == 1 else None

    @property
    def grant_outstanding(self) -> bool:
        """Whether a run that was woken has still to try for one of these agents."""
        return any(each.granted for each in self.related)

    def choose(self, request: Request, strategy: Strategy) -> AgentSlots | Wait | NoAgentAvailable:
        """The agent that can begin now and suits best. Changes nothing."""
        if self._sole is not None and not request.exclude:
            return self._of_sole(self._sole, request.now)
        free = self.free(request.now, request.failures, request.exclude)
        if isinstance(free, Wait):
            return free
        if not free:
            return NoAgentAvailable(f"no other agent provides {self.explain(request.now)}")
        return free[0] if len(free) == 1 else self._ask(strategy, free, request)

    def free(
        self, now: float, failures: Mapping[str, int], exclude: Container[str] = ()
    ) -> Sequence[AgentSlots] | Wait:
        """The agents that may be given the work now: those that have not failed at it, if one of them is
        there or will be soon, and else those that failed least; none where all are excluded. *Which* agents
        failed decides whether the work has to wait; how often they did does not."""
        allowed = [each for each in self.slots if each.name not in exclude]
        if not allowed:
            return ()
        if self.running >= self._limit:
            return Wait(None)
        fresh = [each for each in allowed if not failures.get(each.name)]
        if (ready := _ready_at(fresh, now)) > now:
            if any(each.back_at(now) <= now + PATIENCE_SECONDS for each in fresh):
                return _wait(ready)
            tried = [each for each in allowed if failures.get(each.name)]
            if (again := _ready_at(tried, now)) > now:
                return _wait(min(ready, again))
            tried = [each for each in tried if each.ready_at(now) <= now]
            least = min(failures[each.name] for each in tried)
            return [each for each in tried if failures[each.name] == least]
        return [each for each in fresh if each.ready_at(now) <= now]

    def explain(self, now: float) -> str:
        """The agents, and for each what keeps it from beginning now."""
        limit = f"{self.running} of {self._limit} are running; " if self.running >= self._limit else ""
        return f"{self.capability!r}: {limit}" + "; ".join(each.explain(now) for each in self.slots)

    def _of_sole(self, sole: AgentSlots, now: float) -> AgentSlots | Wait:
        ready = sole.ready_at(now) if self.running < self._limit else math.inf
        return sole if ready <= now else _wait(ready)

    def _ask(self, strategy: Strategy, free: Sequence[AgentSlots], request: Request) -> AgentSlots:
        candidates = [self._candidate(each, request) for each in free]
        chosen = strategy(candidates)
        for slots, candidate in zip(free, candidates, strict=True):
            if chosen is candidate:
                return slots
        names = ", ".join(each.name for each in free)
        raise StrategyError(
            f"the strategy chose {chosen!r:.80} for {self.capability!r}; it must return one of the "
            f"candidates that it is given, here those of {names}"
        )

    def _candidate(self, slots: AgentSlots, request: Request) -> Candidate:
        known = request.figures.get((slots.name, self.capability))
        return Candidate(
            agent=slots.agent,
            figures=known.aged(request.now) if known else None,
            terms=slots.terms,
            running=slots.running,
            failures=request.failures.get(slots.name, 0),
            turn=slots.turn,
        )


def _ready_at(slots: Iterable[AgentSlots], now: float) -> float:
    return min((each.ready_at(now) for each in slots), default=math.inf)


def _wait(ready: float) -> Wait:
    return Wait(None if ready == math.inf else ready)
