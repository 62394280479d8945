"""What a run needs from outside, and who is asked about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.workspace import Workspace

from .clock import Clock
from .desk import Desk
from .events import ApprovalRequested, Event
from .journal import Journal
from .runner import Runner

Approve: TypeAlias = Callable[[ApprovalRequested], Awaitable[bool]]
"""Asks somebody whether a step may start."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs from outside, as given to the Executor."""

    desk: Desk
    journal: Journal
    workspace: Workspace
    clock: Clock
    runner: Runner
    model: ChatModel | None
    approve: Approve | None
    on_event: Callable[[Event], None] | None
    grace_seconds: float
