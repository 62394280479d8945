"""What is wrong with a text that should be a document."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.planner.errors import PlannerError


class DocumentError(PlannerError):
    """A text is not a JSON or YAML document of the kind required. `line` counts from 1, where known."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, problem: str, line: int | None = None) -> None:
        super().__init__(f"{source}{f', line {line}' if line else ''}: {problem}")
        self.source = source
        self.problem = problem
        self.line = line
