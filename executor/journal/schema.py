"""The file of a journal: its tables, how it is opened, and how an older one is brought up to date."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import JournalError, RunNotFound

APPLICATION_ID = 0x43616C6C
"""`Call`, in the header of every file that is a journal of ours."""
BUSY_SECONDS = 10.0
VERSIONS = (
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
    """
    ALTER TABLE runs ADD COLUMN owner INTEGER;
    ALTER TABLE runs ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN claimed REAL;
    ALTER TABLE runs ADD COLUMN observed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE events ADD COLUMN parts TEXT;
    CREATE TABLE owners (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        pid INTEGER NOT NULL,
        host TEXT NOT NULL,
        machine TEXT NOT NULL,
        born INTEGER NOT NULL,
        steady_end REAL NOT NULL,
        wall_end REAL NOT NULL
    ) STRICT;
    CREATE TABLE letters (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL REFERENCES runs (number),
        at REAL NOT NULL,
        word TEXT NOT NULL
    ) STRICT;
    CREATE INDEX letters_of_run ON letters (run);
    CREATE TABLE blobs (
        number INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE results (
        key TEXT PRIMARY KEY,
        output TEXT,
        parts TEXT,
        run TEXT,
        at REAL,
        holder INTEGER REFERENCES runs (number),
        fence INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE figures (
        agent TEXT NOT NULL,
        capability TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (capability, agent)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""What makes each version of the schema from the one before it. Those released never change."""
_ADVICE = {
    "SQLITE_FULL": "the disk is full; make room, nothing that was acknowledged is lost",
    "SQLITE_IOERR_WRITE": "it cannot be written to; check the disk, and your quota on it",
    "SQLITE_READONLY": "it cannot be written; check its permissions and those of its folder",
    "SQLITE_BUSY": "another process has locked it; try again later",
    "SQLITE_CORRUPT": "the file is damaged; restore it from a copy, or name another one",
    "SQLITE_NOTADB": "this is not a journal of Callsheet; name another file",
    "SQLITE_CANTOPEN": "it cannot be opened; check its permissions and those of its folder",
}

_NOT_WRITTEN = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE")
"""What SQLite says of a file that may not grow, whatever the reason."""
_NEAR = 65_536
"""In bytes: SQLite grows a file by a page or more at once."""


class Durability(StrEnum):
    """What an acknowledged event outlives."""

    NORMAL = "normal"
    """The death of the process."""
    FULL = "full"
    """A power cut too; much slower where events come one by one."""


def open_tables(path: Path, durability: Durability, *, must_exist: bool) -> sqlite3.Connection:
    """A connection that may write, to a file whose tables are up to date. Raises JournalError."""
    _prepare_place(path, must_exist)
    with explained(path):
        connection = connect(path)
        try:
            require_ours(connection, path)
            _set_up(connection, path, durability)
        except BaseException:
            connection.close()
            raise
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """Open the file as it is."""
    # Used by the thread that opens it and then by the writer's, never by both at a time.
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


@contextmanager
def explained(path: Path | str) -> Generator[None, None, None]:
    """Turn errors of SQLite into JournalError, with what to do about them."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error


def explain(path: Path | str, error: sqlite3.Error) -> JournalError:
    """The error of SQLite, with what to do about it."""
    name = getattr(error, "sqlite_errorname", None) or ""
    advice = next((text for code, text in _ADVICE.items() if name.startswith(code)), None)
    if name.startswith(_NOT_WRITTEN) and (limit := _limit_reached(path)) is not None:
        advice = (
            f"the journal would exceed this process's limit on the size of files ({limit:,} bytes); raise it "
            "(`ulimit -f`), or name another file; nothing that was acknowledged is lost"
        )
    return JournalError(path, f"{advice} ({error})" if advice else str(error))


def _limit_reached(path: Path | str) -> int | None:
    """The limit on the size of files, in bytes, that keeps the journal from being written; None where it is
    something else."""
    try:
        import resource
    except ImportError:
        # Windows has no such limit.
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    sizes = [0]
    for place in (path, f"{path}-wal"):
        with suppress(OSError):
            sizes.append(Path(place).stat().st_size)
    return limit if limit != resource.RLIM_INFINITY and max(sizes) + _NEAR >= limit else None


def _prepare_place(path: Path, must_exist: bool) -> None:
    try:
        if path.is_dir():
            raise JournalError(path, "this is a folder; name a file in it")
        if must_exist and not path.exists():
            raise JournalError(path, "it does not exist yet; the first run creates it")
        _make_folder(path.parent)
    except (OSError, ValueError) as error:
        problem = f"its folder cannot be used: {getattr(error, 'strerror', None) or error}"
        raise JournalError(path, problem) from None
    # SQLite gives the files beside it (-wal, -shm) the rights of this one, and says what is wrong with it.
    # One that is there is not touched: to close it would let go of all locks that this process has on it.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _make_folder(folder: Path) -> None:
    """Make the folder of a journal, for its owner alone and out of sight of git: runs hold what agents have
    read. One that is there already stays as it is."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(0o700)
        (folder / ".gitignore").write_text("*\n", "utf-8")


def require_ours(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the tables, 0 for an empty file, as of one moment. Raises JournalError where they are
    another program's, or a newer release's."""
    connection.execute("BEGIN")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    connection.execute("COMMIT")
    if application != APPLICATION_ID and (tables or application):
        raise JournalError(path, "this is another program's database; name another file")
    if application == APPLICATION_ID:
        _check_version(version, path)
        return version
    return 0


def _check_version(version: int, path: Path) -> None:
    if version > len(VERSIONS):
        problem = f"a newer release of Callsheet made it (version {version}); upgrade Callsheet"
        raise JournalError(path, problem)


def _set_up(connection: sqlite3.Connection, path: Path, durability: Durability) -> None:
    if _turn_on_log(connection) != "wal":
        raise JournalError(path, "its file system has no write-ahead log; name a file on a local disk")
    connection.execute(f"PRAGMA synchronous = {durability.value}")
    # Also where nothing is to be changed: a file that cannot be written is better known now.
    connection.execute("BEGIN IMMEDIATE")
    # Asked again, now that no other process can change it.
    version = _pragma(connection, "user_version")
    _check_version(version, path)
    if version < len(VERSIONS):
        make_tables(connection, version)
    connection.execute("COMMIT")


def make_tables(connection: sqlite3.Connection, version: int) -> None:
    """Bring tables of an older version up to date."""
    for script in VERSIONS[version:]:
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(VERSIONS)}")


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


def require_run(connection: sqlite3.Connection, run: str) -> int:
    """The number of a run. Raises RunNotFound."""
    row = one_row(connection, "SELECT number FROM runs WHERE id = ?", run)
    if row is None:
        raise RunNotFound(run)
    return int(row[0])


def one_row(connection: sqlite3.Connection, statement: str, *values: Any) -> tuple[Any, ...] | None:
    """The first row, or None."""
    row: tuple[Any, ...] | None = connection.execute(statement, values).fetchone()
    return row
