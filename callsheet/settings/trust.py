"""Which settings of a folder's files need the user's trust, and the folders that the user trusted.

A file in a working folder may come from a stranger: with a repository, an archive, a download. So what
can send a key or a file elsewhere, or run code, holds only once the user has trusted the folder, as with
direnv. The trust is for the values that the user saw: other values need it again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callsheet.agents.models.weights.weights import KNOWN

from .errors import TrustNotKept

COMMAND = "callsheet trust"
Sensitive = Callable[[Any, Path], bool]


def _always(value: Any, folder: Path) -> bool:
    return bool(value)


def _outside(value: Any, folder: Path) -> bool:
    """Whether a path leads out of the folder, through a link as well."""
    return not (folder / value).resolve().is_relative_to(folder.resolve())


def _file_of_weights(value: Any, folder: Path) -> bool:
    """Whether the name of a model means a file that is then loaded."""
    kind, _, rest = (value or "").partition("/")
    return kind == "local" and bool(rest) and rest not in KNOWN


_SENSITIVE: Mapping[str, Sensitive] = {
    "agents": _always,
    "base_url": _always,
    "cache": _always,
    "local_model": _always,
    "prices": _always,
    "model": _file_of_weights,
    "store": _outside,
    "workspace": _outside,
}
"""`agents` is imported, `base_url` gets the key and the prompts, `cache` and `local_model` hold files that
native code loads, and `prices` decide what a budget in dollars admits."""


def sensitive_keys(values: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """The keys of a file's values, as Settings has them, that need trust."""
    return tuple(key for key, test in _SENSITIVE.items() if key in values and test(values[key], folder))


@dataclass(frozen=True, slots=True)
class SensitiveSettings:
    """What the files of a folder set that needs trust: by file and key, as it is written there."""

    folder: Path
    files: Mapping[str, Mapping[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.files)

    @property
    def digest(self) -> str:
        """The SHA-256 of the files' names, the keys and the values."""
        canonical = json.dumps(self.files, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()

    def describe(self) -> Iterator[str]:
        """Each setting as `FILE: KEY = VALUE`."""
        for file, values in self.files.items():
            for key, value in values.items():
                yield f"{file}: {key} = {json.dumps(value, ensure_ascii=False, default=str)}"


class TrustStore:
    """The folders that the user trusts: a file for each in `place`, by default the user's state folder."""

    def __init__(self, place: Path | None = None) -> None:
        self._place = place or state_folder()

    def trusts(self, wanted: SensitiveSettings) -> bool:
        """Whether the user trusted this folder with exactly these values."""
        return self._digest_of(wanted.folder) == wanted.digest

    def knows(self, folder: Path) -> bool:
        """Whether the user trusted the folder, with whatever values."""
        return self._digest_of(folder) is not None

    def trust(self, wanted: SensitiveSettings) -> None:
        """Remember that the user trusts the folder with these values. Raises TrustNotKept."""
        if self._place is None:
            raise TrustNotKept("this user has no home folder; set HOME, or pass --trust to each command")
        file = self._file_of(self._place, wanted.folder)
        text = json.dumps({"folder": str(wanted.folder.resolve()), "sha256": wanted.digest})
        new = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.write_text(text, "utf-8", "surrogateescape")
            new.replace(file)
        except OSError as error:
            raise TrustNotKept(f"{file.parent} cannot be written: {error.strerror or error}") from None

    def forget(self, folder: Path) -> bool:
        """Trust the folder no longer; false if the user did not. Raises TrustNotKept."""
        if self._place is None:
            return False
        try:
            self._file_of(self._place, folder).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise TrustNotKept(f"{self._place} cannot be changed: {error.strerror or error}") from None
        return True

    def _digest_of(self, folder: Path) -> str | None:
        if self._place is None:
            return None
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads(self._file_of(self._place, folder).read_bytes())
            return str(kept["sha256"])
        return None

    @staticmethod
    def _file_of(place: Path, folder: Path) -> Path:
        return place / "trusted" / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()}.json"


def state_folder() -> Path | None:
    """The user's folder for what Callsheet remembers; None if the user has none. A relative path would be in
    the very folder that asks for trust."""
    import platformdirs

    with suppress(RuntimeError):
        folder = platformdirs.user_state_path("callsheet", appauthor=False)
        return folder if folder.is_absolute() else None
    return None
