"""A file that is not to be written over."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class FileInTheWay(CallsheetError):
    """Where something of a `kind` is to be written, a recording or a report, stands a `file` that is none."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path, kind: str) -> None:
        super().__init__(
            f"{file}: this file is no {kind}, and is left as it is; name another, or remove it first"
        )
        self.file = file
        self.kind = kind
