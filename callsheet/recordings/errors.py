"""Why a replay is no success."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.replay.drift.drift import Drift
from callsheet.prompts.hidden import spelled


class ReplayDrifted(CallsheetError, AssertionError):
    """A replay differs from its recording in `drifts`."""

    exit_code: ClassVar[ExitCode] = ExitCode.DRIFT

    def __init__(self, source: str, drifts: Sequence[Drift]) -> None:
        told = "\n".join(spelled(drift.describe()) for drift in drifts)
        name = source or "the recording"
        super().__init__(
            f"{name}: the replay differs from the recording\n{told}\n"
            "If that is intended, record again what drifted: callsheet replay --update "
            f"{source or 'FILE'}, with the --agents of the run"
        )
        self.drifts = tuple(drifts)
