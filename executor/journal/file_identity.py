"""Whether the files of a journal are still those that were opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from .errors import JournalError

_Found: TypeAlias = tuple[int, int] | None
_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file while it is open: without them, what was written last is gone."""
_ADVICE = (
    "while it was in use, so nothing more can be kept; put it back and resume the run, or start it again"
)

_CUT_ADVICE = (
    "while it was in use, so nothing more can be kept; take the journal from a backup, or start again"
)


class FileIdentity:
    """What the path of a journal led to when it was opened, with the files beside it. SQLite goes on writing
    into files that were deleted, and nothing of that would be kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # An agent may change the working folder.
        self._place = str(path.absolute())
        self._file = _find(self._place)
        self._beside: dict[str, _Found] = {}
        self._log_bytes = 0

    def require(self) -> None:
        """See that all of them are still there. Raises JournalError."""
        found = _find(self._place)
        if found is None:
            raise JournalError(self._path, f"the file was deleted or moved {_ADVICE}")
        if found != self._file:
            raise JournalError(self._path, f"another file took the place of this one {_ADVICE}")
        for suffix in _BESIDE:
            beside = _find(self._place + suffix)
            if self._beside.setdefault(suffix, beside) != beside:
                raise JournalError(
                    self._path, f"the file {self._path.name}{suffix} beside it was deleted {_ADVICE}"
                )
        self._require_log()

    def _require_log(self) -> None:
        """The log only grows, unless a tool put what it held into the file before it cut it short."""
        size = _size(f"{self._place}-wal")
        if size < self._log_bytes and not self._can_be_read():
            raise JournalError(
                self._path, f"the file {self._path.name}-wal beside it was cut short {_CUT_ADVICE}"
            )
        self._log_bytes = size

    def _can_be_read(self) -> bool:
        """By a connection that remembers nothing of the file."""
        try:
            with closing(sqlite3.connect(self._place)) as connection:
                return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        except sqlite3.Error:
            return False


def _find(place: str) -> _Found:
    """The device and the number of the file there; None where there is none."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(place: str) -> int:
    try:
        return Path(place).stat().st_size
    except OSError:
        return 0
