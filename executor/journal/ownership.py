"""Ownership: which runs this journal owns, and the only way to their rows.

Owning a run means being named in its row, under a fence: a number that grows with each owner.
Whatever an owner writes, it first looks, inside the same transaction, whether the fence is still its own.
So a process that was thought dead, and wakes up after another one took over, changes nothing.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from .blobs import Entry, store
from .errors import JournalError, RunNotClaimed, RunNotFound, RunOwned, RunTakenOver
from .lease import Lease, LeaseTerms, Process, RunOwner
from .schema import one_row, require_run
from .signals import answer

_LEASE = "owners.pid, owners.host, owners.machine, owners.born, owners.steady_end, owners.wall_end"
_CLAIMED = f"""
SELECT runs.number, runs.fence, runs.claimed, runs.owner, {_LEASE}
FROM runs LEFT JOIN owners ON owners.number = runs.owner WHERE runs.id = ?
"""
_HELD = f"""
SELECT runs.fence, runs.owner, {_LEASE} FROM runs JOIN owners ON owners.number = runs.owner
WHERE runs.number = ?
"""
_RENEW = """
INSERT INTO owners (number, pid, host, machine, born, steady_end, wall_end) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET steady_end = excluded.steady_end, wall_end = excluded.wall_end
RETURNING number
"""


@dataclass(slots=True)
class Hold:
    """A run that is owned: its number in the file, the fence under which, and the sequence of its next
    event, None where that has to be looked up."""

    number: int
    fence: int
    next: int | None = None


class Ownership:
    """The runs of one journal object. It is used on the writer's thread only, and whatever takes a
    connection inside of a transaction."""

    def __init__(self, path: Path, terms: LeaseTerms, process: Process) -> None:
        self._path = path
        self._terms = terms
        self._process = process
        self._holds: dict[str, Hold] = {}
        self._number: int | None = None
        self._registered = False
        self._renewed = -math.inf

    @property
    def is_needed(self) -> bool:
        """Whether any run is owned."""
        return bool(self._holds)

    def find_hold(self, run: str) -> Hold | None:
        """The hold on a run, if it is owned, or was until another process took it over."""
        return self._holds.get(run)

    def create_run(self, run: str, entries: Sequence[Entry], connection: sqlite3.Connection) -> Hold:
        """Enter a new run, owned, with its first events. Raises JournalError where it is there already."""
        try:
            cursor = connection.execute(
                "INSERT INTO runs (id, owner, fence, claimed) VALUES (?, ?, 1, ?)",
                (run, self._register(connection), self._process.wall()),
            )
        except sqlite3.IntegrityError:
            raise JournalError(self._path, f"run {run!r} already exists") from None
        assert cursor.lastrowid is not None
        hold = Hold(cursor.lastrowid, 1, 0)
        _insert(connection, hold, entries)
        return hold

    def claim(self, run: str, connection: sqlite3.Connection) -> Hold:
        """Become the owner of a run. Raises RunNotFound; RunOwned while its owner lives."""
        row = one_row(connection, _CLAIMED, run)
        if row is None:
            raise RunNotFound(run)
        number, fence, _, owner, *lease = row
        if self._is_alive(owner, lease):
            raise RunOwned(run, lease[0], lease[1])
        connection.execute(
            "UPDATE runs SET owner = ?, fence = ?, claimed = ? WHERE number = ?",
            (self._register(connection), fence + 1, self._process.wall(), number),
        )
        return Hold(number, fence + 1)

    def release(self, run: str, connection: sqlite3.Connection) -> None:
        """Release a run, unless another process took it over."""
        connection.execute("UPDATE runs SET owner = NULL WHERE id = ? AND owner = ?", (run, self._number))

    def release_all(self, connection: sqlite3.Connection) -> None:
        """Let go of every run."""
        for run in self._holds:
            self.release(run, connection)
        connection.execute("DELETE FROM owners WHERE number = ?", (self._number,))

    def append(
        self, run: str, entries: Sequence[Entry], answered: Sequence[int], connection: sqlite3.Connection
    ) -> None:
        """Add events, and answer signals. Raises RunNotFound, RunNotClaimed, RunTakenOver, JournalError."""
        hold = self.require(connection, run)
        if answered:
            answer(connection, self._path, run, answered)
        _insert(connection, hold, entries)

    def require(self, connection: sqlite3.Connection, run: str) -> Hold:
        """The hold on a run that is owned. Raises RunNotFound, RunNotClaimed, RunTakenOver."""
        hold = self._holds.get(run)
        if hold is None:
            require_run(connection, run)
            raise RunNotClaimed(self._path, run)
        ((fence,),) = connection.execute("SELECT fence FROM runs WHERE number = ?", (hold.number,))
        # Every claim raises the fence, so an old hold shows even where this process owns the run again.
        if fence != hold.fence:
            row = one_row(connection, _HELD, hold.number)
            raise RunTakenOver(self._path, run) if row is None else RunTakenOver(self._path, run, *row[2:4])
        return hold

    def is_held(self, connection: sqlite3.Connection, number: int | None, fence: int | None) -> bool:
        """Whether the owner that has, or had, a run under this fence has it still, and lives."""
        row = None if number is None else one_row(connection, _HELD, number)
        return row is not None and row[0] == fence and self._is_alive(row[1], row[2:])

    def poll(self, connection: sqlite3.Connection) -> None:
        """Renew the lease, if it is time to."""
        if self._holds and self._is_due():
            self._write_lease(connection)

    def claimed(self, run: str, hold: Hold) -> None:
        """The transaction in which a run came to be owned was committed."""
        self._holds[run] = hold
        self._registered = True

    def released(self, run: str) -> None:
        """The transaction in which a run was let go of was committed."""
        self._holds.pop(run, None)

    def forget(self) -> None:
        """A transaction was rolled back: what it wrote must not be counted on."""
        for hold in self._holds.values():
            hold.next = None
        if not self._registered:
            self._number = None
        # The lease may have been rolled back with the rest: write it again at the next opportunity.
        self._renewed = -math.inf

    def _register(self, connection: sqlite3.Connection) -> int:
        """This process among the owners, with a lease that has just begun."""
        if self._number is None:
            self._sweep(connection)
        elif not self._is_due():
            return self._number
        return self._write_lease(connection)

    def _is_due(self) -> bool:
        return self._process.steady() >= self._renewed + self._terms.renew

    def _write_lease(self, connection: sqlite3.Connection) -> int:
        # Also where the row is gone, because this process was stopped and taken for dead.
        lease = Lease.from_process(self._process, self._terms)
        ((number,),) = connection.execute(_RENEW, (self._number, *astuple(lease))).fetchall()
        self._number = int(number)
        self._renewed = self._process.steady()
        return self._number

    def _sweep(self, connection: sqlite3.Connection) -> None:
        for number, *lease in connection.execute(f"SELECT owners.number, {_LEASE} FROM owners").fetchall():
            if not self._is_alive(number, lease):
                connection.execute("DELETE FROM owners WHERE number = ?", (number,))

    def _is_alive(self, owner: int | None, lease: Sequence[Any]) -> bool:
        if owner is None or lease[0] is None:
            return False
        return owner == self._number or Lease(*lease).holds(self._process)


def owner_of(connection: sqlite3.Connection, run: str, judge: Process) -> RunOwner | None:
    """Who has a run, as `judge` sees it. Raises RunNotFound."""
    row = one_row(connection, _CLAIMED, run)
    if row is None:
        raise RunNotFound(run)
    _, _, since, _, *lease = row
    if lease[0] is None or not Lease(*lease).holds(judge):
        return None
    return RunOwner(lease[0], lease[1], since)


def _insert(connection: sqlite3.Connection, hold: Hold, entries: Sequence[Entry]) -> None:
    sequence = hold.next
    if sequence is None:
        row = one_row(connection, "SELECT max(sequence) + 1 FROM events WHERE run = ?", hold.number)
        sequence = 0 if row is None or row[0] is None else int(row[0])
    rows = [(hold.number, sequence + place, each.body, each.parts) for place, each in enumerate(entries)]
    connection.executemany("INSERT INTO events (run, sequence, body, parts) VALUES (?, ?, ?, ?)", rows)
    for entry in entries:
        if entry.blobs:
            store(connection, entry)
    hold.next = sequence + len(rows)
