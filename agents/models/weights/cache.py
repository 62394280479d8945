"""The folder where weights are kept, and nothing that was not checked against its hash."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from callsheet.agents.models.errors import ModelNotConfigured

from .file import SourceFailed, Weights, digest

OnDownload: TypeAlias = Callable[[str, int, int], None]
"""Called with the source's name, the bytes that are here, and the bytes that there will be."""

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


def no_progress(source: str, done: int, total: int) -> None:
    """Report nothing."""


def cache_folder(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The folder that was chosen, or the user's own for what can be fetched again. Raises ModelNotConfigured
    where the user has no home."""
    import platformdirs

    try:
        if chosen:
            return Path(chosen).expanduser()
        return platformdirs.user_cache_path("callsheet", appauthor=False)
    except RuntimeError:
        raise ModelNotConfigured(
            "weights need a folder, and this user has no home; set CALLSHEET_CACHE to a folder, or HOME"
        ) from None


class WeightsCache:
    """Weights in `folder / "models"`. Several processes may use one cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"

    def find_file(self, weights: Weights) -> Path | None:
        """The weights' file, if it is here and whole; one whose content is something else is deleted.

        A gigabyte takes a second to hash, so what was checked is remembered beside the file, and
        holds while its size and time of change stay the same.
        """
        path = self.folder / weights.file_name
        try:
            if self._was_checked(path, weights):
                return path
            if path.is_file():
                return self._check(path, weights)
        except (OSError, SourceFailed):
            return None
        return None

    @contextmanager
    def locked(self, weights: Weights) -> Generator[None, None, None]:
        """While this lasts, no other process fetches these weights. Waits for one that does.

        Raises OSError where the folder cannot be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _file_lock(self.folder / f"{weights.file_name}.lock"):
            yield

    @contextmanager
    def incoming(self, weights: Weights, source: str) -> Generator[Path, None, None]:
        """Where a source may write the file before it is checked.

        Raises SourceFailed where the disk is full, or the folder cannot be written to.
        """
        target = self.folder / f"{weights.file_name}.{source.replace(' ', '-').lower()}.partial"
        try:
            yield target
        except OSError as error:
            raise SourceFailed(f"cannot write to {self.folder}: {error.strerror or error}") from None

    def admit(self, weights: Weights, incoming: Path) -> Path:
        """Check a file that has come in, and keep it.

        Raises SourceFailed where its content is not the weights'; it is deleted then.
        """
        self._check(incoming, weights, remember=False)
        path = self.folder / weights.file_name
        incoming.replace(path)
        self._remember(path, weights)
        return path

    def _check(self, path: Path, weights: Weights, *, remember: bool = True) -> Path:
        if path.stat().st_size != weights.size or digest(path) != weights.sha256:
            path.unlink()
            raise SourceFailed("the download is not the expected file; it was deleted")
        if remember:
            self._remember(path, weights)
        return path

    def _was_checked(self, path: Path, weights: Weights) -> bool:
        try:
            return bool(json.loads(_stamp(path).read_bytes()) == _identity(path, weights))
        except (OSError, ValueError):
            return False

    def _remember(self, path: Path, weights: Weights) -> None:
        _stamp(path).write_text(json.dumps(_identity(path, weights)))


@contextmanager
def _file_lock(path: Path) -> Generator[None, None, None]:
    """Hold the lock, waiting while another process does. The file stays; the lock ends when it is closed."""
    with path.open("ab") as file:
        _lock(file)
        yield


def _stamp(path: Path) -> Path:
    return path.with_name(path.name + ".checked")


def _identity(path: Path, weights: Weights) -> dict[str, str | int]:
    status = path.stat()
    return {"sha256": weights.sha256, "size": status.st_size, "changed": status.st_mtime_ns}
