"""What is wrong with an expression."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode


class ExpressionSyntaxError(CallsheetError):
    """A text is not an expression. `start` is the offset of the character where it goes wrong."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, start: int, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"at character {start + 1}: {problem}" + (f" ({hint})" if hint else ""))
        self.start = start
        self.problem = problem
        self.hint = hint
