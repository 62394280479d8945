"""Reading the file of a journal without changing it, also where nothing can be written.

SQLite reads a file with a write-ahead log only where the log and its index are there, or can be made. So
one that has no log is read as it is; one with a log and no index is read from a copy; and one of an older
release from a copy in memory that is brought up to date.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import JournalError
from .schema import BUSY_SECONDS, VERSIONS, explained, make_tables, require_ours

_MISSES_INDEX = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")
"""What SQLite says where it cannot make the index of a write-ahead log."""


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """A connection of its own, so that reading never waits for the writer; it sees one moment.
    Raises JournalError."""
    with closing(ReadableFile(path)) as file, file.moment() as connection:
        yield connection


def is_there(path: Path) -> bool:
    """Whether there is something at the path. Raises JournalError where that cannot be found out."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise JournalError(path, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return True


class ReadableFile:
    """The file of a journal, open for reading alone. Raises JournalError for a folder, a file that is missing
    or cannot be read, another program's database, and one of a newer release."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path), ExitStack() as opened:
            self._connection = _up_to_date(_open(path, opened), path, opened)
            self._opened = opened.pop_all()

    @contextmanager
    def moment(self) -> Generator[sqlite3.Connection, None, None]:
        """The file as of one moment. Raises JournalError."""
        with explained(self._path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._opened.close()


def _open(path: Path, opened: ExitStack) -> sqlite3.Connection:
    if not is_there(path):
        raise JournalError(path, "it does not exist yet; the first run creates it")
    if path.is_dir():
        raise JournalError(path, "this is a folder; name a file in it")
    may_write = os.access(path, os.W_OK)
    # SQLite would make the index of another user's file in the reader's name, and that user could not write
    # any more.
    if may_write or (_size(path, "-wal") and _size(path, "-shm")):
        try:
            return _connected(path, "mode=rw" if may_write else "mode=ro", opened)
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith(_MISSES_INDEX):
                raise
    if _size(path, "-wal"):
        return _connected(_copy(path, opened), "mode=rw", opened)
    return _connected(path, "immutable=1", opened)


def _size(path: Path, suffix: str) -> int:
    """The size in bytes of a file beside it; 0 where there is none."""
    try:
        return Path(f"{path}{suffix}").stat().st_size
    except OSError:
        return 0


def _connected(path: Path, terms: str, opened: ExitStack) -> sqlite3.Connection:
    # Used by one thread at a time.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{terms}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    with ExitStack() as failing:
        failing.callback(connection.close)
        # Opening a file reads nothing of it.
        connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
        opened.push(failing.pop_all())
    return connection


def _copy(path: Path, opened: ExitStack) -> Path:
    try:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="callsheet-")))
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", folder / f"copy{suffix}")
    except OSError as error:
        problem = (
            "it cannot be written, and its last events are in a log that can only be read from a copy, which "
            f"cannot be made: {error.strerror or error}; set TMPDIR to a folder that can be written"
        )
        raise JournalError(path, problem) from None
    return folder / "copy"


def _up_to_date(connection: sqlite3.Connection, path: Path, opened: ExitStack) -> sqlite3.Connection:
    """The connection itself, or one to a copy in memory that has today's tables."""
    version = require_ours(connection, path)
    if version == len(VERSIONS):
        return connection
    memory = opened.enter_context(
        closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
    )
    connection.backup(memory)
    make_tables(memory, version)
    return memory
