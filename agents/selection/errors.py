"""What is wrong with a strategy or a breaker."""

from __future__ import annotations

from typing import ClassVar

from callsheet.agents.errors import AgentError
from callsheet.errors import ExitCode


class StrategyError(AgentError):
    """There is no strategy of this name, or a strategy of the user's chose what is not a candidate."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class BreakerPolicyError(AgentError):
    """A breaker's policy that makes no sense."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE
