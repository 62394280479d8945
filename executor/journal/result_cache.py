"""Results kept across runs: the same work, asked for again or by two at once, is done once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Protocol

import msgspec

from .blobs import Attachments, Entry, detach, fetch, store
from .ownership import Ownership
from .schema import one_row
from .subscriptions import Notify, Subscriptions
from .writer import Writer

_RESULT = "SELECT output, parts, run, at, holder, fence FROM results WHERE key = ?"
_RESERVE = """
INSERT INTO results (key, holder, fence) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET holder = excluded.holder, fence = excluded.fence
"""
_KEEP = """
INSERT INTO results (key, output, parts, run, at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET output = excluded.output, parts = excluded.parts, run = excluded.run,
    at = excluded.at, holder = NULL, fence = NULL
"""
_GIVE_UP = "UPDATE results SET holder = NULL, fence = NULL WHERE key = ? AND holder = ? AND fence = ?"
_FORGET = "DELETE FROM results WHERE key = ? AND output IS NULL AND holder IS NULL"


@dataclass(frozen=True, slots=True)
class CachedResult:
    """What an earlier attempt gave, in which run, and when, in seconds since the epoch."""

    output: dict[str, Any]
    run: str
    at: float


class Reserved(Enum):
    """There is no result yet."""

    MINE = "mine"
    """It is for the asker to do the work, and then to `keep` its output or to `give_up`."""
    BUSY = "busy"
    """A living process is working on it."""


class Results(Protocol):
    """Outputs by what was asked for. Everything raises JournalError where the journal cannot do its work.

    A reservation lasts as long as its run has the owner that made it.
    """

    async def reserve(self, key: str, run: str, *, now: float, not_before: float) -> CachedResult | Reserved:
        """The output kept for `key` at or after `not_before`; else whose turn it is to do the work. One
        that reserves twice is BUSY with itself. Raises JournalError where the run was not claimed."""
        ...

    async def keep(self, key: str, run: str, output: dict[str, Any], at: float) -> None:
        """The work is done; whoever asks gets its output. Raises JournalError, RunTakenOver."""
        ...

    async def give_up(self, key: str, run: str) -> None:
        """The work was not done; the next may try. Nothing happens where it is not reserved by this run."""
        ...

    def watch(self, key: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called, on the running event loop, soon after no process works on it any more:
        because it was kept or given up, or its holder died or let go of its run. May be called more than
        once; ask by `reserve`. Returns a way to stop."""
        ...


class MemoryResults:
    """Results of a journal in memory. `require_owned` raises JournalError for a run without an owner."""

    def __init__(self, require_owned: Callable[[str], None]) -> None:
        self._require_owned = require_owned
        self._kept: dict[str, tuple[bytes, str, float]] = {}
        self._reserved: dict[str, str] = {}
        self._subscriptions = Subscriptions()

    async def reserve(self, key: str, run: str, *, now: float, not_before: float) -> CachedResult | Reserved:
        """The output that is kept, or whose turn it is."""
        self._require_owned(run)
        kept = self._kept.get(key)
        if kept is not None and kept[2] >= not_before:
            return CachedResult(msgspec.json.decode(kept[0]), kept[1], kept[2])
        if key in self._reserved:
            return Reserved.BUSY
        self._reserved[key] = run
        return Reserved.MINE

    async def keep(self, key: str, run: str, output: dict[str, Any], at: float) -> None:
        """Others get it from now on."""
        self._require_owned(run)
        self._kept[key] = msgspec.json.encode(output), run, at
        self._reserved.pop(key, None)
        self._subscriptions.notify(key)

    async def give_up(self, key: str, run: str) -> None:
        """The next may try."""
        if self._reserved.get(key) == run:
            del self._reserved[key]
            self._subscriptions.notify(key)

    def watch(self, key: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called once no process works on it any more."""
        return self._subscriptions.subscribe(key, notify)

    def let_go(self, run: str) -> None:
        """The run has no owner any more, and so no reservations."""
        for key in [key for key, holder in self._reserved.items() if holder == run]:
            del self._reserved[key]
            self._subscriptions.notify(key)


class SqliteResults:
    """Results of a journal in a file."""

    def __init__(self, writer: Writer, ownership: Ownership) -> None:
        self._writer = writer
        self._ownership = ownership
        self._subscriptions = Subscriptions()

    @property
    def is_needed(self) -> bool:
        """Whether anybody waits for a result."""
        return bool(self._subscriptions)

    async def reserve(self, key: str, run: str, *, now: float, not_before: float) -> CachedResult | Reserved:
        """The output that is kept, or whose turn it is. Raises JournalError, EventUnreadable."""
        found = await self._writer.write(partial(self._reserve, key, run, not_before))
        if isinstance(found, Reserved):
            return found
        entry, attachments, kept_by, at = found
        return CachedResult(attachments.attach(entry), kept_by, at)

    async def keep(self, key: str, run: str, output: dict[str, Any], at: float) -> None:
        """Others get it from now on. Raises JournalError, RunTakenOver."""
        entry = detach(msgspec.json.encode(output))
        await self._writer.write(partial(self._keep, key, run, entry, at), partial(self._tell, key))

    async def give_up(self, key: str, run: str) -> None:
        """The next may try. Raises JournalError."""
        await self._writer.write(partial(self._give_up, key, run), partial(self._tell, key))

    def watch(self, key: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called once no process works on it any more."""
        stop = self._subscriptions.subscribe(key, notify)
        self._writer.post(self.poll)
        return stop

    def poll(self, connection: sqlite3.Connection) -> None:
        """Notify whoever waits for work without a holder: a holder's death leaves no trace in the file."""
        for key in self._subscriptions.names():
            row = one_row(connection, "SELECT holder, fence FROM results WHERE key = ?", key)
            if row is None or not self._ownership.is_held(connection, *row):
                self._subscriptions.notify(key)

    def _tell(self, key: str, _: None) -> None:
        self._subscriptions.notify(key)

    def _reserve(
        self, key: str, run: str, not_before: float, connection: sqlite3.Connection
    ) -> Reserved | tuple[Entry, Attachments, str, float]:
        hold = self._ownership.require(connection, run)
        row = one_row(connection, _RESULT, key)
        if row is not None:
            output, parts, kept_by, at, holder, fence = row
            if output is not None and at >= not_before:
                entry = Entry(output, parts)
                return entry, fetch(connection, [entry]), kept_by, at
            if self._ownership.is_held(connection, holder, fence):
                return Reserved.BUSY
        connection.execute(_RESERVE, (key, hold.number, hold.fence))
        return Reserved.MINE

    def _keep(self, key: str, run: str, entry: Entry, at: float, connection: sqlite3.Connection) -> None:
        self._ownership.require(connection, run)
        store(connection, entry)
        connection.execute(_KEEP, (key, entry.body, entry.parts, run, at))

    def _give_up(self, key: str, run: str, connection: sqlite3.Connection) -> None:
        hold = self._ownership.find_hold(run)
        if hold is not None:
            connection.execute(_GIVE_UP, (key, hold.number, hold.fence))
            connection.execute(_FORGET, (key,))
