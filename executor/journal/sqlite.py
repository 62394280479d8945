"""The journal in a SQLite file.

An event is acknowledged when its transaction is committed. With WAL and `synchronous=NORMAL`
that outlives the death of the process at any instant; `FULL` outlives a power cut as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path

from callsheet.executor.run.events import Event, RunCreated, encode

from .agent_statistics import AgentStatistics, SqliteAgentStatistics
from .blobs import detach
from .lease import LeaseTerms, Process
from .ownership import Hold, Ownership
from .reading import reading
from .result_cache import Results, SqliteResults
from .schema import Durability, open_tables
from .signals import Signals, SqliteSignals
from .stored_runs import StoredRuns
from .writer import DatabaseWork, Writer


class SqliteJournal(StoredRuns):
    """A journal in a file, which is made, with its folder, where it is missing.

    With `must_exist` it is not made. `lease` says how the journal keeps the runs that it owns, and
    `process` for whom. Raises JournalError for a folder, another program's database, a file that is no
    database, one of a newer release, and one that cannot be written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        durability: Durability = Durability.NORMAL,
        must_exist: bool = False,
        lease: LeaseTerms | None = None,
        process: Process | None = None,
    ) -> None:
        self._path = Path(path)
        connection = open_tables(self._path, durability, must_exist=must_exist)
        process = process or Process.this()
        super().__init__(partial(reading, self._path), process)
        terms = lease or LeaseTerms()
        self._ownership = Ownership(self._path, terms, process)
        self._writer = Writer(connection, self._path, tick=terms.tick, on_rollback=self._ownership.forget)
        self._signals = SqliteSignals(self._path, self._writer)
        self._results = SqliteResults(self._writer, self._ownership)
        self._figures = SqliteAgentStatistics(self._path, self._writer)
        for poller in (self._ownership, self._signals, self._results):
            self._writer.attend(poller)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def signals(self) -> Signals:
        """What others have to say to the owner of a run, in whatever process they are."""
        return self._signals

    @property
    def results(self) -> Results:
        """Results kept across runs and processes."""
        return self._results

    @property
    def figures(self) -> AgentStatistics:
        """How well agents have done so far, over all runs."""
        return self._figures

    async def create(self, created: RunCreated, *more: Event) -> None:
        """Begin a run with these events, and own it. Raises JournalError, also where there is one with
        the same id. Cancelled, the run may be there without an owner."""
        entries = [detach(encode(event)) for event in (created, *more)]
        await self._own(created.run, partial(self._ownership.create_run, created.run, entries))

    async def claim(self, run: str) -> None:
        """Own a run that there is. Raises JournalError, RunNotFound; RunOwned while its owner lives, be
        it this very journal. Cancelled, it has no owner."""
        await self._own(run, partial(self._ownership.claim, run))

    async def release(self, run: str) -> None:
        """Let go of a run. Nothing happens where this journal does not own it. Raises JournalError."""
        if not self._writer.is_closed:
            await self._writer.write(partial(self._ownership.release, run), partial(self._released, run))

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        """Add events to a run, answer signals, and return once that is committed. Cancelled, it may be
        kept all the same, before whatever is appended after. Raises RunNotFound, RunNotClaimed,
        RunTakenOver, JournalError."""
        entries = [detach(encode(event)) for event in events]
        await self._writer.write(partial(self._ownership.append, run, entries, answered))

    def close(self) -> None:
        """Commit what waits, let go of every run, and of the file."""
        self._writer.close(self._ownership.release_all)

    async def _own(self, run: str, become_owner: DatabaseWork[Hold]) -> None:
        try:
            await self._writer.write(become_owner, partial(self._ownership.claimed, run))
        except asyncio.CancelledError:
            # No owner is left that would release it.
            self._writer.post(partial(self._ownership.release, run), partial(self._released, run))
            raise

    def _released(self, run: str, _: None) -> None:
        self._ownership.released(run)
