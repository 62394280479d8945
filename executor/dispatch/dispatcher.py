"""Finding an agent for the work of one run, and waiting where nobody is free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping

from callsheet.agents.agent import Agent
from callsheet.agents.selection.breaker import Verdict
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.spending.terms import terms_of
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.driver.ports import Casting
from callsheet.executor.evaluation.outcome import Outcome
from callsheet.executor.machine.commands import StartAttempt
from callsheet.executor.machine.pending_work import Lane
from callsheet.executor.run.events import AttemptFailed, AttemptStarted, AttemptSucceeded, AttemptSurprised
from callsheet.executor.run.state import AttemptRecord

from .agent_pool import Nobody, Wait

_UNKNOWN = Figures()


class Dispatch:
    """One run at the desk. `closed` are the lanes for which nobody is free, `shut` those in which nothing
    begins now; `reopened` is called when somebody may be free again. `figures` are what the run knows of the
    agents by whom the `contested` capabilities are offered; its own attempts add to them.
    """

    def __init__(
        self,
        desk: Casting,
        clock: Clock,
        figures: Mapping[tuple[str, str], Figures],
        contested: frozenset[str],
        reopened: Callable[[], None],
    ) -> None:
        self.closed: set[Lane] = set()
        self.shut: Container[Lane] = desk.shut(self.closed)
        self._desk = desk
        self._clock = clock
        self._reopened = reopened
        self._loop = asyncio.get_running_loop()
        self._figures = dict(figures)
        self._contested = contested
        self._waiting: dict[str, Callable[[], None]] = {}
        self._timers: dict[Lane, asyncio.TimerHandle] = {}
        self._offered: set[str] = set()
        self._leaving: list[Callable[[], None]] = []

    def choose(self, command: StartAttempt, busy: tuple[str, ...] = ()) -> Agent | Nobody | Wait:
        """Somebody for an attempt. Where nobody is free its lane is closed until somebody may be;
        a hedge, for which nobody of those `busy` with the work will do, closes nothing."""
        capability = command.step.capability.name
        newcomer = capability not in self._offered
        found = self._desk.choose(
            capability,
            now=self._clock.now(),
            figures=self._figures,
            failures=command.failures,
            exclude=busy,
            newcomer=newcomer,
            attempt=(command.step.id, command.item, command.attempt),
        )
        if isinstance(found, Wait) and not command.hedge:
            self._close(command.lane, found, newcomer)
        return found

    def begin(self, agent: str, capability: str, at: float) -> None:
        """The agent has one attempt more in hand."""
        self._desk.begin(agent, capability, at)

    def end(
        self, agent: Agent, capability: str, started: AttemptStarted, outcome: Outcome, record: AttemptRecord
    ) -> None:
        """The agent's attempt has ended: what it says about the agent is kept."""
        verdict, retry_after = _verdict(outcome)
        usage = record.usage
        tokens = usage.input_tokens + usage.output_tokens
        self._desk.end(started.agent, capability, outcome.at, verdict, tokens=tokens, retry_after=retry_after)
        if verdict is not Verdict.NEUTRAL and capability in self._contested:
            key = started.agent, capability
            seconds = max(0.0, outcome.at - started.at)
            cost = terms_of(agent).cost(usage)
            seen = Observation(*key, outcome.at, seconds, verdict is Verdict.GOOD, cost)
            self._figures[key] = self._figures.get(key, _UNKNOWN).after(seen)

    def usual_seconds(self, agent: str, capability: str) -> float | None:
        """The time that nineteen in twenty of the agent's attempts take; None where that is not known."""
        figures = self._figures.get((agent, capability))
        return None if figures is None else figures.p95

    def pass_on(self) -> None:
        """What was offered and is not taken goes to the next run in line."""
        if self._offered:
            offered, self._offered = self._offered, set()
            for capability in offered:
                self._desk.pass_on(capability)
        if self._leaving:
            leaving, self._leaving = self._leaving, []
            for leave in leaving:
                leave()

    def release(self) -> None:
        """Leave the desk."""
        for leave in self._waiting.values():
            leave()
        for timer in self._timers.values():
            timer.cancel()
        self._waiting.clear()
        self._timers.clear()
        self.closed.clear()
        self.pass_on()

    def _close(self, lane: Lane, wait: Wait, newcomer: bool) -> None:
        capability = lane[0]
        self.closed.add(lane)
        if capability not in self._waiting:
            self._waiting[capability] = self._desk.wait(
                capability, lambda: self._offer(capability), until=wait.until, newcomer=newcomer
            )
        if wait.until is not None and lane not in self._timers:
            seconds = max(0.0, wait.until - self._clock.now())
            self._timers[lane] = self._loop.call_later(seconds, self._ring, capability)

    def _offer(self, capability: str) -> None:
        self._waiting.pop(capability, None)
        self._offered.add(capability)
        self._open(capability)

    def _ring(self, capability: str) -> None:
        # Whoever looked at the clock stays in the queue until it has chosen.
        leave = self._waiting.pop(capability, None)
        if leave is not None:
            self._leaving.append(leave)
        self._open(capability)

    def _open(self, capability: str) -> None:
        # All of its lanes: they had one place in the queue, and it is gone.
        for lane in [lane for lane in self.closed if lane[0] == capability]:
            self.closed.discard(lane)
            timer = self._timers.pop(lane, None)
            if timer is not None:
                timer.cancel()
        self._reopened()


def _verdict(outcome: Outcome) -> tuple[Verdict, float | None]:
    match outcome:
        case AttemptSucceeded() | AttemptSurprised():
            return Verdict.GOOD, None
        case AttemptFailed(failure=failure) if failure.agent_at_fault:
            return Verdict.BAD, failure.retry_after
        case _:
            return Verdict.NEUTRAL, None
