"""The fixture `recording` of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Self

from callsheet.agents.models.chat import ChatModel
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.recordings.api import fewer_placeholders_text, live_model, redactor_of, save_anew
from callsheet.recordings.replay import ReplayTerms, Team
from callsheet.recordings.replay import replay as carry_out

from .errors import DriftsUnseen, RecordingMissing, UpdateRefused
from .off_loop import off_loop
from .recording_mark import Agents, RecordingMark
from .site import Site
from .watched_replay import WatchedReplay


class RecordingFixture:
    """The recording that a test's marker names: `recording` is the content of the file `path`.

    `on_update` is called for every update of the file; without it no update is allowed.
    """

    def __init__(
        self,
        recording: Recording,
        path: Path,
        mark: RecordingMark,
        site: Site,
        *,
        strict: bool = True,
        on_update: Callable[[str], None] | None = None,
    ) -> None:
        self.recording = recording
        self.path = path
        self._mark = mark
        self._site = site
        self._strict = strict if mark.strict is None else mark.strict
        self._on_update = on_update
        self._replays: list[WatchedReplay] = []

    @classmethod
    def load(
        cls,
        mark: RecordingMark,
        site: Site,
        *,
        strict: bool = True,
        on_update: Callable[[str], None] | None = None,
    ) -> Self:
        """The recording of a marker. Raises RecordingMissing, and what `load_recording` does."""
        path = site.path(mark.file)
        shown = site.shown(path)
        if not path.exists():
            raise RecordingMissing(shown, can_be_made=mark.can_be_made)
        recording = replace(load_recording(path), source=shown)
        return cls(recording, path, mark, site, strict=strict, on_update=on_update)

    def replay(
        self,
        *,
        live: str | Iterable[str] | None = None,
        what_if: WhatIf | Iterable[WhatIf] = (),
        agents: Agents | None = None,
        model: ChatModel | str | None = None,
        update: bool = False,
        strict: bool | None = None,
    ) -> WatchedReplay:
        """Carry the recorded run out again, as `callsheet.replay` does, in sync and in async tests alike.

        Arguments that are not given are those of the marker. Without live parts and what-ifs the replay is
        `strict`: a test that has not looked at its drifts fails for them.

        Raises UpdateRefused if this run of pytest may not change recordings, and what
        `callsheet.replay` does.
        """
        if update and self._on_update is None:
            raise UpdateRefused(self._site.shown(self.path))
        names = self._mark.live if live is None else live
        liveness = Liveness.from_names((names,) if isinstance(names, str) else names)
        what_ifs = (what_if,) if isinstance(what_if, WhatIf) else tuple(what_if)
        settings = self._site.settings
        redactor = redactor_of(settings)
        asked = self._mark.model if model is None else model
        terms = ReplayTerms(
            liveness,
            self._team(self._mark.agents if agents is None else agents, liveness),
            live_model(settings, asked, is_needed=liveness.planner, may_help=bool(liveness) or update),
            what_ifs,
            update,
            settings.workspace,
            redactor,
        )
        replayed = off_loop(lambda: carry_out(self.recording, terms))
        is_strict = (self._strict if strict is None else strict) and not (liveness or what_ifs)
        if replayed.updated is not None and self._on_update is not None:
            lost = save_anew(replayed.updated, self.path, redactor)
            warning = f"; {fewer_placeholders_text(lost)}" if lost else ""
            self._on_update(f"{self._site.shown(self.path)} (updated{warning})")
            is_strict = False
        watched = WatchedReplay(replayed, strict=is_strict)
        self._replays.append(watched)
        return watched

    def require_drifts_seen(self) -> None:
        """Raise DriftsUnseen for the first strict replay at whose drifts the test has not looked."""
        for each in self._replays:
            if each.unseen_drifts:
                raise DriftsUnseen(each.recording.source, each.unseen_drifts)

    def _team(self, agents: Agents | None, live: Liveness) -> Team | None:
        if agents is not None:
            return Team(self._site.registry(agents))
        if live.all_agents or live.capabilities:
            return Team(self._site.registry(None), is_whole=False)
        return None
