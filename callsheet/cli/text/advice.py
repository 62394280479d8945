"""The commands that go on with a run, as they are to be typed where this one was typed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from callsheet.recordings.api import RECORDED
from callsheet.settings.settings import Settings

_MODEL = "--model"
_WITH_A_TEAM = frozenset({"resume", "approve", "answer", "replay"})
"""The commands that may carry a run on, and so need the agents that it began with."""


class Advice:
    """Knows which settings came from flags, so that a command that is proposed has them as well."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def command(self, name: str, *arguments: str, asks_model: bool = False) -> str:
        """The command, quoted for a shell; one that `asks_model` is not told to do without one."""
        words = ["callsheet", name, *arguments, *self._flags("store")]
        if name in _WITH_A_TEAM:
            words += [*self._flags("workspace"), *self._model(asks_model), *self._team()]
        return shlex.join(words)

    @property
    def asks_nobody(self) -> bool:
        """Whether the model that was chosen is the recorded one."""
        return self._settings.model == RECORDED

    @property
    def missing_model(self) -> str:
        """Why no model answers what was not recorded, and how to have one."""
        if not self.asks_nobody:
            return "no model is at hand to answer that; `callsheet doctor` tells how to have one"
        source = self._settings.source("model")
        if source == _MODEL:
            return (
                "no model is asked that, because of --model recorded; leave it out, or name a model with it"
            )
        return f"no model is asked that, because {source} has `recorded` for one; name a model with --model"

    def _model(self, asks_model: bool) -> Iterator[str]:
        if not (asks_model and self.asks_nobody):
            yield from self._flags("model")
        elif self._settings.source("model") != _MODEL:
            yield from (_MODEL, "NAME")

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
