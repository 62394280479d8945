"""The place of a test: which settings hold, what its paths are relative to, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path

from callsheet.agents.registry import Registry
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import Settings

from .errors import MarkInvalid
from .recording_mark import Agents


@dataclass(frozen=True)
class Site:
    """`folder` is that of the test's file, `root` the one whose settings hold, and `here` the folder in which
    pytest was started."""

    folder: Path
    root: Path
    here: Path

    @cached_property
    def settings(self) -> Settings:
        """The settings of the root, with paths that are valid in any working folder. They are
        trusted: pytest runs the folder's code anyway. Raises ConfigError."""
        settings = Settings.load(self.root, trust=True)
        return settings.model_copy(
            update={
                "workspace": self.root / settings.workspace,
                "agents": _placed(settings.agents, self.root),
            }
        )

    def path(self, name: str | PathLike[str]) -> Path:
        """The path that a test means by this name."""
        return self.folder / name

    def shown(self, path: Path) -> str:
        """The path as the user would write it."""
        return str(path.relative_to(self.here) if path.is_relative_to(self.here) else path)

    def registry(self, agents: Agents | None) -> Registry:
        """The given agents; if None, those of the settings.

        Raises AgentsNotLoaded, MarkInvalid, and what Registry raises.
        """
        if isinstance(agents, Registry):
            return agents
        if agents is None:
            return registry_of(self.settings)
        given = (agents,) if isinstance(agents, str | PathLike) else tuple(agents)
        places = [fspath(each) for each in given if isinstance(each, str | PathLike)]
        if not places:
            return Registry(each for each in given if not isinstance(each, str | PathLike))
        if len(places) < len(given):
            raise MarkInvalid("`agents` takes either agents or names of files and modules, not both")
        return registry_of(self.settings.model_copy(update={"agents": _placed(places, self.folder)}))


def _placed(places: Iterable[str], folder: Path) -> tuple[str, ...]:
    """Files as paths from a folder; modules as they are."""
    return tuple(str(folder / each) if each.endswith(".py") else each for each in places)
