"""What can go wrong with an agent, a model or a catalog."""

from __future__ import annotations

import os
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode
from callsheet.suggestions import nearest


class AgentError(CallsheetError):
    """The branch of everything that concerns capabilities, agents and models."""


class Retryable(AgentError):
    """The work failed in a way that trying again can mend.

    `retry_after` is how many seconds to wait at least, where the other side said so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(AgentError):
    """The work failed and would fail the same way again."""


class NotConfigured(Permanent):
    """Something that the work needs is not set up. `variable` is the environment variable that is missing,
    where it is one."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, variable: str, problem: str = "") -> None:
        super().__init__(problem or f"the environment variable {variable} is not set; set it, and run again")
        self.variable = variable


def meant_error(error: BaseException) -> BaseException:
    """The error itself; for the KeyError of a variable that the environment lacks, a `NotConfigured`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, KeyError) or trace is None or trace.tb_frame.f_code is not _LOOKUP:
        return error
    return NotConfigured(str(error.args[0])).with_traceback(error.__traceback__)


_LOOKUP = type(os.environ).__getitem__.__code__


class Surprise(AgentError):
    """The work was done, and the world is not as the plan assumed."""


class WorkspaceError(Permanent):
    """A path that an agent may not use, or that does not exist: `path` as it was named, and the `problem`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{_shown(path)} {problem}")
        self.path = path
        self.problem = problem


class NoAgent(AgentError):
    """`given` is not an agent, though it stands in a list of agents; or (`listed` false) not a list of
    agents."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, given: object, *, listed: bool = True) -> None:
        what = f"{given!r:.80} is not an agent" if listed else f"{given!r:.80} is not a list of agents"
        super().__init__(
            f"{what}; pass a list of functions or an object's methods decorated with `@callsheet.agent`, or "
            "other agents"
        )
        self.given = given
        self.listed = listed


class AgentNameTaken(AgentError):
    """Two agents of a registry have the same name, `agent`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, agent: str) -> None:
        super().__init__(f"two agents are called {agent!r}; give one of them another name")
        self.agent = agent


class CapabilityClash(AgentError):
    """Two agents provide one capability with different contracts."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, agents: tuple[str, str], differing: tuple[str, ...]) -> None:
        first, second = agents
        super().__init__(
            f"agents {first!r} and {second!r} both provide {capability!r}, but differ in its "
            f"{', '.join(differing)}; rename one of the two, or make the contracts equal"
        )
        self.capability = capability
        self.agents = agents
        self.differing = differing


class UnknownCapability(AgentError):
    """No agent in the registry provides this capability; `suggestion` is one of a similar name."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, capability: str, known: tuple[str, ...]) -> None:
        self.suggestion = nearest(capability, known)
        super().__init__(
            f"no agent provides {capability!r}; "
            + (f"did you mean {self.suggestion!r}? " if self.suggestion else "")
            + f"available are: {', '.join(known) or 'no capabilities at all'}"
        )
        self.capability = capability
        self.known = known


def _shown(path: str) -> str:
    shown = ascii(path) if not path.isprintable() else repr(path)
    return shown if len(shown) <= 200 else f"{shown[:200]}…"
