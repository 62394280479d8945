"""Why a goal cannot be planned for as it stands."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.planner.errors import PlannerError


class GoalError(PlannerError):
    """A goal that cannot be planned for as it stands: it is empty, or far too long."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class EmptyCatalog(PlannerError):
    """There is nothing to plan with: no agent provides a capability."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self) -> None:
        super().__init__("no agent provides any capability, so nothing can be planned; add an agent")
