"""The one thread that writes a journal file: whatever waits goes into one commit.

Committing costs the same for one event as for a hundred, so those that arrive while a commit
is under way share the next. Between commits, while anything needs it, the thread looks around.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias, TypeVar

from callsheet.executor.clocks.virtual_loop import held_time

from .errors import JournalError
from .file_identity import FileIdentity
from .schema import explain

T = TypeVar("T")
DatabaseWork: TypeAlias = Callable[[sqlite3.Connection], T]
"""Done inside a transaction, on the writer's thread. It may be done again, where that was rolled back."""

MAX_JOBS = 1000
"""In one commit."""


class Poller(Protocol):
    """Looks around between commits, on the writer's thread."""

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to look after."""
        ...

    def poll(self, connection: sqlite3.Connection) -> None:
        """Look around, outside of any transaction. Where that raises sqlite3.Error, the next time will do."""
        ...


@dataclass(slots=True, eq=False)
class _Job:
    """Work, and who waits for it, if anybody does. `then` is told the result once that is committed."""

    work: DatabaseWork[Any]
    then: Callable[[Any], None] | None = None
    waiting: asyncio.Future[Any] | None = None
    result: Any = None
    error: Exception | None = None


class Writer:
    """Takes jobs from event loops and answers each once it is committed, or has failed.

    Every `tick` seconds, while any of them is needed, its watchmen look around. `on_rollback` is told
    on the writer's thread that nothing of what was done since the last commit is in the file.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, tick: float, on_rollback: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._path = path
        self._identity = FileIdentity(path)
        self._tick = tick
        self._on_rollback = on_rollback
        self._watchmen: list[Poller] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._looked = time.monotonic()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._closed

    def attend(self, poller: Poller) -> None:
        """Have the thread look around with this from now on."""
        self._watchmen.append(poller)

    async def write(self, work: DatabaseWork[T], then: Callable[[T], None] | None = None) -> T:
        """The work's result, once that is committed. Raises what the work raises, and JournalError.
        Cancelled, it may be done all the same, before whatever is written after."""
        if self._closed:
            raise JournalError(self._path, "it was closed")
        self._start()
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, then, waiting))
        # The disk works in real time: a virtual clock has to wait for it.
        with held_time():
            return await waiting

    def post(self, work: DatabaseWork[T], then: Callable[[T], None] | None = None) -> None:
        """Have it done after what was written before. The outcome is not reported."""
        if not self._closed:
            self._start()
            self._jobs.put(_Job(work, then))

    def close(self, last: DatabaseWork[object]) -> None:
        """Write what waits, and `last`, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._jobs.put(_Job(last))
            self._jobs.put(None)
            self._thread.join()
        self._connection.close()

    def _start(self) -> None:
        if self._thread is None:
            # A daemon: what was acknowledged is on disk, and nothing else may hold up an exit.
            self._thread = threading.Thread(target=self._run, name="callsheet journal", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        going = True
        while going:
            taken = self._take()
            jobs = [job for job in taken if job is not None]
            going = len(jobs) == len(taken)
            if jobs:
                self._write(jobs)
                _answer(jobs)
            if going:
                self._look()

    def _take(self) -> list[_Job | None]:
        """Everything that waits; nothing where it is time to look around."""
        taken: list[_Job | None] = []
        with suppress(Empty):
            taken.append(self._jobs.get(timeout=self._time_to_look()))
            while len(taken) < MAX_JOBS:
                taken.append(self._jobs.get_nowait())
        return taken

    def _time_to_look(self) -> float | None:
        """In how many seconds that will be; None where nothing needs it."""
        for poller in self._watchmen:
            if poller.is_needed:
                return max(0.0, self._looked + self._tick - time.monotonic())
        return None

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._looked + self._tick:
            self._looked = now
            for poller in self._watchmen:
                if poller.is_needed:
                    with suppress(sqlite3.Error):
                        poller.poll(self._connection)

    def _write(self, jobs: Sequence[_Job]) -> None:
        try:
            self._commit(jobs)
        except Exception as error:
            if len(jobs) > 1:
                # One that cannot be written must not take the others with it.
                for job in jobs:
                    self._write([job])
            else:
                (job,) = jobs
                job.error = explain(self._path, error) if isinstance(error, sqlite3.Error) else error

    def _commit(self, jobs: Sequence[_Job]) -> None:
        self._identity.require()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                job.result = job.work(self._connection)
            self._connection.execute("COMMIT")
            # Who deletes the file meanwhile is found out before anything counts as kept.
            self._identity.require()
        except BaseException:
            self._on_rollback()
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        for job in jobs:
            if job.then is not None:
                job.then(job.result)


def _answer(jobs: Sequence[_Job]) -> None:
    """Wake whoever waits, each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = defaultdict(list)
    for job in jobs:
        if job.waiting is not None:
            loops[job.waiting.get_loop()].append(job)
    for loop, answered in loops.items():
        # Nothing waits in a loop that is closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, answered)


def _settle(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.waiting is None or job.waiting.done():
            continue
        if job.error is None:
            job.waiting.set_result(job.result)
        else:
            job.waiting.set_exception(job.error)
