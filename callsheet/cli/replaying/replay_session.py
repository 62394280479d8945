"""Replays one file after the other, with the team and the model that the settings ask for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, cast

import msgspec
from pydantic import JsonValue

from callsheet.agents.errors import UnknownCapability
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.cli.options.output import Output
from callsheet.cli.running.model import choose_model, model_at_hand
from callsheet.errors import CallsheetError, ExitCode
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


class NobodyToBeLive(CallsheetError):
    """A `capability` is to be live that none of the built-in agents offers, and no others are named."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, problem: str) -> None:
        super().__init__(f"{problem}; what is live is done by agents of today: name yours with --agents FILE")
        self.capability = capability
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What came of one file: its `replay`, or the `error` that kept it from being replayed. `seconds` is
    what that took, here and now. `slips` are what a recording that was written anew does not replay
    exactly in, and `lost` is how many placeholders for secrets it has fewer than before."""

    file: Path
    seconds: float
    replay: Replay | None = None
    error: CallsheetError | None = None
    slips: tuple[Drift, ...] = ()
    lost: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether it came out as it was recorded."""
        return self.replay is not None and not self.replay.drifts

    @property
    def is_in_order(self) -> bool:
        """Whether it did, or is as of now what it should be."""
        is_updated = self.replay is not None and self.replay.updated is not None
        return self.is_exact or (is_updated and not self.slips)


class ReplaySession:
    """Replays files on the same terms. What is `live` is done by today's team and asked of the model. What
    the `patterns` match is as secret as what the settings say.

    Raises SecretPatternInvalid, AgentsNotLoaded, UnknownCapability or NobodyToBeLive where something is to be
    live that nobody offers, and what `choose_model` raises where the planner is.
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
        # A recording is enough by itself: today's agents count where somebody names them, or wants them.
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
        """Replay one. What may go wrong with it is in what comes back."""
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
        """A text without the secrets of what was replayed."""
        return self._shown.redact_text(text)

    def clean(self, value: JsonValue) -> JsonValue:
        """A value of a run without its secrets."""
        return self._shown.redact(value)

    def _redactor(self) -> Redactor:
        """One that knows nothing yet of any recording."""
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
        """Who is asked for what is live: chosen at the first need, once for all files."""
        if self._settings.model == RECORDED:
            return None
        choose = choose_model if self._terms.live.planner else model_at_hand
        return choose(self._settings, self._output)


def rehearse(file: Path) -> Replay:
    """The strict replay of a file that was just written. Raises what `load_recording` does, and
    NetworkForbidden."""
    return carry_out(load_recording(file), ReplayTerms())


def rehearse_text(text: str) -> Replay:
    """The replay of what a file would hold. Raises RecordingInvalid, and NetworkForbidden."""
    return carry_out(recording_from(read_yaml(text, _NO_FILE), _NO_FILE, lambda _: None), ReplayTerms())


def _require_offers(registry: Registry, live: Liveness, settings: Settings) -> None:
    """See that somebody offers what is to be live. Raises UnknownCapability, NobodyToBeLive."""
    for name in sorted(live.capabilities):
        try:
            registry.capability(name)
        except UnknownCapability as error:
            if settings.agents:
                raise
            raise NobodyToBeLive(name, str(error)) from None


def _tellable(replayed: Replay) -> Iterator[JsonValue]:
    """All that may be told of a replay: what it is about, and where it is not as recorded every event."""
    yield replayed.goal
    yield replayed.answer
    if replayed.drifts or replayed.is_what_if:
        for event in (*replayed.recording.events, *replayed.events):
            yield cast(JsonValue, msgspec.json.decode(encode(event)))
