"""Replays files one after the other, with the agents and the model of the settings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import msgspec
from pydantic import JsonValue

from callsheet.agents.errors import UnknownCapability
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.cli.options.output import Output
from callsheet.cli.replaying.errors import LiveAgentMissing
from callsheet.cli.running.model import choose_model, model_at_hand
from callsheet.errors import CallsheetError
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.replay.drift.drift import Drift
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import encode
from callsheet.planner.documents.reader import read_yaml
from callsheet.recordings.api import RECORDED, redactor_of, save_anew
from callsheet.recordings.replay import ReplayTerms, Team
from callsheet.recordings.replay import replay as carry_out
from callsheet.recordings.replay_result import Replay
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import Settings

_NO_FILE = "the recording"


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """The outcome of replaying one file."""

    file: Path
    seconds: float
    """How long the replay took in real time."""

    replay: Replay | None = None
    """None if an error prevented the replay."""

    error: CallsheetError | None = None
    """The error that prevented the replay."""

    slips: tuple[Drift, ...] = ()
    """The drifts of the recording after it was updated: it should replay exactly."""

    lost: int = 0
    """How many fewer placeholders for secrets the updated recording has."""

    @property
    def is_exact(self) -> bool:
        """Whether the replay has no drifts."""
        return self.replay is not None and not self.replay.drifts

    @property
    def is_in_order(self) -> bool:
        """Whether the replay has no drifts, or the recording was updated and now replays exactly."""
        is_updated = self.replay is not None and self.replay.updated is not None
        return self.is_exact or (is_updated and not self.slips)


class ReplaySession:
    """Replays files with the same options. What is `live` runs on the current agents and the model. Matches
    of the `patterns` are secrets, like those of the settings.

    Raises SecretPatternInvalid, AgentsNotLoaded, UnknownCapability or LiveAgentMissing if no agent provides a
    live capability, and what `choose_model` raises if the planner is live.
    """

    def __init__(
        self,
        output: Output,
        settings: Settings,
        live: Liveness,
        *,
        update: bool = False,
        what_ifs: Sequence[WhatIf] = (),
        patterns: Sequence[str] = (),
    ) -> None:
        self._output = output
        self._settings = settings
        self._patterns = patterns
        self._shown = self._redactor()
        registry = registry_of(settings)
        _require_offers(registry, live, settings)
        # A recording replays without agents. The current ones are compared with it only if the user names
        # some or leaves out the built-in ones: else every recording of a user's agents would drift.
        is_whole = bool(settings.agents) or not settings.builtin
        team = Team(registry, is_whole) if is_whole or live or update else None
        self._terms = ReplayTerms(
            live,
            team,
            what_ifs=tuple(what_ifs),
            workspace=settings.workspace,
            redactor=self._redactor(),
        )
        self._update = update
        if live:
            self._terms = replace(self._terms, model=self._model)

    def replay(self, file: Path) -> ReplayOutcome:
        """Replay one file. An error is in the outcome, so that the other files are still replayed."""
        began = time.perf_counter()
        slips: tuple[Drift, ...] = ()
        lost = 0
        try:
            replayed = self._replay(load_recording(file))
            seconds = time.perf_counter() - began
            if replayed.updated is not None:
                lost = save_anew(replayed.updated, file, self._redactor())
                slips = rehearse(file).drifts
        except CallsheetError as error:
            self._shown.redact(str(error))
            return ReplayOutcome(file, time.perf_counter() - began, error=error)
        self._shown.redact(list(_tellable(replayed)))
        return ReplayOutcome(file, seconds, replayed, slips=slips, lost=lost)

    def shown(self, text: str) -> str:
        """A text without the secrets of the replayed runs."""
        return self._shown.redact_text(text)

    def clean(self, value: JsonValue) -> JsonValue:
        """A value of a run without its secrets."""
        return self._shown.redact(value)

    def _redactor(self) -> Redactor:
        """A redactor without the secrets of any recording yet."""
        return redactor_of(self._settings, self._patterns)

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
        """The model for what is live: chosen when it is first needed, once for all files."""
        if self._settings.model == RECORDED:
            return None
        choose = choose_model if self._terms.live.planner else model_at_hand
        return choose(self._settings, self._output)


def rehearse(file: Path) -> Replay:
    """The strict replay of a file that has just been written. Raises what `load_recording` does, and
    NetworkForbidden."""
    return carry_out(load_recording(file), ReplayTerms())


def rehearse_text(text: str) -> Replay:
    """The strict replay of the text of a recording. Raises RecordingInvalid, and NetworkForbidden."""
    return carry_out(recording_from(read_yaml(text, _NO_FILE), _NO_FILE, lambda _: None), ReplayTerms())


def _require_offers(registry: Registry, live: Liveness, settings: Settings) -> None:
    """Check that an agent provides each live capability. Raises UnknownCapability, LiveAgentMissing."""
    for name in sorted(live.capabilities):
        try:
            registry.capability(name)
        except UnknownCapability as error:
            if settings.agents:
                raise
            raise LiveAgentMissing(name, str(error)) from None


def _tellable(replayed: Replay) -> Iterator[JsonValue]:
    """All values that the output about a replay may show; if it differs from the recording, every event."""
    yield replayed.goal
    yield replayed.answer
    if replayed.drifts or replayed.is_what_if:
        for event in (*replayed.recording.events, *replayed.events):
            yield cast(JsonValue, msgspec.json.decode(encode(event)))
