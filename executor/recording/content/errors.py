"""What can go wrong with a recording."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


class RecordingError(ExecutorError):
    """The branch of everything that concerns recordings."""


class RecordingInvalid(RecordingError):
    """A file is no recording that can be replayed. `problem` says what is wrong, `advice` what to do about
    it; `line` counts from 1, where known."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, problem: str, line: int | None, advice: str) -> None:
        super().__init__(f"{source}{f', line {line}' if line else ''}: {problem}; {advice}")
        self.source = source
        self.problem = problem
        self.line = line
        self.advice = advice


class RecordingNewer(RecordingError):
    """A recording was written by a newer release: its format is number `found`, and this release knows
    those up to `known`. `callsheet` is the release that wrote it; empty where the file does not say."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, found: int, known: int, callsheet: str) -> None:
        by = f" by Callsheet {callsheet}" if callsheet else ""
        super().__init__(
            f"{source}: written{by} in format {found}, but this release reads formats up to {known}; "
            "upgrade Callsheet, or record the run again with this release"
        )
        self.source = source
        self.found = found
        self.known = known
        self.callsheet = callsheet


class RunNotRecordable(RecordingError):
    """The events of a run make no recording. `event` is the place, from 0, of the one that does not fit,
    where it is a single one; `advice` says what to do, where that is known."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, problem: str, event: int | None = None, advice: str = "") -> None:
        super().__init__(f"run {run!r} cannot be recorded: {problem}{f'; {advice}' if advice else ''}")
        self.run = run
        self.problem = problem
        self.event = event
        self.advice = advice


class RecordingUnwritable(RecordingError):
    """A recording cannot be written to the file `path`; `problem` is what the system says."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: the recording cannot be written: {problem}; name another file")
        self.path = path
        self.problem = problem
