"""What is wrong with a contract, a duration, or an object."""

from __future__ import annotations

from typing import ClassVar

from callsheet.agents.errors import AgentError
from callsheet.errors import ExitCode


class CapabilityError(AgentError):
    """A capability is malformed: its name, a schema, or its main output. `where` is the line of the code that
    made it, where known."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, problem: str) -> None:
        super().__init__(f"capability {capability!r}: {problem}")
        self.capability = capability
        self.problem = problem
        self.where = ""

    def at(self, where: str) -> CapabilityError:
        """The same, and where in the user's code: `FILE, line N`."""
        error = CapabilityError(self.capability, f"{self.problem} (at {where})" if where else self.problem)
        error.problem, error.where = self.problem, where
        return error


HOW_TO_WRITE = "write seconds, more than 0, or 90s, 5m, 1h 30m, 1d, 1w"


class DurationError(AgentError):
    """A value that is not a duration. `value` is what was given."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, value: object) -> None:
        super().__init__(f"{value!r:.80} is not a duration; {HOW_TO_WRITE}")
        self.value = value


class TypedObjectError(ValueError):
    """A type that no JSON Schema describes, or a value that doesn't have its shape."""
