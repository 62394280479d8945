"""Results that are shared between runs: looked for before the work, and kept after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.evaluation.expectations import first_disappointment
from callsheet.executor.journal.result_cache import CachedResult, Reserved, Results
from callsheet.executor.run.events import (
    AttemptSucceeded,
    Event,
    ResultMissing,
    ResultReused,
    ResultSought,
    StepFailed,
    StepHeld,
)
from callsheet.executor.run.state import RunState, Work
from callsheet.planner.plan.checked_plan import CompiledStep


class SharedResults:
    """The results of one run's work, where its capabilities allow that they are shared.

    What is being made elsewhere is waited for. A result that breaks an expectation of the plan, which
    whoever made it did not have, is made anew.
    """

    def __init__(
        self,
        results: Results,
        run: RunState,
        clock: Clock,
        post: Callable[[Event], None],
        broke: Callable[[BaseException], None],
    ) -> None:
        self._results = results
        self._run = run
        self._clock = clock
        self._post = post
        self._broke = broke
        self._loop = asyncio.get_running_loop()
        self._seeking: dict[Work, asyncio.Task[None]] = {}
        self._reserved: dict[Work, str] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        """Whether a result is being looked for."""
        return bool(self._seeking)

    def seek(self, sought: ResultSought, step: CompiledStep) -> None:
        """Post whether a result can be reused."""
        work = sought.step, sought.item
        self._seeking[work] = self._loop.create_task(self._seek(work, sought.key, step))

    def forget(self, work: Work) -> None:
        """The result is no longer wanted."""
        task = self._seeking.pop(work, None)
        if task is not None:
            task.cancel()
        if work in self._reserved:
            self._give_up(work)

    def follow(self, events: Iterable[Event]) -> bool:
        """These have been committed: what this run promised to make, others may have now; and what it will
        not make, or not soon, others may make. Other work of this run may be waiting for it, too. Returns
        whether something is no longer looked for."""
        if not (self._reserved or self._seeking):
            return False
        sought = len(self._seeking)
        for event in events:
            if isinstance(event, AttemptSucceeded):
                key = self._reserved.pop((event.step, event.item), None)
                if key is not None:
                    self._write(self._results.keep(key, self._run.id, event.output, event.at))
            elif isinstance(event, StepHeld) and event.item is not None:
                self.forget((event.step, event.item))
            elif isinstance(event, (StepFailed, StepHeld)):
                for work in [each for each in (*self._seeking, *self._reserved) if each[0] == event.step]:
                    self.forget(work)
        return len(self._seeking) < sought

    async def close(self) -> None:
        """Finish what is being kept, and let others make what this run will not. Raises JournalError."""
        self.abandon()
        for work in list(self._reserved):
            self._give_up(work)
        if self._writing:
            await asyncio.gather(*self._writing)

    def abandon(self) -> None:
        """Look for nothing any more."""
        for task in self._seeking.values():
            task.cancel()
        self._seeking.clear()

    async def _seek(self, work: Work, key: str, step: CompiledStep) -> None:
        try:
            found = await self._reserve(key, step.capability.cache or 0.0)
        except Exception as error:
            self._broke(error)
            return
        self._seeking.pop(work, None)
        now, (name, item) = self._clock.now(), work
        if (
            isinstance(found, CachedResult)
            and first_disappointment(self._run, step, item, found.output) is None
        ):
            self._post(ResultReused(now, name, found.output, found.run, item))
            return
        if found is Reserved.MINE:
            self._reserved[work] = key
        self._post(ResultMissing(now, name, item))

    async def _reserve(self, key: str, max_seconds: float) -> CachedResult | Reserved:
        while True:
            news = asyncio.Event()
            # Watched before it is asked for: news that came in between would be missed.
            leave = self._results.watch(key, news.set)
            try:
                now = self._clock.now()
                found = await self._results.reserve(key, self._run.id, now=now, not_before=now - max_seconds)
                if found is not Reserved.BUSY:
                    return found
                await news.wait()
            finally:
                leave()

    def _give_up(self, work: Work) -> None:
        self._write(self._results.give_up(self._reserved.pop(work), self._run.id))

    def _write(self, writing: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(error)
