"""What is wrong with a plan that is not valid."""

from __future__ import annotations

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
