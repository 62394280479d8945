"""The journal in a SQLite file.

An event is acknowledged when its transaction is committed. With WAL and `synchronous=NORMAL`
that outlives the death of the process at any instant; `FULL` outlives a power cut as well.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Any

from .errors import JournalError, RunNotFound
from .events import Event, RunCreated, decode, encode
from .journal import MOST_NAMED, RunSummary, choose_run, summarize
from .virtual_time import held_time
from .writer import Writer, explain

APPLICATION_ID = 0x43616C6C
"""`Call`, in the header of every file that is a journal of ours."""
BUSY_SECONDS = 10.0
_VERSIONS = (
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE events (
        run INTEGER NOT NULL REFERENCES runs (number),
        sequence INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""What makes each version of the schema from the one before it. Those released never change."""
_EVENTS = "SELECT body FROM events JOIN runs ON run = number WHERE id = ? ORDER BY sequence"
_RUNS = "SELECT id FROM runs WHERE id >= ? AND id < ? ORDER BY number DESC LIMIT ?"
_SUMMARIES = """
SELECT
    (SELECT body FROM events WHERE run = number ORDER BY sequence LIMIT 1),
    (SELECT body FROM events WHERE run = number ORDER BY sequence DESC LIMIT 1)
FROM runs ORDER BY number DESC LIMIT ?
"""


class Durability(StrEnum):
    """What an acknowledged event outlives."""

    NORMAL = "normal"
    """The death of the process."""
    FULL = "full"
    """A power cut too; much slower where events come one by one."""


class SqliteJournal:
    """A journal in a file, which is made, with its folder, where it is missing.

    With `must_exist` it is not made. Raises JournalError for a folder, another program's database,
    a file that is no database, one of a newer release, and one that cannot be written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        durability: Durability = Durability.NORMAL,
        must_exist: bool = False,
    ) -> None:
        self._path = Path(path)
        self._prepare_place(must_exist)
        with self._explained():
            connection = _connect(self._path)
            try:
                self._check_owner(connection)
                self._set_up(connection, durability)
            except BaseException:
                connection.close()
                raise
        self._writer = Writer(connection, self._path)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    async def create(self, created: RunCreated) -> None:
        """Begin a run. Raises JournalError, also where there is one with the same id."""
        with held_time():
            await self._writer.write(created.run, [encode(created).decode()], begins=True)

    async def append(self, run: str, events: Sequence[Event]) -> None:
        """Add events to a run, and return once they are committed. Cancelled, they may be kept all
        the same, before whatever is appended after. Raises JournalError, RunNotFound."""
        bodies = [encode(event).decode() for event in events]
        with held_time():
            await self._writer.write(run, bodies, begins=False)

    def read(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises JournalError, RunNotFound, EventUnreadable."""
        bodies = self._query(_EVENTS, run)
        if not bodies:
            raise RunNotFound(run)
        return [decode(body) for (body,) in bodies]

    def find(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        if not prefix.isascii():
            raise RunNotFound(prefix)
        candidates = [run for (run,) in self._query(_RUNS, prefix, prefix + "\x7f", MOST_NAMED)]
        return choose_run(prefix, candidates)

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first. Raises JournalError, EventUnreadable."""
        return [summarize(decode(first), decode(last)) for first, last in self._query(_SUMMARIES, limit)]

    def close(self) -> None:
        """Commit what waits, and let go of the file."""
        self._writer.close()

    def _query(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        # A connection of its own, so that reading never waits for the writer.
        with self._explained(), closing(_connect(self._path)) as connection:
            return connection.execute(statement, values).fetchall()

    def _prepare_place(self, must_exist: bool) -> None:
        try:
            if self._path.is_dir():
                raise JournalError(self._path, "this is a folder; name a file in it")
            if must_exist and not self._path.exists():
                raise JournalError(self._path, "there is none yet; it is made by the first run")
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            problem = f"its folder cannot be used: {getattr(error, 'strerror', None) or error}"
            raise JournalError(self._path, problem) from None

    def _check_owner(self, connection: sqlite3.Connection) -> None:
        """Before anything is written: whose file this is, as of one moment."""
        connection.execute("BEGIN")
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        application = _pragma(connection, "application_id")
        version = _pragma(connection, "user_version")
        connection.execute("COMMIT")
        if application != APPLICATION_ID and (tables or application):
            raise JournalError(self._path, "this is another program's database; name another file")
        if application == APPLICATION_ID and version > len(_VERSIONS):
            problem = f"a newer release of Callsheet made it (version {version}); update this one"
            raise JournalError(self._path, problem)

    def _set_up(self, connection: sqlite3.Connection, durability: Durability) -> None:
        if _turn_on_log(connection) != "wal":
            problem = "its file system has no write-ahead log; name a file on a local disk"
            raise JournalError(self._path, problem)
        connection.execute(f"PRAGMA synchronous = {durability.value}")
        # Also where nothing is to be changed: a file that cannot be written is better known now.
        connection.execute("BEGIN IMMEDIATE")
        version = _pragma(connection, "user_version")
        if version < len(_VERSIONS):
            for script in _VERSIONS[version:]:
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(_VERSIONS)}")
        connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(self._path, error) from error


def _connect(path: Path) -> sqlite3.Connection:
    # Used by the thread that opens it and then by the writer's, never by both at a time.
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _turn_on_log(connection: sqlite3.Connection) -> str:
    """Use the write-ahead log. SQLite does not wait by itself for others who open a new file just now."""
    given_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return str(mode)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > given_up:
                raise
            time.sleep(0.02)
