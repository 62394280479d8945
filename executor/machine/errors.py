"""Why a run cannot go on."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


class AgentsChanged(ExecutorError):
    """A run cannot go on with the agents that there are: `problems` says of each capability that its
    remaining steps need what is wrong."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, problems: tuple[str, ...]) -> None:
        super().__init__(
            f"run {run!r} cannot continue with the agents available now: {'; '.join(problems)}. "
            "Name the agents that it began with (--agents FILE), or start a new run"
        )
        self.run = run
        self.problems = problems
