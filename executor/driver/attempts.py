"""The attempts that run now: their tasks, their timeouts, and stopping them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.evaluation.outcome import Outcome, judge_error, judge_output, judge_timeout
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.run.events import AttemptCancelled, AttemptFailed, AttemptStarted
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.state import AttemptRecord, RunState, Try
from callsheet.executor.runner.errors import Abandoned
from callsheet.executor.runner.runner import Assignment, Runner
from callsheet.planner.plan.checked_plan import CompiledStep

from .deadlines import Deadlines
from .inbox import Inbox

OnEnd: TypeAlias = Callable[[Assignment, AttemptStarted, Outcome, AttemptRecord], None]
"""Hears how an attempt ended before its outcome is posted."""


class _Live(msgspec.Struct, eq=False):
    """An attempt that has not ended."""

    step: CompiledStep
    started: AttemptStarted
    assignment: Assignment
    task: asyncio.Task[None] | None = None
    has_begun: bool = False
    grace: asyncio.TimerHandle | None = None
    timed_out: bool = False
    was_stopped: bool = False
    was_interrupted: bool = False
    over: bool = False


class Attempts:
    """Runs attempts and posts how each ended, once. An attempt that is told to stop has
    `grace_seconds` to do so; then it is abandoned, and whatever it still returns is ignored."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        run: RunState,
        inbox: Inbox,
        on_end: OnEnd,
        grace_seconds: float,
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._run = run
        self._inbox = inbox
        self._on_end = on_end
        self._grace_seconds = grace_seconds
        self._loop = asyncio.get_running_loop()
        self._live: dict[Try, _Live] = {}
        self._deadlines = Deadlines(self._expire)

    def __bool__(self) -> bool:
        """Whether any has not ended."""
        return bool(self._live)

    def prepare(self, step: CompiledStep, started: AttemptStarted, assignment: Assignment) -> None:
        """An attempt that will be launched, unless it is stopped before."""
        self._live[started.step, started.item, started.attempt] = _Live(step, started, assignment)

    def launch(self, attempt: Try) -> None:
        """Give the agent its work: its start is kept."""
        live = self._live.get(attempt)
        if live is None:
            return
        self._deadlines.add(live, live.step.timeout_seconds)
        live.task = self._loop.create_task(self._perform(live))
        live.task.add_done_callback(_retrieve)

    def stop(self, attempt: Try) -> None:
        """Tell an attempt to stop; how it ends is posted in any case."""
        live = self._live.get(attempt)
        if live is not None:
            self._stop(live)

    def interrupt_all(self) -> None:
        """Tell all to stop, because nothing goes on after them. What one still returns is posted; one that
        stops, or fails because it is told to, has no outcome: it is lost, like one whose process ended."""
        for live in list(self._live.values()):
            live.was_interrupted = not live.was_stopped
            self._stop(live)

    async def cancel_all(self) -> None:
        """Cancel all, and wait until they are gone, whatever they come to."""
        tasks = [live.task for live in self._live.values() if live.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def close(self) -> None:
        """Watch no clock any more."""
        self._deadlines.cancel()

    def abandon_all(self) -> None:
        """Wait for no attempt any longer."""
        for live in list(self._live.values()):
            if live.task is not None:
                live.task.cancel()
            self._end(live, None, Abandoned())

    async def _perform(self, live: _Live) -> None:
        live.has_begun = True
        try:
            returned = await self._runner.perform(live.assignment)
        except KeyboardInterrupt as error:
            # Python delivers Ctrl-C wherever it happens to be: it is meant for the whole process.
            self._end(live, None, error)
            raise
        except BaseException as error:
            self._end(live, None, error)
        else:
            self._end(live, returned, None)

    def _expire(self, live: _Live) -> None:
        live.timed_out = True
        self._stop(live)

    def _stop(self, live: _Live) -> None:
        if live.was_stopped:
            return
        live.was_stopped = True
        if live.task is not None:
            live.task.cancel()
        if live.has_begun:
            live.grace = self._loop.call_later(self._grace_seconds, self._end, live, None, Abandoned())
        else:
            self._end(live, None, asyncio.CancelledError())

    def _end(self, live: _Live, returned: object, error: BaseException | None) -> None:
        if live.over:
            return
        live.over = True
        if live.grace is not None:
            live.grace.cancel()
        attempt = live.started.step, live.started.item, live.started.attempt
        del self._live[attempt]
        if live.was_interrupted and error is not None:
            self._inbox.wake()
            return
        try:
            outcome = self._outcome(live, returned, error)
            self._on_end(live.assignment, live.started, outcome, self._run.running[attempt])
        except BaseException as defect:
            # In the task of an attempt, or in a timer, nobody would hear of it.
            self._inbox.fail(defect)
        else:
            self._inbox.post(outcome)

    def _outcome(self, live: _Live, returned: object, error: BaseException | None) -> Outcome:
        started, at = live.started, self._clock.now()
        if live.timed_out:
            return judge_timeout(live.step, started, at, abandoned=isinstance(error, Abandoned))
        if error is None:
            return judge_output(self._run, live.step, started, returned, at)
        if isinstance(error, Abandoned) or (live.was_stopped and isinstance(error, asyncio.CancelledError)):
            abandoned = isinstance(error, Abandoned)
            return AttemptCancelled(at, started.step, started.attempt, abandoned, started.item)
        judged = judge_error(live.step, started, error, at)
        if isinstance(judged, AttemptFailed) and judged.traceback:
            # Its lines of code and its messages may hold a key.
            judged = msgspec.structs.replace(judged, traceback=_without_secrets(judged.traceback))
        return judged


def _retrieve(task: asyncio.Task[None]) -> None:
    """Ctrl-C ends the loop by itself; asyncio need not log it once more, with a traceback."""
    if not task.cancelled():
        task.exception()


def _without_secrets(text: str) -> str:
    clean = Redactor(os.environ).redact(clean_text(text))
    return clean if isinstance(clean, str) else ""
