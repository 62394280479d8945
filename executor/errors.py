"""What can go wrong with a journal, or with the handling of a run."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class ExecutorError(CallsheetError):
    """The branch of everything that concerns runs and their journal."""


class JournalError(ExecutorError):
    """The journal cannot be opened, read or written. `path` is its file, `problem` what is wrong."""

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"journal {path}: {problem}")
        self.path = path
        self.problem = problem


class RunNotFound(ExecutorError):
    """The journal holds no run whose id is, or begins with, `run`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str) -> None:
        super().__init__(f"there is no run {run!r}; `callsheet runs` lists those that there are")
        self.run = run


class RunAmbiguous(ExecutorError):
    """Several runs begin with `prefix`: `runs`, five at most."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, prefix: str, runs: tuple[str, ...]) -> None:
        super().__init__(f"several runs begin with {prefix!r}: {', '.join(runs)}; write more of the id")
        self.prefix = prefix
        self.runs = runs


class RunNotPending(ExecutorError):
    """A run was to be started that has been started before; `status` is where it stands."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, status: str) -> None:
        super().__init__(f"run {run!r} is {status} and cannot be started again; start a new run")
        self.run = run
        self.status = status


class EventUnreadable(ExecutorError):
    """An entry of a journal is not an event that this release knows."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"an event cannot be read ({problem}); it was damaged, or written by another release of Callsheet"
        )
        self.problem = problem


class EventUnwritable(ExecutorError):
    """An event holds something that has no place in JSON: a lone surrogate in a text, for instance."""

    def __init__(self, event: str, problem: str) -> None:
        super().__init__(f"{event} cannot be written to the journal: {problem}")
        self.event = event
        self.problem = problem
