"""The root of every error that Callsheet raises on purpose.

Each folder has its own branch in its `errors` module. An error carries its context as fields, and its
message says what happened, where, and what to do about it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    BUDGET = 4
    DRIFT = 5
    INTERRUPTED = 130


class CallsheetError(Exception):
    """Something went wrong in a way that Callsheet foresaw.

    `exit_code` is the exit code of a command that ends with this error.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
