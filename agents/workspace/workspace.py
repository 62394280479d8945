"""The folder that agents may touch, and that nothing they name can lead out of."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from callsheet.agents.errors import WorkspaceError

from .open_folder import Folder, FolderKind, best_kind, descend, is_link, kept_name
from .paths import MAX_PARTS, as_text, is_hidden, is_read_only, split

_CHUNK = 1 << 20
_WILD = frozenset("*?[")
_REASONS = {
    errno.ENOENT: "does not exist in the workspace",
    errno.ENOTDIR: "leads through something that is not a folder, or is a link",
    errno.EISDIR: "is a folder",
    errno.EACCES: "may not be opened: permission denied",
    errno.EPERM: "may not be changed: permission denied",
    errno.EROFS: "cannot be written: the file system is read-only",
    errno.ENAMETOOLONG: "is longer than the file system allows",
    errno.ENOSPC: "cannot be written: the disk is full; no file was changed",
    errno.EDQUOT: "cannot be written: the disk quota is used up; no file was changed",
    errno.EFBIG: "cannot be written: it exceeds the maximum file size; no file was changed",
}
_LINK = "is, or leads through, a link; links are not followed in a workspace"


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of a workspace: relative paths with /, sorted. `complete` is false where there are more."""

    paths: tuple[str, ...]
    complete: bool


class Workspace:
    """A folder, and what may be done in it by names that cannot be trusted.

    A path is relative to `root`, with / between folders; an absolute one that begins with the
    root means the same. No link below the root is followed, wherever it leads; only ordinary
    files are read and replaced; `.git`, `.callsheet` and `callsheet.toml` aren't there, and
    `pyproject.toml` is never written. A hard link cannot be told from the file itself, and whatever
    is mounted inside belongs to the workspace.

    Every method raises WorkspaceError, and nothing else, for a path it cannot serve. The constructor raises
    it where `root` is not a folder.
    """

    def __init__(self, root: str | os.PathLike[str], *, kind: FolderKind | None = None) -> None:
        self._kind = kind or best_kind()
        self._spelled = Path(root).absolute()
        try:
            self._root = Path(root).expanduser().resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise WorkspaceError(
                str(root), "does not exist; create the folder, or choose another workspace"
            ) from None
        if not self._root.is_dir():
            raise WorkspaceError(str(root), "is not a folder; a workspace must be a folder")

    @property
    def root(self) -> Path:
        """The folder, absolute and without links."""
        return self._root

    def resolve(self, path: str, *, must_exist: bool = False) -> Path:
        """The absolute path, once nothing on the way to it is a link.

        For display and for libraries that take paths only: what is true now may have changed by the time the
        path is opened. `read_bytes` and `write_atomically` leave no such gap.
        """
        names = self._names(path)
        with _explained(path):
            try:
                names = self._kept_names(names)
            except FileNotFoundError:
                if must_exist:
                    raise
        return self._root.joinpath(*names)

    def read_bytes(self, path: str, limit: int) -> bytes:
        """What the file holds. One of more than `limit` bytes is refused, not cut."""
        names = self._file_names(path)
        with _explained(path), self._folder(names[:-1]) as folder:
            name = kept_name(folder, names[-1])
            _check_ordinary(folder.stat(name), path)
            with os.fdopen(folder.open(name), "rb") as file:
                found = os.fstat(file.fileno())
                _check_ordinary(found, path)
                data = b"" if found.st_size > limit else file.read(limit + 1)
        size = max(found.st_size, len(data))
        if size > limit:
            raise WorkspaceError(path, f"has {size:,} bytes; at most {limit:,} are read")
        return data

    def write_atomically(self, path: str, data: bytes) -> None:
        """Write the file, its folders too where they are missing.

        A reader sees the old content or the new, never a part: it is written beside the old one and takes its
        place once it is on the disk. An existing file keeps its mode, and its owner and group where the
        system allows that; one that is read-only is left alone.
        """
        names = self._file_names(path)
        if is_read_only(names[-1]):
            raise WorkspaceError(path, "configures the project, and agents may not write it")
        with _explained(path):
            self._make_folders(names[:-1])
            with self._folder(names[:-1]) as folder:
                _replace(folder, kept_name(folder, names[-1]), path, data)

    def list(self, pattern: str = "**", *, limit: int = 1_000) -> Listing:
        """The ordinary files that match, up to `limit`.

        `*`, `?` and `[…]` stand for parts of a name, `**` for any folders in between; names with
        a leading dot match only a pattern that has the dot. Names are in NFC, with U+FFFD for bytes
        that are no text; every method takes them so. A pattern without / matches names in
        every folder. One that names a folder means the files in it.
        """
        parts = tuple(map(as_text, self._names(pattern)))
        if not any(_WILD.intersection(part) for part in parts) and self._is_folder(parts):
            parts = (*parts, "*")
        elif len(parts) == 1:
            parts = ("**", *parts)
        paths = sorted(set(islice(self._walk(parts), limit + 1)))
        return Listing(tuple(paths[:limit]), complete=len(paths) <= limit)

    def _names(self, path: str) -> tuple[str, ...]:
        return split(path, (self._root, self._spelled))

    def _file_names(self, path: str) -> tuple[str, ...]:
        names = self._names(path)
        if not names:
            raise WorkspaceError(path, "is the workspace itself; name a file in it")
        return names

    @contextmanager
    def _folder(self, names: tuple[str, ...]) -> Generator[Folder]:
        with descend(self._kind.at(self._root), names) as folder:
            yield folder

    def _kept_names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names as the folders keep them, none of them a link."""
        kept: tuple[str, ...] = ()
        for name in names:
            with self._folder(kept) as folder:
                kept = (*kept, kept_name(folder, name))
                if is_link(folder.stat(kept[-1])):
                    raise OSError(errno.ELOOP, "is a link")
        return kept

    def _make_folders(self, names: tuple[str, ...]) -> None:
        for depth, name in enumerate(names):
            with self._folder(names[:depth]) as folder, suppress(FileExistsError):
                folder.make(kept_name(folder, name))

    def _is_folder(self, names: tuple[str, ...]) -> bool:
        try:
            with self._folder(names):
                return True
        except OSError:
            return False

    def _walk(self, parts: tuple[str, ...]) -> Iterator[str]:
        """The files that match. With each folder goes how far in the pattern its path has come."""
        waiting: list[tuple[tuple[str, ...], str, frozenset[int]]] = [
            ((), "", _advance(parts, frozenset({0})))
        ]
        while waiting:
            names, path, live = waiting.pop()
            for name, found in self._entries(names):
                told = as_text(name)
                reached = _advance(parts, _match(parts, live, told))
                if stat.S_ISDIR(found.st_mode) and reached and len(names) + 2 <= MAX_PARTS:
                    waiting.append(((*names, name), f"{path}{told}/", reached))
                elif stat.S_ISREG(found.st_mode) and len(parts) in reached:
                    yield f"{path}{told}"

    def _entries(self, names: tuple[str, ...]) -> Sequence[tuple[str, os.stat_result]]:
        """What a folder holds; nothing where it cannot be read, or is gone meanwhile."""
        entries: list[tuple[str, os.stat_result]] = []
        with suppress(OSError), self._folder(names) as folder:
            for name in folder.names():
                with suppress(OSError):
                    entries.append((name, folder.stat(name)))
        return [(name, found) for name, found in entries if not is_hidden(name)]


def _match(parts: tuple[str, ...], live: frozenset[int], name: str) -> frozenset[int]:
    """Where in the pattern one is after `name`: a set of places, so that many `**` cost nothing."""
    dotted = name.startswith(".")
    after: set[int] = set()
    for place in live:
        if place == len(parts):
            continue
        if parts[place] == "**":
            after |= set() if dotted else {place}
        elif dotted <= parts[place].startswith(".") and fnmatchcase(name, parts[place]):
            after.add(place + 1)
    return frozenset(after)


def _advance(parts: tuple[str, ...], live: frozenset[int]) -> frozenset[int]:
    """`**` also stands for no folder at all."""
    reached = set(live)
    for place, part in enumerate(parts):
        if place in reached and part == "**":
            reached.add(place + 1)
    return frozenset(reached)


def _check_ordinary(found: os.stat_result, path: str) -> None:
    if is_link(found):
        raise WorkspaceError(path, _LINK)
    if stat.S_ISDIR(found.st_mode):
        raise WorkspaceError(path, "is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise WorkspaceError(path, "is not a regular file (it is a device, a pipe or a socket)")


def _replace(folder: Folder, name: str, path: str, data: bytes) -> None:
    before = _status_to_keep(folder, name, path)
    beside = f".callsheet-{secrets.token_hex(8)}.tmp"
    try:
        _write_new(folder.create(beside), data, before)
        folder.replace(name, beside)
    except BaseException:
        with suppress(OSError):
            folder.remove(beside)
        raise


def _status_to_keep(folder: Folder, name: str, path: str) -> os.stat_result | None:
    try:
        found = folder.stat(name)
    except FileNotFoundError:
        return None
    _check_ordinary(found, path)
    if not found.st_mode & 0o222:
        raise WorkspaceError(path, "is read-only, and was not changed")
    return found


def _write_new(descriptor: int, data: bytes, before: os.stat_result | None) -> None:
    with os.fdopen(descriptor, "wb") as file:
        if before is not None and sys.platform != "win32":
            _keep_owner(descriptor, before)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o777)
        for start in range(0, len(data), _CHUNK):
            file.write(data[start : start + _CHUNK])
        file.flush()
        os.fsync(descriptor)


def _keep_owner(descriptor: int, before: os.stat_result) -> None:
    """The owner and the group, each where this user may give a file to them."""
    new = os.fstat(descriptor)
    for owner, group in ((-1, before.st_gid), (before.st_uid, -1)):
        if (owner, group) not in ((-1, new.st_gid), (new.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)


@contextmanager
def _explained(path: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise WorkspaceError(path, _reason(error)) from error


def _reason(error: OSError) -> str:
    # Linux reports a link where a folder was wanted as ENOTDIR, a link where a file was as ELOOP.
    if error.errno == errno.ELOOP:
        return _LINK
    return _REASONS.get(error.errno or 0, f"cannot be used: {error.strerror or error}")
