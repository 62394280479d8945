"""Why a fake agent cannot answer."""

from __future__ import annotations

from typing import ClassVar

from callsheet.agents.errors import AgentError
from callsheet.errors import ExitCode

_MAX_PROBLEM = 200


class SampleImpossible(AgentError):
    """No value was found that keeps to a schema: at `pointer` (a JSON pointer into the value) there is a
    `problem`. `of` is what a sample was wanted of."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, pointer: str, problem: str, of: str = "this schema") -> None:
        self.pointer = pointer
        # A problem may quote the whole value, and says at its end what is wrong with it.
        self.problem = problem if len(problem) <= _MAX_PROBLEM else f"…{problem[-_MAX_PROBLEM:]}"
        self.of = of
        place = f"at {pointer}" if pointer else "at its root"
        super().__init__(
            f"no sample of {of} can be made: {place}, {self.problem}; give an answer of your own in `answers`"
        )


class WrongAnswer(AgentError):
    """An answer that the fake of `capability` cannot give; `problem` is what is wrong with it."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, problem: str) -> None:
        super().__init__(f"the fake of {capability!r} cannot give this answer: {problem}")
        self.capability = capability
        self.problem = problem
