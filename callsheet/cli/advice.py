"""The commands that go on with a run, as they are to be typed where this one was typed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from callsheet.config import Settings

_WITH_A_TEAM = frozenset({"resume", "approve", "answer", "replay"})
"""The commands that may carry a run on, and so need the agents that it began with."""


class Advice:
    """Knows which settings came from flags, so that a command that is proposed has them as well."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def command(self, name: str, *arguments: str) -> str:
        """The command, quoted for a shell."""
        words = ["callsheet", name, *arguments, *self._flags("store")]
        if name in _WITH_A_TEAM:
            words += [*self._flags("workspace"), *self._flags("model"), *self._team()]
        return shlex.join(words)

    def _flags(self, key: str) -> Iterator[str]:
        flag = f"--{key}"
        if self._settings.source(key) == flag:
            yield from (flag, str(getattr(self._settings, key)))

    def _team(self) -> Iterator[str]:
        if self._settings.source("agents") == "--agents":
            for place in self._settings.agents:
                yield from ("--agents", place)
        if self._settings.source("builtin") == "--no-builtin":
            yield "--no-builtin"
