"""What is wrong with the settings, or with the agents that they name."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class ConfigError(CallsheetError):
    """A setting cannot be used. `source` is the file, variable or flag; `key` None means the whole of it."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, key: str | None, problem: str) -> None:
        # A flag and a variable hold one setting, and their name says which.
        is_file = key is not None and not source.startswith(("--", "CALLSHEET_"))
        super().__init__(f"{source}, key {key!r}: {problem}" if is_file else f"{source}: {problem}")
        self.source = source
        self.key = key
        self.problem = problem


class AgentsNotLoaded(CallsheetError):
    """The file or module `place`, named by `--agents`, cannot be imported, or has no agents."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"agents {place!r}: {problem}")
        self.place = place
        self.problem = problem


class TrustNotKept(CallsheetError):
    """It could not be remembered, or forgotten, that the user trusts a folder."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, problem: str) -> None:
        super().__init__(f"trust in this folder: {problem}")
        self.problem = problem


class UntrustedSettings(UserWarning):
    """Settings of the working folder's files are ignored, because the user has not trusted the folder."""
