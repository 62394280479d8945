"""Finding an agent for the work of one run, and waiting where no agent is free."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from callsheet.agents.agent import Agent
from callsheet.agents.selection.breaker import AttemptVerdict
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.selection.strategies import Strategy
from callsheet.agents.spending.terms import terms_of
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.evaluation.outcome import Outcome
from callsheet.executor.machine.commands import StartAttempt
from callsheet.executor.machine.pending_work import QueueKey
from callsheet.executor.run.events import AttemptFailed, AttemptStarted, AttemptSucceeded, AttemptSurprised
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import AttemptRecord

from .chooser import AgentChooser, Ended, NoAgentAvailable, Request, Wait
from .wait_queue import Waiter

_UNKNOWN = Figures()


class Dispatcher:
    """One run among those that share a chooser.

    `closed` are the queue keys for which the run waits, `blocked` those whose work does not begin now;
    `reopened` is called when a key is no longer closed. `figures` are what the run knows of the agents that
    offer the `contested` capabilities; its own attempts add to them. `strategy` is the run's own way to
    choose, if it has one.
    """

    def __init__(
        self,
        chooser: AgentChooser,
        clock: Clock,
        figures: Mapping[tuple[str, str], Figures],
        contested: frozenset[str],
        reopened: Callable[[], None],
        strategy: Strategy | None = None,
    ) -> None:
        self.closed: set[QueueKey] = set()
        self.blocked: Container[QueueKey] = chooser.blocked(self.closed)
        self._chooser = chooser
        self._clock = clock
        self._figures = dict(figures)
        self._contested = contested
        self._reopened = reopened
        self._strategy = strategy
        self._waiters: dict[QueueKey, Waiter] = {}
        self._awake: list[Waiter] = []

    def acquire(self, command: StartAttempt, busy: tuple[str, ...] = ()) -> Agent | NoAgentAvailable | Wait:
        """The agent for an attempt, which it begins now. Where none is free the work's key is closed until
        one may be; a hedge, for which none of those `busy` with the work will do, closes nothing."""
        key = command.queue_key
        found = self._chooser.acquire(
            Request(
                key[0],
                self._clock.now(),
                self._figures,
                command.failures,
                busy,
                None if command.hedge else self._waiters.get(key) or self._new_waiter(key),
                (command.step.id, command.item, command.attempt),
                self._strategy,
            )
        )
        if isinstance(found, Wait) and not command.hedge:
            self.closed.add(key)
        return found

    def release(
        self, agent: Agent, capability: str, started: AttemptStarted, outcome: Outcome, record: AttemptRecord
    ) -> None:
        """The agent's attempt has ended: what it says about the agent is kept."""
        verdict, retry_after = _verdict(outcome)
        usage = record.usage
        tokens = usage.input_tokens + usage.output_tokens
        self._chooser.release(started.agent, capability, Ended(outcome.at, verdict, tokens, retry_after))
        if _is_observed(outcome) and capability in self._contested:
            key = started.agent, capability
            seconds = max(0.0, outcome.at - started.at)
            cost = terms_of(agent).cost(usage)
            done = not isinstance(outcome, AttemptFailed)
            seen = Observation(*key, outcome.at, seconds, done, cost)
            self._figures[key] = self._figures.get(key, _UNKNOWN).after(seen)

    def usual_seconds(self, agent: str, capability: str) -> float | None:
        """The time that nineteen in twenty of the agent's attempts take; None where that is not known."""
        figures = self._figures.get((agent, capability))
        return None if figures is None else figures.p95

    def pass_on(self) -> None:
        """The run has started what it can: a grant that it has not used goes to the next run in line."""
        if self._awake:
            unused = [waiter for waiter in self._awake if waiter.granted]
            # To leave may wake another waiter of this run, whose turn is the next one.
            self._awake = []
            for waiter in unused:
                self._chooser.leave(waiter, self._clock.now())

    def close(self) -> None:
        """Wait for nothing any more."""
        for key in self.closed:
            self._chooser.leave(self._waiters[key], self._clock.now())
        self.closed.clear()
        self.pass_on()

    def _new_waiter(self, key: QueueKey) -> Waiter:
        def wake() -> None:
            self.closed.discard(key)
            self._awake.append(waiter)
            self._reopened()

        waiter = self._waiters[key] = Waiter(key, wake)
        return waiter


def _is_observed(outcome: Outcome) -> bool:
    """As `observations_of` sees the same attempt in the journal."""
    match outcome:
        case AttemptSucceeded() | AttemptSurprised():
            return True
        case AttemptFailed(failure=failure):
            return failure.agent_at_fault
        case _:
            return False


def _verdict(outcome: Outcome) -> tuple[AttemptVerdict, float | None]:
    match outcome:
        case AttemptSucceeded() | AttemptSurprised():
            return AttemptVerdict.GOOD, None
        case AttemptFailed(failure=failure) if _tells_of_agent(failure):
            return AttemptVerdict.BAD, None
        case AttemptFailed(failure=failure):
            return AttemptVerdict.NEUTRAL, failure.retry_after
        case _:
            return AttemptVerdict.NEUTRAL, None


def _tells_of_agent(failure: Failure) -> bool:
    """Whether other work of the agent is likely to fail too: not for what this work was given, nor where the
    agent says when to come back."""
    return failure.agent_at_fault and not failure.from_inputs and failure.retry_after is None
