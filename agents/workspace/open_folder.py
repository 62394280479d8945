"""An open folder through which no link is ever followed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, Self

from callsheet.agents.errors import WorkspaceError

from .paths import as_text

_BINARY = getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
# A FIFO that became the file between the look and the opening must not hang the opener.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY


class Folder(Protocol):
    """A folder. Every method takes the plain name of something in it, and raises OSError."""

    def child(self, name: str) -> Self:
        """Open a folder in it. A link is an error, wherever it leads."""
        ...

    def stat(self, name: str) -> os.stat_result:
        """What there is, a link as a link."""
        ...

    def names(self) -> Sequence[str]:
        """Everything in it, sorted."""
        ...

    def open(self, name: str) -> int:
        """A descriptor to read a file from."""
        ...

    def create(self, name: str) -> int:
        """A descriptor to write a file that wasn't there."""
        ...

    def make(self, name: str) -> None:
        """Make a folder in it."""
        ...

    def replace(self, name: str, by: str) -> None:
        """Let `by` take the place of `name` in one step, and see it through to the disk."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class HandleFolder:
    """A folder held by its descriptor: what is done in it cannot be diverted by renaming or
    exchanging a folder on the way (POSIX)."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def at(cls, root: Path) -> Self:
        return cls(os.open(root, os.O_RDONLY | os.O_DIRECTORY | _CLOSE_ON_EXEC))

    def child(self, name: str) -> Self:
        flags = os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW | _CLOSE_ON_EXEC
        return type(self)(os.open(name, flags, dir_fd=self._handle))

    def stat(self, name: str) -> os.stat_result:
        return os.stat(name, dir_fd=self._handle, follow_symlinks=False)

    def names(self) -> Sequence[str]:
        return sorted(os.listdir(self._handle))  # noqa: PTH208 (a Path holds no descriptor)

    def open(self, name: str) -> int:
        return os.open(name, _READ, dir_fd=self._handle)

    def create(self, name: str) -> int:
        return os.open(name, _CREATE, 0o666, dir_fd=self._handle)

    def make(self, name: str) -> None:
        os.mkdir(name, dir_fd=self._handle)

    def replace(self, name: str, by: str) -> None:
        os.replace(by, name, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        os.fsync(self._handle)

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self._handle)

    def close(self) -> None:
        os.close(self._handle)


class PathFolder:
    """A folder held by its path, where the system has nothing better (Windows).

    Links and junctions are refused when they are seen; a process that exchanges a folder for a link between
    the look and the opening isn't caught.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def at(cls, root: Path) -> Self:
        return cls(root)

    def child(self, name: str) -> Self:
        if not stat.S_ISDIR(self.stat(name).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return type(self)(self._path / name)

    def stat(self, name: str) -> os.stat_result:
        found = (self._path / name).lstat()
        if is_link(found):
            raise OSError(errno.ELOOP, "is a link", name)
        return found

    def names(self) -> Sequence[str]:
        return sorted(each.name for each in self._path.iterdir())

    def open(self, name: str) -> int:
        return os.open(self._path / name, _READ)

    def create(self, name: str) -> int:
        return os.open(self._path / name, _CREATE, 0o666)

    def make(self, name: str) -> None:
        (self._path / name).mkdir()

    def replace(self, name: str, by: str) -> None:
        (self._path / by).replace(self._path / name)

    def remove(self, name: str) -> None:
        (self._path / name).unlink()

    def close(self) -> None:
        """Nothing is held."""


FolderKind = type[HandleFolder] | type[PathFolder]


def best_kind() -> FolderKind:
    """Folders by descriptor where the system has them."""
    needed = (os.open, os.stat, os.mkdir, os.unlink, os.rename)
    held = _NO_FOLLOW and os.listdir in os.supports_fd and os.supports_dir_fd.issuperset(needed)
    return HandleFolder if held else PathFolder


def is_link(found: os.stat_result) -> bool:
    """Whether this is a symbolic link, or what Windows has in its place."""
    reparse = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
    return stat.S_ISLNK(found.st_mode) or bool(getattr(found, "st_file_attributes", 0) & reparse)


def kept_name(folder: Folder, name: str) -> str:
    """The name under which the folder keeps what `name` tells; `name` itself where there is no such thing.

    The same letters may be kept composed or not (NFC, NFD), and what no path may have is told as U+FFFD.
    Raises OSError, and WorkspaceError where several fit.
    """
    try:
        folder.stat(name)
    except FileNotFoundError:
        fitting = [each for each in folder.names() if as_text(each) == as_text(name)]
    else:
        return name
    if len(fitting) > 1:
        problem = "stands for several files, whose names differ only in bytes that are no text; rename them"
        raise WorkspaceError(name, problem)
    return fitting[0] if fitting else name


@contextmanager
def descend(folder: Folder, names: Sequence[str]) -> Generator[Folder]:
    """The folder that `names` lead to, one after the other, from `folder`, which is closed too. Raises
    OSError, or WorkspaceError where a name stands for several."""
    try:
        for name in names:
            inner = folder.child(kept_name(folder, name))
            folder.close()
            folder = inner
        yield folder
    finally:
        folder.close()
