"""The durable limit: the least that asyncio needs to carry a graph out and keep every event of it.

Two events a step, encoded by msgspec, in a SQLite file with a write-ahead log. One thread writes, and
what waits goes into one commit. A step starts once its start is committed, and that is done together with
the ends of the steps that it needs.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import time

import msgspec

from benchmarks.graphs import Graph

from .contender import Measured, Work, clock, require_done
from .store import weigh

_Batch = tuple[list[tuple[int, int, bytes]], asyncio.AbstractEventLoop, "Callable[[], None]"]


class Started(msgspec.Struct, frozen=True, tag="attempt_started", tag_field="event"):
    """What has to be known of a step that starts, so that it can be started again."""

    at: float
    step: str
    attempt: int
    agent: str
    key: str
    deadline: float
    inputs: dict[str, int]


class Succeeded(msgspec.Struct, frozen=True, tag="attempt_succeeded", tag_field="event"):
    """What has to be known of a step that ended, so that it need not be done again."""

    at: float
    step: str
    attempt: int
    output: dict[str, int]


class DurableLimit:
    """Asyncio with a log: `durability` is `NORMAL` or `FULL`, as SQLite calls it."""

    def __init__(self, durability: str, folder: Path | None = None) -> None:
        self.durability = durability
        self.name = f"durable limit, {durability}"
        self._folder = folder

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "log.db")
            log = Log(path, self.durability)

            async def carry_out() -> None:
                await asyncio.gather(
                    *(carry_out_durably(graph, work, log, run) for run, work in enumerate(works))
                )

            try:
                taken = clock(carry_out)
            finally:
                log.close()
            require_done(self.name, graph, works)
            weight = weigh(path)
        return Measured(len(graph) * runs, taken, weight.rows, weight.bytes)


class Log:
    """Events in a file, written by a thread of its own, as many in one commit as there are."""

    def __init__(self, path: Path, durability: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {durability}")
        self._connection.execute(
            "CREATE TABLE events (run INTEGER, sequence INTEGER, body BLOB, PRIMARY KEY (run, sequence))"
            " WITHOUT ROWID"
        )
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def append(self, rows: list[tuple[int, int, bytes]], kept: Callable[[], None]) -> None:
        """Add the rows; `kept` is called on the running loop once they are committed."""
        self._batches.put((rows, asyncio.get_running_loop(), kept))

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        self._batches.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        with closing(self._connection.cursor()) as cursor:
            while (batch := self._batches.get()) is not None:
                batches = [batch]
                while not self._batches.empty() and (batch := self._batches.get()) is not None:
                    batches.append(batch)
                cursor.execute("BEGIN IMMEDIATE")
                for rows, _, _ in batches:
                    cursor.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
                cursor.execute("COMMIT")
                _, loop, _ = batches[0]
                loop.call_soon_threadsafe(_call, [kept for _, _, kept in batches])
                if batch is None:
                    return


async def carry_out_durably(graph: Graph, work: Work, log: Log, run: int = 0) -> list[int]:
    """What each step gave. Each gets what the first of those that it needs gave, or 0."""
    scheduler = _Scheduler(graph, work, log, run)
    await scheduler.finished
    return scheduler.values


class _Scheduler:
    """One run. While a commit is under way events gather for the next."""

    def __init__(self, graph: Graph, work: Work, log: Log, run: int) -> None:
        self.values = [0] * len(graph)
        self._graph = graph
        self._work = work
        self._log = log
        self._run = run
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[None] = self._loop.create_future()
        self._waiting_for = [len(needed) for needed in graph.dependencies]
        self._left = len(graph)
        self._sequence = 0
        self._rows: list[tuple[int, int, bytes]] = []
        self._ready: list[int] = []
        self._launching: list[int] = []
        self._committing = False
        self._woken = False
        self._encode = msgspec.json.Encoder().encode
        self._tasks: list[asyncio.Task[None]] = []
        for step in graph.roots:
            self._start(step)
        self._commit()

    def _start(self, step: int) -> None:
        at = time()
        name = f"s{step}"
        started = Started(at, name, 1, "work", f"r{self._run}:{name}", at + 60, {"number": self._given(step)})
        self._note(started)
        self._ready.append(step)

    def _given(self, step: int) -> int:
        needed = self._graph.dependencies[step]
        return self.values[needed[0]] if needed else 0

    async def _perform(self, step: int) -> None:
        value = await self._work.perform(step, self._given(step))
        self.values[step] = value
        self._note(Succeeded(time(), f"s{step}", 1, {"number": value}))
        self._left -= 1
        for dependant in self._graph.dependants[step]:
            self._waiting_for[dependant] -= 1
            if not self._waiting_for[dependant]:
                self._start(dependant)
        if not (self._committing or self._woken):
            # Whatever else ends in this turn of the loop goes into the same commit.
            self._woken = True
            self._loop.call_soon(self._commit)

    def _note(self, event: Started | Succeeded) -> None:
        self._rows.append((self._run, self._sequence, self._encode(event)))
        self._sequence += 1

    def _commit(self) -> None:
        self._woken = False
        self._committing = True
        rows, self._rows = self._rows, []
        self._launching, self._ready = self._ready, []
        self._log.append(rows, self._kept)

    def _kept(self) -> None:
        self._committing = False
        self._tasks += [self._loop.create_task(self._perform(step)) for step in self._launching]
        if not self._left and not self._rows:
            self.finished.set_result(None)
        elif self._rows:
            self._commit()


def _call(functions: list[Callable[[], None]]) -> None:
    for function in functions:
        function()
