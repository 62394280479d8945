"""What can go wrong with a recording in a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.replay.drift.drift import Drift
from callsheet.recordings.replay_result import ReplayDrifted


class RecordedTestError(CallsheetError):
    """The branch of everything that concerns tests with recordings."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class MarkInvalid(RecordedTestError):
    """What stands in a `recording` marker cannot be used."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"@pytest.mark.recording: {problem}; write the file, and what else there is to say by name: "
            '@pytest.mark.recording("recordings/brief.yaml", agents=[...])'
        )
        self.problem = problem


class RecordingMissing(RecordedTestError):
    """There is no file `path` to replay. With `can_be_made` its marker says how to make it."""

    def __init__(self, path: str, *, can_be_made: bool) -> None:
        advice = (
            "make it with `pytest --callsheet-record=missing`"
            if can_be_made
            else f"write a past run there with `callsheet record RUN -o {path}`, or give the marker a `goal` "
            "or a `plan`, and have it made by `pytest --callsheet-record=missing`"
        )
        super().__init__(f"there is no recording {path}; {advice}")
        self.path = path
        self.can_be_made = can_be_made


class RunNotKept(RecordedTestError):
    """The run that was to become the recording `path` did not go well. `problem` says what happened."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"nothing was written to {path}, because the run did not go well: {problem}. If that is what you "
            f"want to test, let `callsheet run` do the same, and then `callsheet record last -o {path}`"
        )
        self.path = path
        self.problem = problem


class UpdateRefused(RecordedTestError):
    """A test wants to change its recording `path` in a run of pytest that is to change none."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is to be updated, and this run of pytest changes no recordings; allow it with "
            "`pytest --callsheet-record=all`, or do it once with `callsheet replay --update`"
        )
        self.path = path


class DriftsUnseen(RecordedTestError, AssertionError):
    """A test would have passed without a look at the `drifts` of a strict replay of `path`."""

    exit_code: ClassVar[ExitCode] = ExitCode.DRIFT

    def __init__(self, path: str, drifts: Sequence[Drift]) -> None:
        super().__init__(
            f"{ReplayDrifted(path, drifts)}\nThe test went well beside that; where it is not about drifts, "
            "write `strict=False` in its marker"
        )
        self.path = path
        self.drifts = tuple(drifts)
