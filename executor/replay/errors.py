"""What ends a replay, or a part of one, before its run is over."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError
from callsheet.executor.journal.errors import JournalError
from callsheet.executor.replay.drift.drift import Drift


class ProcessEnded(JournalError):
    """The process of the run ends here: nothing more is written, as if it had been killed."""

    def __init__(self) -> None:
        super().__init__("of a replay", "the process of the recorded run ended here")


class ReplayStopped(JournalError):
    """The replay cannot go on: something was asked for that was not recorded. `drift` says what."""

    def __init__(self, drift: Drift) -> None:
        super().__init__("of a replay", drift.summary)
        self.drift = drift


class WhatIfInvalid(ExecutorError):
    """Something that is to happen otherwise cannot be understood, or happens nowhere in the recording."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE
