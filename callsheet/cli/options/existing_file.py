"""A file that must not be overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class FileInTheWay(CallsheetError):
    """A recording was to be written to an existing `file` that is not a recording."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this file is not a recording, so it was not replaced; choose another name, or remove it"
        )
        self.file = file
