"""A file that is not to be written over."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class FileInTheWay(CallsheetError):
    """Where a recording is to be written stands a `file` that is none."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: this file is no recording, and is left as it is; name another, or remove it first"
        )
        self.file = file
