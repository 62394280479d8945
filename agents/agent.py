"""An agent, which provides capabilities; and what it is given with each piece of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.spending.terms import FREE, Terms
from callsheet.agents.workspace.workspace import Workspace


class Isolation(StrEnum):
    """Where an agent's work may run without disturbing the rest."""

    LOOP = "loop"
    """It never blocks, so it runs on the event loop."""
    THREAD = "thread"
    """It may block, so it runs in a thread."""
    PROCESS = "process"
    """It computes for long, or may crash, so it runs in a process of its own, which can be killed."""


class Context(msgspec.Struct, frozen=True):
    """What an attempt knows besides its inputs."""

    run: str
    """The id of the run."""

    step: str
    """The id of the step."""

    attempt: int
    """Which attempt at this work this is, counted from 1."""

    idempotency_key: str
    """`run:step[:item]`: the same on every retry of the same work, so that a service can tell a repeat."""

    workspace: Workspace
    """The folder whose files the attempt may read and write."""

    item: int | None = None
    """The index in the list of a `for_each` step; None for any other step."""

    deadline: float | None = None
    """When the attempt is stopped, in seconds since the epoch by the run's clock; None for never."""

    model: ChatModel | None = None
    """The run's model, each call of which is journaled under the attempt; None where the run has none."""

    report: Callable[[str, JsonValue], None] | None = None
    """Takes what `progress` says; None where nobody listens, as in a replay."""

    def progress(self, text: str, partial: JsonValue = None) -> None:
        """Say how far the work has come, such as `3 of 40 pages`, and what there is of its result, as JSON.

        From any thread, and as often as you like: the latest is shown, and kept in the journal, once a second
        at most. Of the text 200 characters are kept; a `partial` result of more than 4,000 bytes is left out.
        """
        if self.report is not None:
            self.report(text, partial)


class Agent(Protocol):
    """A provider of one or more capabilities. Several agents may provide the same one.

    An agent may also have `terms`, a `Terms`: its prices and limits. Without `terms` it is free and
    unlimited. One that blocks is a `BlockingAgent` too.
    """

    @property
    def name(self) -> str:
        """How it is called in output and journals; unique in a registry."""
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


@runtime_checkable
class BlockingAgent(Protocol):
    """An agent whose work is no coroutine: in a thread or a process it is called outside any event loop,
    since libraries that block often refuse to work, or start a loop of their own, inside a running one."""

    def perform_blocking(
        self, capability: str, inputs: Mapping[str, JsonValue], context: Context
    ) -> JsonObject:
        """Do the work as `Agent.perform` does, and raise what that raises."""
        ...


class SoloAgent:
    """The properties of an agent with one capability; a subclass adds `perform`."""

    def __init__(
        self, name: str, capability: Capability, isolation: Isolation, terms: Terms | None = None
    ) -> None:
        self._name = name
        self._capability = capability
        self._isolation = isolation
        self._terms = terms or FREE

    @property
    def name(self) -> str:
        """How it is called in output and journals: its capability's name, unless it was given one of its
        own."""
        return self._name

    @property
    def capability(self) -> Capability:
        """The one contract it keeps."""
        return self._capability

    @property
    def capabilities(self) -> Sequence[Capability]:
        """Its one contract."""
        return (self._capability,)

    @property
    def isolation(self) -> Isolation:
        """Where its work may run."""
        return self._isolation

    @property
    def terms(self) -> Terms:
        """Its prices and limits."""
        return self._terms
