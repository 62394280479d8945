"""The timers of one run: each posts an event when it is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.run.events import Event, HedgeDue, RetryDue, StepTimeLimitReached, TimeLimitReached
from callsheet.executor.run.state import Try, Work

_RUN = object()
"""Stands for the run among the names of its steps, any of which it may have too."""


class Timers:
    """Set from what the journal holds, so that a run that is resumed waits for what is left of it."""

    def __init__(self, clock: Clock, post: Callable[[Event], None]) -> None:
        self._clock = clock
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._retries: dict[Work, asyncio.TimerHandle] = {}
        self._others: dict[object, asyncio.TimerHandle] = {}

    @property
    def retries_wait(self) -> bool:
        """Whether a retry is going to be due."""
        return bool(self._retries)

    def retry(self, work: Work, attempt: int, due: float) -> None:
        """Post a RetryDue when it is."""
        self._retries[work] = self._loop.call_later(self._left(due), self._retry_due, work, attempt)

    def forgo(self, work: Work) -> None:
        """The retry is no longer wanted."""
        handle = self._retries.pop(work, None)
        if handle is not None:
            handle.cancel()

    def limit_run(self, deadline: float) -> None:
        """Post a TimeLimitReached at the deadline."""
        self._set(_RUN, deadline, lambda: TimeLimitReached(self._clock.now()))

    def limit_step(self, step: str, deadline: float) -> None:
        """Post a StepTimeLimitReached at the deadline."""
        self._set(step, deadline, lambda: StepTimeLimitReached(self._clock.now(), step))

    def is_limited(self, step: str) -> bool:
        """Whether the step's time is being taken."""
        return step in self._others

    def hedge(self, attempt: Try, due: float) -> None:
        """Post a HedgeDue when it is."""
        step, item, number = attempt
        self._set(attempt, due, lambda: HedgeDue(self._clock.now(), step, number, item))

    def forget(self, key: object) -> None:
        """The step or the attempt has ended."""
        handle = self._others.pop(key, None)
        if handle is not None:
            handle.cancel()

    def cancel(self) -> None:
        """Post nothing any more."""
        for handle in (*self._retries.values(), *self._others.values()):
            handle.cancel()
        self._retries.clear()
        self._others.clear()

    def _left(self, due: float) -> float:
        return max(0.0, due - self._clock.now())

    def _retry_due(self, work: Work, attempt: int) -> None:
        del self._retries[work]
        step, item = work
        self._post(RetryDue(self._clock.now(), step, attempt, item))

    def _set(self, key: object, due: float, event: Callable[[], Event]) -> None:
        self._others[key] = self._loop.call_later(self._left(due), self._ring, key, event)

    def _ring(self, key: object, event: Callable[[], Event]) -> None:
        self._others.pop(key, None)
        self._post(event())
