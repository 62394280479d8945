"""What is wrong with a plan that is not valid."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.errors import PlannerError


class PlanInvalid(PlannerError):
    """A plan has errors. `diagnostics` are the checker's findings, warnings too."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        lines = "\n".join(f"  {diagnostic}" for diagnostic in diagnostics[:20])
        more = f"\n  and {len(diagnostics) - 20} more" if len(diagnostics) > 20 else ""
        super().__init__(f"the plan is not valid:\n{lines}{more}")
        self.diagnostics = tuple(diagnostics)


class ParameterError(PlannerError):
    """Values that do not fit a plan's parameters. `problems` has a sentence for each of them, and `wanted`
    how to write what is required, as `NAME=KIND`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, problems: tuple[str, ...], wanted: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        flags = " ".join(f"--param {shlex.quote(each)}" for each in wanted)
        advice = f"\nAdd {flags}, or pass `params` in Python." if wanted else ""
        super().__init__(f"the plan cannot run with these parameters:\n{lines}{advice}")
        self.problems = problems
        self.wanted = wanted
