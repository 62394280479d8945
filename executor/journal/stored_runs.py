"""The runs in the file of a journal, to be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import msgspec

from callsheet.executor.run.errors import EventUnreadable
from callsheet.executor.run.events import Event, decode

from .blobs import Attachments, Entry, fetch
from .errors import RunNotFound
from .journal import MAX_NAMED, MemoryJournal, RunArchive, RunSummary, choose_run, summarize
from .lease import Process, RunOwner
from .ownership import owner_of
from .reading import ReadableFile, is_there

Moment: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Gives a connection that sees the file as of one moment."""

_EVENTS = "SELECT body, parts FROM events JOIN runs ON run = number WHERE id = ? ORDER BY sequence"
_RUNS = "SELECT id FROM runs WHERE id >= ? AND id < ? ORDER BY number DESC LIMIT ?"
_ENDS = """
SELECT events.body, events.parts
FROM (SELECT number FROM runs ORDER BY number DESC LIMIT ?) AS latest
JOIN (SELECT 0 AS last UNION ALL SELECT 1) AS which
JOIN events ON events.run = latest.number AND events.sequence = iif(
    which.last,
    (SELECT max(sequence) FROM events WHERE run = latest.number),
    (SELECT min(sequence) FROM events WHERE run = latest.number)
) ORDER BY latest.number DESC, which.last
"""
"""The first and the last event of each run, also where those are one."""


class StoredRuns:
    """What is kept of runs; `judge` is the process that asks which owners live."""

    def __init__(self, moment: Moment, judge: Process) -> None:
        self._moment = moment
        self._judge = judge

    def owner(self, run: str) -> RunOwner | None:
        """The owner of the run; None where no living process owns it. Raises JournalError, RunNotFound."""
        with self._moment() as connection:
            return owner_of(connection, run, self._judge)

    def read_events(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises JournalError, RunNotFound, EventUnreadable."""
        events = self._read(_EVENTS, run)
        if not events:
            raise RunNotFound(run)
        return events

    def find_run(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        if not prefix.isascii():
            raise RunNotFound(prefix)
        with self._moment() as connection:
            rows = connection.execute(_RUNS, (prefix, prefix + "\x7f", MAX_NAMED)).fetchall()
        return choose_run(prefix, [run for (run,) in rows])

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first. Raises JournalError, EventUnreadable."""
        events = self._read(_ENDS, limit)
        return [summarize(first, last) for first, last in zip(events[::2], events[1::2], strict=True)]

    def _read(self, statement: str, value: str | int) -> list[Event]:
        with self._moment() as connection:
            entries = [Entry(body, parts) for body, parts in connection.execute(statement, (value,))]
            attachments = fetch(connection, entries)
        return [_event(entry, attachments) for entry in entries]


class SqliteReader(StoredRuns):
    """The runs in a file that is not changed, and need not be writable. Raises what ReadableFile does."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._file = ReadableFile(Path(path))
        super().__init__(self._file.moment, Process.this())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def run_archive(path: Path) -> Generator[RunArchive, None, None]:
    """The runs in a file, which need not be writable; none where there is no file. Raises JournalError."""
    archive = SqliteReader(path) if is_there(path) else MemoryJournal()
    try:
        yield archive
    finally:
        archive.close()


def _event(entry: Entry, attachments: Attachments) -> Event:
    if entry.parts is None:
        return decode(entry.body)
    whole = attachments.attach(entry)
    try:
        event: Event = msgspec.convert(whole, Event)
    except msgspec.ValidationError as error:
        raise EventUnreadable(str(error)) from None
    return event
