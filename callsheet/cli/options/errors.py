"""Why the result of a command cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class OutputNotWritten(CallsheetError):
    """The result cannot be written to stdout. `problem` is the error of the system."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, problem: str) -> None:
        super().__init__(f"the result cannot be written to stdout: {problem}")
        self.problem = problem


class FileInTheWay(CallsheetError):
    """A recording was to be written to an existing `file` that is not a recording."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this file is not a recording, so it was not replaced; choose another name, or remove it"
        )
        self.file = file
