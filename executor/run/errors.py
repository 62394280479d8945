"""What of a run cannot be kept, and what its options and its budget refuse."""

from __future__ import annotations

import signal
from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


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


class ProcessDied(ExecutorError):
    """The process ended in the middle of the work of `agent`: `code` is what it left behind, below
    zero the signal that ended it; None where it went on without its channel."""

    def __init__(self, agent: str, code: int | None) -> None:
        super().__init__(f"agent {agent!r}: its process {_told(code)}")
        self.agent = agent
        self.code = code


class OutputNotKept(ExecutorError):
    """What an agent in a process of its own returned cannot come home: it is no JSON, or too large."""


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


class NotJson(ValueError):
    """A value that JSON cannot hold as it is, or that is too large. The text says which."""
