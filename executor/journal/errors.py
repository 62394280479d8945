"""What can go wrong with the journal, and with the ownership of a run."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


class JournalError(ExecutorError):
    """The journal cannot be opened, read or written. `path` is its file, `problem` what is wrong."""

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"journal {path}: {problem}")
        self.path = path
        self.problem = problem


class RunOwned(ExecutorError):
    """A living process has the run: `pid` on the machine `host`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, pid: int, host: str) -> None:
        super().__init__(f"run {run!r} is running in process {pid} on {host}; wait for it to end, or stop it")
        self.run = run
        self.pid = pid
        self.host = host


class RunTakenOver(JournalError):
    """The run has another owner now, so nothing was written: `pid` on `host`, both None where that
    process has released it again."""

    def __init__(self, path: Path | str, run: str, pid: int | None = None, host: str | None = None) -> None:
        by = "another process, which has released it since" if pid is None else f"process {pid} on {host}"
        super().__init__(
            path,
            f"run {run!r} was taken over by {by}; nothing was written; this process must stop working on it",
        )
        self.run = run
        self.pid = pid
        self.host = host


class RunNotClaimed(JournalError):
    """A run was to be written that this journal object does not own."""

    def __init__(self, path: Path | str, run: str) -> None:
        super().__init__(path, f"run {run!r} was not claimed; claim it before writing to it")
        self.run = run


class RunNotFound(ExecutorError):
    """The journal holds no run whose id is, or begins with, `run`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str) -> None:
        super().__init__(f"there is no run {run!r}; `callsheet runs` lists the runs of this journal")
        self.run = run


class RunAmbiguous(ExecutorError):
    """Several runs begin with `prefix`: `runs`, five at most."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, prefix: str, runs: tuple[str, ...]) -> None:
        super().__init__(f"several runs begin with {prefix!r}: {', '.join(runs)}; give more of the id")
        self.prefix = prefix
        self.runs = runs


class RunEnded(ExecutorError):
    """A run was to be resumed, or told something, that has ended; `status` says how."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, status: str) -> None:
        super().__init__(f"run {run!r} has ended ({status}) and cannot be continued; start a new run")
        self.run = run
        self.status = status
