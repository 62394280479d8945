"""What can go wrong between a goal and a checked plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode

from .diagnostics import Diagnostic


class PlannerError(CallsheetError):
    """The branch of everything that concerns goals and plans."""


class PlanInvalid(PlannerError):
    """A plan does not check. `diagnostics` are the checker's findings, warnings too."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        lines = "\n".join(f"  {diagnostic}" for diagnostic in diagnostics[:20])
        more = f"\n  and {len(diagnostics) - 20} more" if len(diagnostics) > 20 else ""
        super().__init__(f"the plan does not check:\n{lines}{more}")
        self.diagnostics = tuple(diagnostics)


class DocumentError(PlannerError):
    """A text is no JSON or YAML document of the kind wanted. `line` counts from 1, where known."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, problem: str, line: int | None = None) -> None:
        super().__init__(f"{source}{f', line {line}' if line else ''}: {problem}")
        self.source = source
        self.problem = problem
        self.line = line
