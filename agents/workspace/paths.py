"""A path as an agent names it, taken apart and refused where it could mean anything outside."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from callsheet.agents.errors import WorkspaceError

HIDDEN = frozenset({".git", ".callsheet", "callsheet.toml"})
"""Project state that agents neither see nor touch, wherever in the workspace it lies. Configuration
belongs to it, because it names Python code that the next command imports."""
READ_ONLY = frozenset({"pyproject.toml"})
"""What agents may see but not write, for the same reason."""

MAX_BYTES = 4_096
"""Of a path in UTF-8, as in most systems."""
MAX_PARTS = 64
"""Names in a path, below the workspace."""

_DRIVE = re.compile(r"[A-Za-z]:")
_UNTELLABLE = re.compile(r"[\ud800-\udfff\x00-\x1f\x7f-\x9f\\]")
_SHORT_NAME = re.compile(r"(git|callsh)~\d+")


def split(path: str, roots: Sequence[Path]) -> tuple[str, ...]:
    """The names from the workspace's root down to what `path` means; none for the root itself.

    An absolute path is taken where it begins with the root in one of its spellings: people paste
    such paths, and what follows the root is checked as any other path. Nothing is expanded, and
    `..` is refused instead of followed, since what it means depends on links.

    Raises WorkspaceError.
    """
    _check_text(path)
    relative = _below(path, roots) if path.startswith("/") or Path(path).is_absolute() else path
    if _DRIVE.match(relative) or relative.startswith("/"):
        raise WorkspaceError(path, "lies outside the workspace; use a path relative to it")
    if "\\" in relative:
        raise WorkspaceError(path, "has a backslash; write / between folders")
    names = tuple(name for name in relative.split("/") if name not in ("", "."))
    if len(names) > MAX_PARTS:
        raise WorkspaceError(path, f"has {len(names):,} parts; a path has at most {MAX_PARTS}")
    for name in names:
        _check_name(name, path)
    return names


def is_hidden(name: str) -> bool:
    """Whether a name means project state, also as file systems that fold case, ignore invisible
    characters, cut trailing dots and blanks, or keep short names would read it."""
    plain = _plain(name)
    return plain.partition(":")[0] in HIDDEN or _SHORT_NAME.fullmatch(plain) is not None


def is_read_only(name: str) -> bool:
    """Whether a name means a file that configures, in any spelling that a file system would take for it."""
    return _plain(name).partition(":")[0] in READ_ONLY


def as_text(name: str) -> str:
    """A name on the disk as it is told: in NFC, so that a letter with its accent is one however the file
    system keeps it, and with U+FFFD for each byte that is no UTF-8, control character or backslash, which no
    path may have."""
    return unicodedata.normalize("NFC", _UNTELLABLE.sub("\ufffd", name))


def _plain(name: str) -> str:
    visible = "".join(each for each in name if unicodedata.category(each) != "Cf")
    return unicodedata.normalize("NFKC", visible).casefold().rstrip(". ")


def _check_text(path: str) -> None:
    if len(path.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise WorkspaceError(path, f"is longer than {MAX_BYTES:,} bytes, which no path may be")
    if not path.strip():
        raise WorkspaceError(path, "is empty; name a file in the workspace")
    if any(unicodedata.category(each) == "Cc" for each in path):
        raise WorkspaceError(path, "has control characters; a path is one line of plain text")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise WorkspaceError(path, "is not valid Unicode text") from None


def _check_name(name: str, path: str) -> None:
    if name == "..":
        raise WorkspaceError(path, "goes up with `..`; use a path relative to the workspace")
    if name.startswith("~"):
        raise WorkspaceError(
            path, "has a name that begins with ~, which is not expanded; use a relative path"
        )
    if is_hidden(name):
        raise WorkspaceError(path, "is project state, which agents may not touch")
    if os.name == "nt" and (":" in name or name.rstrip(". ") != name):
        raise WorkspaceError(path, "has a name that Windows reads differently")


def _below(path: str, roots: Sequence[Path]) -> str:
    plain = path.replace("\\", "/") if os.name == "nt" else path
    for root in roots:
        prefix = root.as_posix().rstrip("/")
        if plain == prefix or plain.startswith(prefix + "/"):
            return plain[len(prefix) :].lstrip("/")
    raise WorkspaceError(path, "lies outside the workspace; use a path relative to it")
