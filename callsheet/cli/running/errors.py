"""Why a run that the command line started did not go on."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class RunInterrupted(CallsheetError):
    """The user pressed Ctrl-C, or the process got SIGTERM. `run` is the id of the run, None if it had not
    been created yet; `following` is what can be done now, with the command for it."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERRUPTED

    def __init__(self, run: str | None, following: str) -> None:
        super().__init__(
            "interrupted before anything was done" if run is None else f"interrupted; {following}"
        )
        self.run = run


class ApprovalNeeded(CallsheetError):
    """The plan changes something, and there is no terminal to ask at. `steps` are those that change it."""

    exit_code: ClassVar[ExitCode] = ExitCode.WAITING

    def __init__(self, steps: tuple[str, ...], what: str, show: str, resume: str) -> None:
        super().__init__(
            f"the plan {what}, which needs your approval, and there is no terminal to ask at; nothing was "
            f"done, and the run waits. To read the plan: {show}; to approve it and go on: {resume}"
        )
        self.steps = steps
