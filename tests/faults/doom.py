"""When a process is to die, and the journal in which it does: SIGKILL at the k-th boundary that it passes."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.executor.journal import schema as tables
from callsheet.executor.journal.agent_statistics import AgentStatistics
from callsheet.executor.journal.journal import RunSummary
from callsheet.executor.journal.lease import LeaseTerms, RunOwner
from callsheet.executor.journal.result_cache import CachedResult, Reserved, Results
from callsheet.executor.journal.signals import Signals
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.journal.subscriptions import Notify
from callsheet.executor.run.events import Event, RunCreated

from .witness import Witness


class Doom:
    """Ends its process when a boundary is passed for the `count`-th time: one whose name has every word
    of `point` in it. Never, where `count` is 0."""

    def __init__(self, point: str = "", count: int = 0) -> None:
        self._words = frozenset(point.split())
        self._left = count
        self._lock = threading.Lock()

    def meet(self, point: str) -> None:
        """A boundary is passed."""
        with self._lock:
            if self._left and self._words.issubset(point.split()):
                self._left -= 1
                if not self._left:
                    os.kill(os.getpid(), signal.SIGKILL)


def doom_connections(doom: Doom) -> list[sqlite3.Connection]:
    """From now on whatever this process writes to a journal passes boundaries: before a transaction,
    before each change in it, before it is committed, and after. In the list will be the first connection
    that is opened, which is that of the writer."""
    writers: list[sqlite3.Connection] = []

    class Doomed(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            word = sql.split(None, 1)[0]
            if sql == "BEGIN" or word not in ("BEGIN", "INSERT", "UPDATE", "DELETE", "COMMIT"):
                return super().execute(sql, parameters)
            doom.meet(f"sql {sql}")
            cursor = super().execute(sql, parameters)
            if word == "COMMIT":
                doom.meet("sql committed")
            return cursor

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
            doom.meet(f"sql {sql}")
            return super().executemany(sql, parameters)

    def connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path,
            timeout=tables.BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            factory=Doomed,
        )
        if not writers:
            writers.append(connection)
        return connection

    tables.connect = connect
    return writers


class DoomedResults:
    """Results with boundaries before and after each call that writes."""

    def __init__(self, results: Results, doom: Doom) -> None:
        self._results = results
        self._doom = doom

    async def reserve(self, key: str, run: str, *, now: float, not_before: float) -> CachedResult | Reserved:
        self._doom.meet("reserve before")
        found = await self._results.reserve(key, run, now=now, not_before=not_before)
        self._doom.meet("reserve after")
        return found

    async def keep(self, key: str, run: str, output: dict[str, Any], at: float) -> None:
        self._doom.meet("keep before")
        await self._results.keep(key, run, output, at)
        self._doom.meet("keep after")

    async def give_up(self, key: str, run: str) -> None:
        self._doom.meet("give_up before")
        await self._results.give_up(key, run)
        self._doom.meet("give_up after")

    def watch(self, key: str, notify: Notify) -> Callable[[], None]:
        return self._results.watch(key, notify)


class DoomedFigures:
    """A figure book with boundaries around what is added."""

    def __init__(self, book: AgentStatistics, doom: Doom) -> None:
        self._book = book
        self._doom = doom

    async def add_observations(self, run: str, observations: Sequence[Observation]) -> None:
        self._doom.meet("figures before")
        await self._book.add_observations(run, observations)
        self._doom.meet("figures after")

    def read_statistics(self, capabilities: Collection[str]) -> dict[tuple[str, str], Figures]:
        return self._book.read_statistics(capabilities)


class DoomedJournal:
    """A journal in a file with boundaries before and after everything that writes. What it acknowledges
    is told to a witness outside before anybody here can act on it."""

    def __init__(self, path: Path, doom: Doom, witness: Witness, *, lease: LeaseTerms | None = None) -> None:
        self._inner = SqliteJournal(path, lease=lease)
        self._doom = doom
        self._witness = witness
        self._results = DoomedResults(self._inner.results, doom)
        self._figures = DoomedFigures(self._inner.figures, doom)

    @property
    def signals(self) -> Signals:
        return self._inner.signals

    @property
    def results(self) -> Results:
        return self._results

    @property
    def figures(self) -> AgentStatistics:
        return self._figures

    async def create(self, created: RunCreated, *more: Event) -> None:
        self._doom.meet("create before")
        await self._inner.create(created, *more)
        self._doom.meet("create committed")
        self._witness.acknowledge([created, *more])
        self._doom.meet("create after")

    async def claim(self, run: str) -> None:
        self._doom.meet("claim before")
        await self._inner.claim(run)
        self._doom.meet("claim after")

    async def release(self, run: str) -> None:
        self._doom.meet("release before")
        await self._inner.release(run)
        self._doom.meet("release after")

    def owner(self, run: str) -> RunOwner | None:
        return self._inner.owner(run)

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        names = " ".join(type(event).__name__ for event in events)
        self._doom.meet(f"append before {names}")
        await self._inner.append(run, events, answered=answered)
        self._doom.meet(f"append committed {names}")
        self._witness.acknowledge(events)
        self._doom.meet(f"append after {names}")

    def read_events(self, run: str) -> list[Event]:
        return self._inner.read_events(run)

    def find_run(self, prefix: str) -> str:
        return self._inner.find_run(prefix)

    def runs(self, limit: int = 50) -> list[RunSummary]:
        return self._inner.runs(limit)

    def close(self) -> None:
        self._inner.close()
