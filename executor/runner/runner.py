"""Where an attempt runs: the seam, and the runner of this process.

Nothing else in the executor assumes that an attempt runs here.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Protocol, TypeAlias

import msgspec
from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.errors import Permanent
from callsheet.executor.clocks.virtual_loop import outside_work
from callsheet.executor.models.journaled import RemoteModel
from callsheet.executor.runner.errors import Abandoned
from callsheet.tracebacks import attach_origin, origin_of

from .agent_reference import check_not_loading
from .errors import ProcessStuck
from .own_thread import perform_without_loop
from .process_runner import ProcessRunner

_Outcome: TypeAlias = tuple[object, BaseException | None]


class Assignment(msgspec.Struct, frozen=True):
    """One attempt: who does what, with what."""

    agent: Agent
    capability: str
    inputs: Mapping[str, JsonValue]
    context: Context


class Runner(Protocol):
    """Runs attempts, wherever that is."""

    async def perform(self, assignment: Assignment) -> object:
        """Do the work and give back what the agent returned, unjudged; raise what it raised.

        Cancelling asks the work to stop. A runner that cannot stop it returns from a cancellation
        with `Abandoned`.
        """
        ...


class LocalRunner:
    """Runs attempts on the event loop, or, where an agent asks for it, in a thread or a process of
    their own.

    A thread has a copy of the context variables of the attempt's task, which descend from those of the code
    that started the run. It cannot be stopped, and is a daemon: work that was abandoned holds up nothing, not
    even the end of the process. A process can be stopped, and is kept for the next attempt; `processes` says
    for how long.
    """

    def __init__(self, processes: ProcessRunner | None = None) -> None:
        self._processes = processes or ProcessRunner()

    async def perform(self, assignment: Assignment) -> object:
        """Do the work. Raises what the agent raises, and what `ProcessRunner.perform` does."""
        check_not_loading()
        match assignment.agent.isolation:
            case Isolation.THREAD:
                return await _perform_in_thread(assignment)
            case Isolation.PROCESS:
                return await self._perform_in_process(assignment)
            case _:
                agent, context = assignment.agent, assignment.context
                return await agent.perform(assignment.capability, assignment.inputs, context)

    def close(self) -> None:
        """End the processes that wait for work. Calling it is optional: they also end by themselves,
        and with this object."""
        self._processes.close()

    async def _perform_in_process(self, assignment: Assignment) -> object:
        agent, context = assignment.agent, assignment.context
        try:
            return await self._processes.perform(agent, assignment.capability, assignment.inputs, context)
        except ProcessStuck:
            raise Abandoned from None


async def _perform_in_thread(assignment: Assignment) -> object:
    home = asyncio.get_running_loop()
    context = assignment.context
    if context.model is not None:
        context = msgspec.structs.replace(context, model=RemoteModel(context.model, home))
    outcome: asyncio.Future[_Outcome] = home.create_future()
    work = partial(perform_without_loop, assignment.agent, assignment.capability, assignment.inputs, context)
    threading.Thread(
        target=copy_context().run,
        args=(_work, work, home, outcome),
        name=f"callsheet {context.idempotency_key}",
        daemon=True,
    ).start()
    try:
        with outside_work():
            returned, error = await outcome
    except asyncio.CancelledError:
        raise Abandoned from None
    if isinstance(error, KeyboardInterrupt):
        # Ctrl-C reaches the main thread only: this one was raised by the agent.
        stopped = Permanent("the agent raised KeyboardInterrupt")
        attach_origin(stopped, origin_of(error))
        raise stopped
    if error is not None:
        raise error
    return returned


def _work(
    work: Callable[[], object], home: asyncio.AbstractEventLoop, outcome: asyncio.Future[_Outcome]
) -> None:
    """In the thread: do the work, and bring home how it ended."""
    try:
        ended: _Outcome = (work(), None)
    except BaseException as error:
        ended = (None, error)
    # The loop is closed where nothing waited for this thread any more.
    with suppress(RuntimeError):
        home.call_soon_threadsafe(_bring_home, outcome, ended)


def _bring_home(outcome: asyncio.Future[_Outcome], ended: _Outcome) -> None:
    if not outcome.done():
        outcome.set_result(ended)
