"""Who is given an attempt in a replay: whoever was given it, when it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from callsheet.agents.agent import Agent
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.dispatch.chooser import Ended, NoAgentAvailable, Request, Wait
from callsheet.executor.dispatch.wait_queue import Waiter
from callsheet.executor.machine.pending_work import QueueKey
from callsheet.executor.replay.history.follower import EARLY_SECONDS, HistoryFollower
from callsheet.executor.run.events import (
    AttemptStarted,
    BudgetReached,
    HedgeForgone,
    RunPaused,
    StepFailed,
    StepHeld,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.state import Try

from .attempts import RecordedAttempts, RecordedWork


class RecordedAgentPool:
    """Chooses as it was recorded.

    Who was free depended on other runs, so it is nothing that a replay decides again: while the runs
    agree, an attempt starts when it is the next thing that was recorded. After that, whoever did it before
    does it again, and what no agent did is given to the first that provides it.
    """

    def __init__(
        self, registry: Registry, attempts: RecordedAttempts, follower: HistoryFollower, clock: Clock
    ) -> None:
        self._registry = registry
        self._attempts = attempts
        self._follower = follower
        self._clock = clock
        self._waiting: dict[Waiter, asyncio.TimerHandle | None] = {}
        follower.listen(self._wake_all)

    def acquire(self, request: Request) -> Agent | Wait | NoAgentAvailable:
        """Whichever agent was given it, once it is its turn."""
        found = self._choose(request.capability, request.now, request.exclude, request.attempt)
        if isinstance(found, Wait) and request.waiter is not None:
            self._join(request.waiter, found, request.now)
        return found

    def release(self, agent: str, capability: str, ended: Ended) -> None:
        """Nothing is counted: no run waits for a slot."""

    def leave(self, waiter: Waiter, now: float) -> None:
        """The waiter waits no longer. No other one stands behind it."""
        timer = self._waiting.pop(waiter, None)
        if timer is not None:
            timer.cancel()

    def blocked(self, closed: Container[QueueKey]) -> Container[QueueKey]:
        """All but those of whose work something comes next."""
        return _Blocked(closed, self._attempts, self._follower)

    def _choose(
        self, capability: str, now: float, exclude: Container[str], attempt: Try | None
    ) -> Agent | Wait | NoAgentAvailable:
        assert attempt is not None
        if not self._follower.in_step:
            return self._again(capability, attempt, exclude)
        match self._follower.next:
            case AttemptStarted(step=step, item=item, attempt=number) as started if (
                step,
                item,
                number,
            ) == attempt:
                # What has happened may be a little ahead of the clock.
                if max(now, self._follower.latest) + EARLY_SECONDS < started.at:
                    return Wait(started.at)
                return self._named(started.agent, capability) or self._again(capability, attempt, exclude)
            case StepFailed(step=step, failure=failure) | StepHeld(step=step, failure=failure) if (
                step == attempt[0] and failure.kind is FailureKind.NO_AGENT
            ):
                return NoAgentAvailable(failure.message)
            case HedgeForgone(step=step, item=item) if (step, item) == attempt[:2]:
                return NoAgentAvailable("no other agent was free")
            case _:
                return Wait(None)

    def _join(self, waiter: Waiter, told: Wait, now: float) -> None:
        """Wait until something else comes next, or for the time at which it does."""
        timer = None
        if told.until is not None:
            timer = asyncio.get_running_loop().call_later(max(0.0, told.until - now), self._wake, waiter)
        self._waiting[waiter] = timer

    def _wake_all(self) -> None:
        if not self._waiting:
            return
        if self._follower.in_step and not isinstance(
            self._follower.next, RecordedWork | BudgetReached | RunPaused
        ):
            return
        for waiter in list(self._waiting):
            self._wake(waiter)

    def _wake(self, waiter: Waiter) -> None:
        self.leave(waiter, 0.0)
        waiter.wake()

    def _again(self, capability: str, attempt: Try, exclude: Container[str]) -> Agent | NoAgentAvailable:
        recorded = self._attempts.at(attempt)
        if recorded is not None and recorded.started.agent not in exclude:
            known = self._named(recorded.started.agent, capability)
            if known is not None:
                return known
        try:
            offers = [each for each in self._registry.agents_for(capability) if each.name not in exclude]
        except UnknownCapability as error:
            return NoAgentAvailable(str(error))
        return offers[0] if offers else NoAgentAvailable(f"no other agent provides {capability!r}")

    def _named(self, name: str, capability: str) -> Agent | None:
        if capability not in self._registry.capabilities:
            return None
        return next((each for each in self._registry.agents_for(capability) if each.name == name), None)


class _Blocked:
    """The queue keys of whose work nothing began at the recorded place. The journal does not say when an
    agent was free again: it shows in what began then."""

    def __init__(
        self, closed: Container[QueueKey], attempts: RecordedAttempts, follower: HistoryFollower
    ) -> None:
        self._closed = closed
        self._attempts = attempts
        self._follower = follower

    def __contains__(self, key: object) -> bool:
        upcoming = self._follower.next
        if isinstance(upcoming, RecordedWork):
            capability = self._attempts.capability_of(upcoming)
            return key in self._closed or not (isinstance(key, tuple) and key[0] == capability)
        may_begin = isinstance(upcoming, BudgetReached) or not self._follower.in_step
        return key in self._closed or not may_begin
