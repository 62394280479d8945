"""What is wrong with a pattern of secrets."""

from __future__ import annotations

from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError


class SecretPatternInvalid(ExecutorError):
    """A regular expression for secrets cannot be used: `pattern` is what was written, `problem` says why."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(
            f"the pattern {pattern!r} for secrets {problem}; write a regular expression of Python that "
            "matches a secret, or has a group (?P<secret>...) that does"
        )
        self.pattern = pattern
        self.problem = problem
