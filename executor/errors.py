"""What can go wrong with a journal, or with the handling of a run."""

from __future__ import annotations

import signal
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
        super().__init__(f"there is no run {run!r}; list the runs of this journal with `callsheet runs`")
        self.run = run


class RunAmbiguous(ExecutorError):
    """Several runs begin with `prefix`: `runs`, five at most."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, prefix: str, runs: tuple[str, ...]) -> None:
        super().__init__(f"several runs begin with {prefix!r}: {', '.join(runs)}; give more of the id")
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
            f"an event cannot be read ({problem}); it is damaged, or another release of Callsheet wrote it"
        )
        self.problem = problem


class EventUnwritable(ExecutorError):
    """An event holds something that has no place in JSON: a lone surrogate in a text, for instance."""

    def __init__(self, event: str, problem: str) -> None:
        super().__init__(f"{event} cannot be written to the journal: {problem}")
        self.event = event
        self.problem = problem


class RunEnded(ExecutorError):
    """A run was to be resumed, or told something, that has ended; `status` says how."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, status: str) -> None:
        super().__init__(f"run {run!r} is {status} and cannot be continued; start a new run")
        self.run = run
        self.status = status


class AgentsChanged(ExecutorError):
    """A run cannot go on with the agents that there are: `problems` says of each capability that its
    remaining steps need what is wrong."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, problems: tuple[str, ...]) -> None:
        super().__init__(
            f"run {run!r} cannot continue with the agents available now: {'; '.join(problems)}. "
            "Nothing was changed: restore the agents that it began with, or start a new run"
        )
        self.run = run
        self.problems = problems


class NothingWaits(ExecutorError):
    """A decision was made about a step that does not wait for one; `waiting` are those that do."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, step: str | None, waiting: tuple[str, ...]) -> None:
        named = "no step is" if step is None else f"step {step!r} is not"
        others = f"; waiting: {', '.join(waiting)}" if waiting else ""
        super().__init__(f"run {run!r}: {named} waiting for a decision{others}")
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
    """A message was sent to the planner of a run that has none."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str) -> None:
        super().__init__(
            f"run {run!r} has no planner that could read this; resume the run with "
            "`callsheet resume --max-replans 5` and send it then, or cancel the run and run the goal again"
        )
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


class ProcessDied(ExecutorError):
    """The process ended in the middle of the work of `agent`: `code` is what it left behind, below
    zero the signal that ended it; None where it went on without its channel."""

    def __init__(self, agent: str, code: int | None) -> None:
        super().__init__(f"agent {agent!r}: its process {_told(code)}")
        self.agent = agent
        self.code = code


class OutputNotKept(ExecutorError):
    """What an agent in a process of its own returned cannot come home: it is no JSON, or too large."""


class ProcessNotStarted(ExecutorError):
    """The system has no process for `agent`."""

    def __init__(self, agent: str, problem: str) -> None:
        super().__init__(f"agent {agent!r}: no process can be started for it: {problem}")
        self.agent = agent


class ProcessStuck(ExecutorError):
    """The process of `agent` was killed and is still there."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"agent {agent!r}: its process does not end, although it was killed")
        self.agent = agent


class OptionInvalid(ExecutorError, ValueError):
    """A run cannot have this option: `option` is its name, `value` what was given, `wanted` what it takes."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, option: str, value: object, wanted: str) -> None:
        super().__init__(f"the option {option!r} is {value!r:.80}; it takes {wanted}")
        self.option = option
        self.value = value
        self.wanted = wanted


class BudgetExceeded(ExecutorError):
    """Something was refused before it was begun, or a plan before it ran, because the budget does not
    allow it: `what` was refused, and `problem` says which limit stands against it."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUDGET

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what}: {problem}; allow more, or ask for less")
        self.what = what
        self.problem = problem


def _told(code: int | None) -> str:
    if code is None:
        return "closed the pipes through which it takes its work and gives it back"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown here"
    hint = "; the system does that when memory runs out" if name == "SIGKILL" else ""
    return f"ended by signal {-code} ({name}){hint}"
