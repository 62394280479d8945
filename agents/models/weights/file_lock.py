"""A lock that one process at a time holds, and that goes with the process."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def file_lock(path: Path) -> Generator[None, None, None]:
    """Hold the lock, waiting until nobody else does. The file stays; the lock ends when it is closed."""
    with path.open("ab") as file:
        _lock(file)
        yield
