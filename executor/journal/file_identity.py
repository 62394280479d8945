"""Whether the files of a journal are still those that were opened."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from .errors import JournalError

_Found: TypeAlias = tuple[int, int] | None
_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file while it is open: without them, what was written last is gone."""
_ADVICE = (
    "while it was in use, so nothing more can be kept; put it back and resume the run, or start it again"
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


def _find(place: str) -> _Found:
    """The device and the number of the file there; None where there is none."""
    try:
        found = Path(place).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
