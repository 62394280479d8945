"""Errors about recordings in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.replay.drift.drift import Drift
from callsheet.recordings.errors import ReplayDrifted


class RecordedTestError(CallsheetError):
    """The root of errors about recordings in tests."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class MarkInvalid(RecordedTestError):
    """The arguments of a `recording` marker are not valid."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"@pytest.mark.recording: {problem}; give the file first, and everything else by keyword: "
            '@pytest.mark.recording("recordings/brief.yaml", agents=[...])'
        )
        self.problem = problem


class RecordingMissing(RecordedTestError):
    """There is no file `path` to replay. `can_be_made` is true if its marker says how to make it."""

    def __init__(self, path: str, *, can_be_made: bool) -> None:
        advice = (
            "make it with `pytest --callsheet-record=missing`"
            if can_be_made
            else f"record a past run with `callsheet record RUN -o {path}`, or give the marker a `goal` or a "
            "`plan`, and run `pytest --callsheet-record=missing`"
        )
        super().__init__(f"there is no recording {path}; {advice}")
        self.path = path
        self.can_be_made = can_be_made


class RunNotKept(RecordedTestError):
    """The run for the recording `path` did not complete. `problem` says what happened."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"{path} was not written, because the run did not complete: {problem}. To test just that, do the "
            f"same with `callsheet run`, and then `callsheet record last -o {path}`"
        )
        self.path = path
        self.problem = problem


class UpdateRefused(RecordedTestError):
    """A test would update its recording `path`, and this run of pytest may not change recordings."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} was not updated: this run of pytest may not change recordings; allow it with "
            "`pytest --callsheet-record=all`, or update the file with `callsheet replay --update`"
        )
        self.path = path


class DriftsUnseen(RecordedTestError, AssertionError):
    """A test passed without having looked at the `drifts` of a strict replay of `path`."""

    exit_code: ClassVar[ExitCode] = ExitCode.DRIFT

    def __init__(self, path: str, drifts: Sequence[Drift]) -> None:
        super().__init__(
            f"{ReplayDrifted(path, drifts)}\nThe test passed otherwise; if drifts do not matter to it, write "
            "`strict=False` in its marker"
        )
        self.path = path
        self.drifts = tuple(drifts)
