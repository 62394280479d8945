"""Why a run cannot be started, decided about, answered or told something."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


class RunNotPending(ExecutorError):
    """A run was to be started that has been started before; `status` is where it stands."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, status: str) -> None:
        super().__init__(f"run {run!r} is {status} and cannot be started again; start a new run")
        self.run = run
        self.status = status


class NothingWaits(ExecutorError):
    """A decision was made about a step that does not wait for one; `waiting` are those that do."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, step: str | None, waiting: tuple[str, ...]) -> None:
        named = "no step is" if step is None else f"step {step!r} is not"
        others = (
            f"waiting: {', '.join(waiting)}" if waiting else f"`callsheet show {run}` says what comes next"
        )
        super().__init__(f"run {run!r}: {named} waiting for a decision; {others}")
        self.run = run
        self.step = step
        self.waiting = waiting


class AnswerRefused(ExecutorError):
    """An answer about the outcome of a step's work cannot be accepted: `problem` says why."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, step: str, problem: str) -> None:
        super().__init__(f"run {run!r}, step {step!r}: {problem}")
        self.run = run
        self.step = step
        self.problem = problem


class PlannerMissing(ExecutorError):
    """A message was sent to the planner of a run that has none; `doubtful` are the steps in doubt, which it
    may have been about."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, doubtful: tuple[str, ...] = ()) -> None:
        doubts = (
            f"; about {', '.join(doubtful)}, which is in doubt, answer `done`, `again` or `failed`"
            if doubtful
            else f"; resume the run with `callsheet resume {run} --max-replans 5` and send it then, or "
            "cancel the run and run the goal again"
        )
        super().__init__(f"run {run!r} has no planner that could read this{doubts}")
        self.run = run


class MessageRefused(ExecutorError):
    """A message to the planner is empty, or has too many characters."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, characters: int, most: int) -> None:
        super().__init__(
            f"run {run!r}: a message to the planner has 1 to {most:,} characters, not {characters:,}; "
            "put long material in a file, and name the file"
        )
        self.run = run
        self.characters = characters
        self.most = most


class CancelReceived(Exception):
    """The run was cancelled. `unanswered` are the numbers of the signals that said so."""

    def __init__(self, reason: str, unanswered: tuple[int, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unanswered = unanswered


class ClockNotVirtual(ExecutorError):
    """A run was to go on in an event loop whose time is virtual, by the machine's clock."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self) -> None:
        super().__init__(
            "the time of this event loop is virtual, and the run's clock is the machine's: they would not "
            "agree about times and limits; give the run `clock=callsheet.testing.VirtualClock()`"
        )
