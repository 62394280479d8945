"""With which agents and workspace the user's open runs began, so that continuing one needs no flags again.

It is kept in the user's state folder and not in the journal: a journal may come with a stranger's folder, and
would then name code to import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from .settings import DEFAULT, FILE_NAMES, Settings
from .trust import state_folder

_REMEMBERED = ("agents", "builtin", "workspace")


class RunMemory:
    """A file for each open run in `place`, by default the user's state folder. What cannot be written is not
    remembered: the run itself does not need it."""

    def __init__(self, place: Path | None = None) -> None:
        self._place = place or state_folder()

    def remember(self, run: str, settings: Settings) -> None:
        """Keep what the user named for the run by flags or variables."""
        named = {key: getattr(settings, key) for key in _REMEMBERED if _is_named(settings, key)}
        if self._place is None or not named:
            return
        kept = {key: _absolute(key, value) for key, value in named.items()}
        with suppress(OSError):
            file = self._file_of(self._place, run)
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(json.dumps(kept), "utf-8", "surrogateescape")

    def recalled(self, run: str, settings: Settings) -> Settings:
        """The settings with what the run began with, but for what the user names now."""
        known = {key: value for key, value in self._read(run).items() if not _is_named(settings, key)}
        return settings.replaced(known, f"run {run}") if known else settings

    def forget(self, run: str) -> None:
        """The run has ended."""
        if self._place is not None:
            with suppress(OSError):
                self._file_of(self._place, run).unlink()

    def _read(self, run: str) -> Mapping[str, Any]:
        if self._place is None:
            return {}
        with suppress(OSError, ValueError):
            kept = json.loads(self._file_of(self._place, run).read_text("utf-8", "surrogateescape"))
            if isinstance(kept, dict):
                known = cast("dict[str, Any]", kept)
                return {key: known[key] for key in _REMEMBERED if key in known}
        return {}

    @staticmethod
    def _file_of(place: Path, run: str) -> Path:
        # The id may come from a stranger's journal, and be a path to that stranger's file.
        name = run if run.isascii() and run.isalnum() else sha256(run.encode("utf-8", "replace")).hexdigest()
        return place / "runs" / f"{name}.json"


def _is_named(settings: Settings, key: str) -> bool:
    return settings.source(key) not in (DEFAULT, *FILE_NAMES)


def _absolute(key: str, value: Any) -> Any:
    match key:
        case "agents":
            return [str(Path(each).absolute()) if each.endswith(".py") else each for each in value]
        case "workspace":
            return str(Path(value).absolute())
        case _:
            return value
