"""An agent: somebody who offers capabilities; and what it is given with each piece of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from .capability import Capability, JsonObject
from .models.chat import ChatModel
from .workspace import Workspace


class Isolation(StrEnum):
    """Where an agent's work may run without disturbing the rest."""

    LOOP = "loop"
    """It never blocks: on the event loop."""
    THREAD = "thread"
    """It may block: in a thread of its own."""
    PROCESS = "process"
    """It computes for long or may crash: in a process of its own, which can be ended."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an attempt knows beside its inputs.

    `attempt` counts from 1. `idempotency_key` (`run:step[:item]`) is the same on every retry of
    the same work. `deadline` is a time of the run's clock in seconds since the epoch. Every call
    of `model` is journaled under the attempt; it is None where the run has no model.
    """

    run: str
    step: str
    attempt: int
    idempotency_key: str
    workspace: Workspace
    item: int | None = None
    deadline: float | None = None
    model: ChatModel | None = None


class Agent(Protocol):
    """Somebody who offers one or more capabilities. Several agents may offer the same one."""

    @property
    def name(self) -> str:
        """What people and journals call it; unique in a registry."""
        ...

    @property
    def capabilities(self) -> Sequence[Capability]:
        """The contracts it keeps."""
        ...

    @property
    def isolation(self) -> Isolation:
        """Where its work may run."""
        ...

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Do the work once and return its output, an object as the capability's output schema has it.

        The inputs were validated. Raises `Retryable`, `Permanent` or `Surprise`; a model's errors
        may pass through; anything else counts as a failure that trying again may mend.
        """
        ...
