"""The one thread that writes a journal file: whatever waits goes into one commit.

Committing costs the same for one event as for a hundred, so those that arrive while a commit
is under way share the next.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from callsheet.errors import CallsheetError

from .errors import JournalError, RunNotFound

MOST_JOBS = 1000
"""In one commit."""
_ADVICE = {
    "SQLITE_FULL": "the disk is full; make room, nothing that was acknowledged is lost",
    "SQLITE_READONLY": "it cannot be written; check its permissions and those of its folder",
    "SQLITE_BUSY": "another process holds it locked; try again when that is done",
    "SQLITE_CORRUPT": "the file is damaged; restore it from a copy, or name another one",
    "SQLITE_NOTADB": "this is no journal of Callsheet; name another file",
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder is there and can be written",
}


def explain(path: Path | str, error: sqlite3.Error) -> JournalError:
    """The error of SQLite, with what to do about it."""
    name = getattr(error, "sqlite_errorname", None) or ""
    advice = next((text for code, text in _ADVICE.items() if name.startswith(code)), None)
    return JournalError(path, f"{advice} ({error})" if advice else str(error))


@dataclass(slots=True, eq=False)
class Job:
    """Events of one run, encoded, and who waits for them. `begins`: the run is new."""

    run: str
    bodies: list[str]
    begins: bool
    waiting: asyncio.Future[None]
    error: CallsheetError | None = None


class Writer:
    """Takes jobs from event loops and answers each once it is committed, or has failed."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._places: dict[str, tuple[int, int]] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    async def write(self, run: str, bodies: list[str], *, begins: bool) -> None:
        """Return once the events are committed. Raises JournalError, RunNotFound."""
        if self._closed:
            raise JournalError(self._path, "it was closed")
        if self._thread is None:
            # A daemon: what was acknowledged is on disk, and nothing else may hold up an exit.
            self._thread = threading.Thread(target=self._work, name="callsheet journal", daemon=True)
            self._thread.start()
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._jobs.put(Job(run, bodies, begins, waiting))
        await waiting

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        going = True
        while going:
            taken = self._take()
            jobs = [job for job in taken if job is not None]
            going = len(jobs) == len(taken)
            if jobs:
                self._write(jobs)
                _answer(jobs)

    def _take(self) -> list[Job | None]:
        taken = [self._jobs.get()]
        with suppress(Empty):
            while len(taken) < MOST_JOBS:
                taken.append(self._jobs.get_nowait())
        return taken

    def _write(self, jobs: Sequence[Job]) -> None:
        try:
            self._commit(jobs)
        except (sqlite3.Error, CallsheetError) as error:
            if len(jobs) > 1:
                # One that cannot be written must not take the others with it.
                for job in jobs:
                    self._write([job])
            else:
                (job,) = jobs
                job.error = explain(self._path, error) if isinstance(error, sqlite3.Error) else error

    def _commit(self, jobs: Sequence[Job]) -> None:
        places = dict(self._places)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                self._insert(job)
            self._connection.execute("COMMIT")
        except BaseException:
            self._places = places
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _insert(self, job: Job) -> None:
        if job.begins:
            self._begin(job.run)
        number, sequence = self._places.get(job.run) or self._find(job.run)
        rows = [(number, sequence + place, body) for place, body in enumerate(job.bodies)]
        try:
            self._connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError:
            problem = f"another process is writing run {job.run!r}; only one may have it at a time"
            raise JournalError(self._path, problem) from None
        self._places[job.run] = number, sequence + len(rows)

    def _begin(self, run: str) -> None:
        try:
            self._connection.execute("INSERT INTO runs (id) VALUES (?)", (run,))
        except sqlite3.IntegrityError:
            raise JournalError(self._path, f"there is a run {run!r} already") from None

    def _find(self, run: str) -> tuple[int, int]:
        found = self._connection.execute(
            "SELECT number, (SELECT max(sequence) FROM events WHERE run = number) FROM runs WHERE id = ?",
            (run,),
        ).fetchone()
        if found is None:
            raise RunNotFound(run)
        number, last = found
        return number, 0 if last is None else last + 1


def _answer(jobs: Sequence[Job]) -> None:
    """Wake whoever waits, each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = defaultdict(list)
    for job in jobs:
        loops[job.waiting.get_loop()].append(job)
    for loop, answered in loops.items():
        # A loop that is closed has nobody waiting in it.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, answered)


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.waiting.done():
            continue
        if job.error is None:
            job.waiting.set_result(None)
        else:
            job.waiting.set_exception(job.error)
