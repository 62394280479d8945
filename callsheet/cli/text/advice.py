"""The commands that continue a run, ready to be typed in the same shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from callsheet.recordings.api import RECORDED
from callsheet.settings.settings import Settings

_MODEL = "--model"
_WITH_A_TEAM = frozenset({"resume", "approve", "answer", "replay"})
"""The commands that may continue a run, and so need the agents that it was started with."""


class Advice:
    """Proposes commands with the flags of the current one: without them they would use other settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def command(self, name: str, *arguments: str, asks_model: bool = False) -> str:
        """The command, quoted for a shell. If it `asks_model`, it is not given `--model recorded`."""
        words = [os.environ.get("CALLSHEET_COMMAND") or "callsheet", name, *arguments, *self._flags("store")]
        if name in _WITH_A_TEAM:
            words += [*self._flags("workspace"), *self._model(asks_model), *self._team()]
        return shlex.join(words)

    @property
    def uses_recorded_model(self) -> bool:
        """Whether the chosen model is `recorded`, which answers nothing new."""
        return self._settings.model == RECORDED

    @property
    def missing_model(self) -> str:
        """Why no model answers what was not recorded, and how to set one up."""
        if not self.uses_recorded_model:
            return "no model is available to answer that; `callsheet doctor` says how to set one up"
        source = self._settings.source("model")
        if source == _MODEL:
            return "--model recorded cannot answer that; leave it out, or name a model"
        return f"the model is `recorded` ({source}), which cannot answer that; name a model with --model"

    def _model(self, asks_model: bool) -> Iterator[str]:
        if not (asks_model and self.uses_recorded_model):
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
