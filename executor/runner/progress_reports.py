"""What running attempts say of their progress: the latest of each, now and then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from pydantic import JsonValue

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.run.events import AttemptProgressed, AttemptStarted
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.state import Try

MIN_SECONDS = 1.0
"""Between two reports of an attempt that are kept."""
SHARE = 1 / 20
"""Of the time so far, between two reports: of an hour, some 120 are kept, and of a day not twice as many."""
MAX_TEXT = 200
"""Characters of a report."""
MAX_PARTIAL = 4_000
"""Bytes of a partial result as JSON."""


class _Said(NamedTuple):
    text: str
    partial: Any


class ProgressReports:
    """Passes the progress of the attempts of one run to `post`. Reports come from any thread, as often as an
    agent likes: the latest is passed on, once a second at most, so that neither the loop nor the journal has
    much to do."""

    def __init__(self, clock: Clock, post: Callable[[AttemptProgressed], None]) -> None:
        self._clock = clock
        self._report = post
        self._reporters: dict[Try, _Reporter] = {}

    def reporter(self, started: AttemptStarted) -> Callable[[str, JsonValue], None]:
        """What the agent of an attempt reports to, until `forget`."""
        made = _Reporter(started, self._clock, self._report)
        self._reporters[started.step, started.item, started.attempt] = made
        return made

    def forget(self, started: AttemptStarted) -> None:
        """The attempt has ended."""
        reporter = self._reporters.pop((started.step, started.item, started.attempt), None)
        if reporter is not None:
            reporter.close()

    def close(self) -> None:
        """No attempt is listened to any more."""
        for reporter in self._reporters.values():
            reporter.close()
        self._reporters.clear()


class _Reporter:
    """The reports of one attempt."""

    def __init__(
        self, started: AttemptStarted, clock: Clock, post: Callable[[AttemptProgressed], None]
    ) -> None:
        self._started = started
        self._clock = clock
        self._report = post
        self._loop = asyncio.get_running_loop()
        self._began = self._due = self._loop.time()
        self._lock = threading.Lock()
        self._said: _Said | None = None
        """What was said last and is not posted yet; while there is something, the loop knows of it."""
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def __call__(self, text: str, partial: JsonValue) -> None:
        said = _Said(clean_text(str(text))[:MAX_TEXT], _small(partial))
        with self._lock:
            is_known, self._said = self._said is not None, said
        if not is_known and not self._is_closed:
            # The loop is closed where nothing waits for the attempt any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._post)

    def close(self) -> None:
        """Post nothing any more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _post(self) -> None:
        if self._is_closed:
            return
        now = self._loop.time()
        if now < self._due:
            self._timer = self._loop.call_at(self._due, self._post)
            return
        self._due = now + max(MIN_SECONDS, (now - self._began) * SHARE)
        with self._lock:
            said, self._said = self._said, None
        if said is not None:
            step, item, attempt = self._started.step, self._started.item, self._started.attempt
            self._report(AttemptProgressed(self._clock.now(), step, attempt, said.text, said.partial, item))


def _small(partial: JsonValue) -> Any:
    """The value as JSON; None for what is too large, or is none."""
    try:
        encoded = msgspec.json.encode(partial)
        return msgspec.json.decode(encoded) if len(encoded) <= MAX_PARTIAL else None
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return None
