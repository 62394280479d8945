"""The seam to whatever gives attempts to agents: what it is asked, and what it can answer."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import msgspec

from callsheet.agents.agent import Agent
from callsheet.agents.selection.breaker import AttemptVerdict
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.selection.strategies import Strategy
from callsheet.executor.machine.pending_work import QueueKey
from callsheet.executor.run.state import Try

from .wait_queue import Waiter

NO_FIGURES: Mapping[tuple[str, str], Figures] = MappingProxyType({})
NO_FAILURES: Mapping[str, int] = MappingProxyType({})


class Request(msgspec.Struct, frozen=True):
    """An attempt for which an agent is wanted. Times are seconds since the epoch."""

    capability: str
    """The capability that the agent must provide."""
    now: float
    """The time of the request."""
    figures: Mapping[tuple[str, str], Figures] = NO_FIGURES
    """What the run knows of agents, by their names and the capability."""
    failures: Mapping[str, int] = NO_FAILURES
    """By agent, how often this very work failed for the agent's own reasons."""
    exclude: Container[str] = ()
    """The agents that will not do at all."""
    waiter: Waiter | None = None
    """Who waits where no agent is free. Without one the run does not wait."""
    attempt: Try | None = None
    """The attempt, where the chooser has to know it: a replay does."""
    strategy: Strategy | None = None
    """How the run wants agents chosen; the chooser's own way where nothing is said."""


class Ended(msgspec.Struct, frozen=True):
    """The end of an attempt: what it says about its agent, and how many tokens it took. The agent is to be
    given nothing for `retry_after` seconds."""

    at: float
    verdict: AttemptVerdict
    tokens: int = 0
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """No agent can begin now. One may at `until`; None where only another event can help."""

    until: float | None


@dataclass(frozen=True, slots=True)
class NoAgentAvailable:
    """No agent will do, and waiting won't help; `message` says which were there and why not."""

    message: str


class AgentChooser(Protocol):
    """Gives attempts to agents. `AgentPool` does it by which are free; each method is described there."""

    def acquire(self, request: Request) -> Agent | Wait | NoAgentAvailable:
        """The agent for an attempt, which it begins now."""
        ...

    def release(self, agent: str, capability: str, ended: Ended) -> None:
        """An attempt ended."""
        ...

    def leave(self, waiter: Waiter, now: float) -> None:
        """The waiter waits no longer, or has no use for its grant."""
        ...

    def blocked(self, closed: Container[QueueKey]) -> Container[QueueKey]:
        """The queue keys whose work does not begin now, where `closed` are those for which the run waits. It
        stays true, whatever happens."""
        ...
