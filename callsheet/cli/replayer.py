"""Replays one file after the other, with the team and the model that the settings ask for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from callsheet.agents.models.chat import ChatModel
from callsheet.config import Settings
from callsheet.errors import CallsheetError
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.recording import Recording
from callsheet.executor.replay.drift import Drift
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.recordings import RECORDED, redactor_of
from callsheet.replayed import Replay
from callsheet.replays import Team, Terms
from callsheet.replays import replay as carry_out

from .model import choose_model, model_at_hand
from .output import Output
from .rehearsal import rehearse
from .team import registry_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file: its `replay`, or the `error` that kept it from being replayed. `seconds` is
    what that took, here and now. `slips` are what a recording that was written anew does not replay
    exactly in."""

    file: Path
    seconds: float
    replay: Replay | None = None
    error: CallsheetError | None = None
    slips: tuple[Drift, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it came out as it was recorded."""
        return self.replay is not None and not self.replay.drifts

    @property
    def is_in_order(self) -> bool:
        """Whether it did, or is as of now what it should be."""
        is_updated = self.replay is not None and self.replay.updated is not None
        return self.is_exact or (is_updated and not self.slips)


class Replayer:
    """Replays files on the same terms. What is `live` is done by today's team and asked of the model.

    Raises AgentsNotLoaded, UnknownCapability where something is to be live that nobody offers, and what
    `choose_model` raises where the planner is.
    """

    def __init__(
        self,
        output: Output,
        settings: Settings,
        live: Liveness,
        *,
        update: bool = False,
        what_ifs: Sequence[WhatIf] = (),
    ) -> None:
        self._output = output
        self._settings = settings
        registry = registry_of(settings)
        for name in sorted(live.capabilities):
            registry.capability(name)
        # A recording is enough by itself: today's agents count where somebody names them, or wants them.
        is_whole = bool(settings.agents) or not settings.builtin
        team = Team(registry, is_whole) if is_whole or live or update else None
        self._terms = Terms(
            live,
            team,
            what_ifs=tuple(what_ifs),
            workspace=settings.workspace,
            redactor=redactor_of(settings),
        )
        self._update = update
        if live:
            self._terms = replace(self._terms, model=self._model)

    def replay(self, file: Path) -> Outcome:
        """Replay one. What may go wrong with it is in what comes back."""
        began = time.perf_counter()
        slips: tuple[Drift, ...] = ()
        try:
            replayed = self._replay(load_recording(file))
            seconds = time.perf_counter() - began
            if replayed.updated is not None:
                save_recording(replayed.updated, file, redactor_of(self._settings))
                slips = rehearse(file).drifts
        except CallsheetError as error:
            return Outcome(file, time.perf_counter() - began, error=error)
        return Outcome(file, seconds, replayed, slips=slips)

    def _replay(self, recording: Recording) -> Replay:
        if not self._update:
            return carry_out(recording, self._terms)
        if not self._terms.live:
            strictly = carry_out(recording, self._terms)
            if not strictly.drifts:
                return strictly
        return carry_out(recording, replace(self._terms, update=True, model=self._model))

    @cached_property
    def _model(self) -> ChatModel | None:
        """Who is asked for what is live: chosen at the first need, once for all files."""
        if self._settings.model == RECORDED:
            return None
        choose = choose_model if self._terms.live.planner else model_at_hand
        return choose(self._settings, self._output)
