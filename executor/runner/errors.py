"""What can go wrong where an attempt runs."""

from __future__ import annotations

from callsheet.executor.errors import ExecutorError


class ProcessNotStarted(ExecutorError):
    """The system has no process for `agent`."""

    def __init__(self, agent: str, problem: str) -> None:
        super().__init__(f"agent {agent!r}: no process can be started for it: {problem}")
        self.agent = agent


class ProcessStuck(ExecutorError):
    """The process of `agent` was killed and is still there."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"agent {agent!r}: its process does not end, although it was killed")
        self.agent = agent


class ChannelBroken(Exception):
    """The other side is gone, or does not speak as it should."""


class Abandoned(Exception):
    """The work was told to stop and can't be stopped; it may go on unseen."""
