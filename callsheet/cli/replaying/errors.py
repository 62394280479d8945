"""Why a recording cannot be replayed from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class LiveAgentMissing(CallsheetError):
    """A live `capability` that no built-in agent provides, while the user named no other agents."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, problem: str) -> None:
        super().__init__(f"{problem}; live steps run on your current agents: name them with --agents FILE")
        self.capability = capability
        self.problem = problem


class NoRecordings(CallsheetError):
    """A `folder` has no recordings."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: there are no recordings in this folder; `callsheet record RUN -o FILE` writes one"
        )
        self.folder = folder
