"""The process of an agent: takes tasks from its stdin, does one at a time, and says how each ended.

Nothing that the agent prints or reads touches the channel: its stdout goes where stderr goes, and
its stdin is empty. When the run's process is gone, this one ends at once, and whatever it started
with it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import JsonValue

from callsheet.agents.agent import Context
from callsheet.agents.models.chat import ChatChunk, ChatRequest
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.run.errors import NotJson, OutputNotKept
from callsheet.executor.run.json_copy import clean_text, copy_json

from .agent_reference import agent_at
from .channel import (
    Begun,
    CallModel,
    Channel,
    Forget,
    ModelAnswer,
    Progressed,
    Raised,
    Returned,
    Task,
    ToWorker,
    WireRequest,
    worker_end,
)
from .errors import ChannelBroken
from .own_thread import perform_without_loop
from .remote_error import pack, unpack

_GOODBYE_SECONDS = 1.0

_Waiting: TypeAlias = tuple[asyncio.AbstractEventLoop, "asyncio.Future[ModelAnswer]"]


class _Terminated(SystemExit):
    """This process was told to end; what is running may clean up on the way out."""


@dataclass(frozen=True, slots=True)
class RelayedModel:
    """The run's model, asked through the run's process; the answer arrives in one piece."""

    name: str
    context_tokens: int
    line: _Line

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Ask, and yield the whole answer at the end. Raises what the model raises."""
        answer = await self.line.ask(request)
        if answer.error is not None:
            raise unpack(answer.error)
        for chunk in answer.chunks:
            yield chunk


class _Line:
    """The calls of the model that wait for their answer, from whichever thread they were made."""

    def __init__(self, channel: Channel[ToWorker]) -> None:
        self._channel = channel
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}

    async def ask(self, request: ChatRequest) -> ModelAnswer:
        """Ask, and wait for the answer."""
        loop, call = asyncio.get_running_loop(), next(self._numbers)
        answer: asyncio.Future[ModelAnswer] = loop.create_future()
        self._waiting[call] = loop, answer
        try:
            self._channel.send(CallModel(call, WireRequest.from_request(request)))
            return await answer
        finally:
            if self._waiting.pop(call, None) is not None:
                self._channel.send(Forget(call))

    def report(self, text: str, partial: JsonValue) -> None:
        """Say how far the work has come. What is no JSON is left out."""
        try:
            partial = copy_json(partial)
        except NotJson:
            partial = None
        self._channel.send(Progressed(clean_text(str(text)), partial))

    def answer(self, answer: ModelAnswer) -> None:
        """An answer arrived, in another thread than it is waited for."""
        waiting = self._waiting.pop(answer.call, None)
        if waiting is not None:
            loop, future = waiting
            loop.call_soon_threadsafe(_settle, future, answer)


class Worker:
    """Does tasks, one after the other, in the thread that calls `serve`."""

    def __init__(self, channel: Channel[ToWorker]) -> None:
        self._channel = channel
        self._line = _Line(channel)
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._is_busy = False

    def serve(self) -> None:
        """Do what is given until nothing will be given any more."""
        threading.Thread(target=self._listen, name="callsheet channel", daemon=True).start()
        while (task := self._tasks.get()) is not None:
            self._is_busy = True
            said = self._perform(task)
            self._is_busy = False
            self._channel.send(said)

    def _perform(self, task: Task) -> Returned | Raised:
        try:
            agent = agent_at(task.place)
            context = _context(task, self._line)
            self._channel.send(Begun())
            output: Any = perform_without_loop(agent, task.capability, task.inputs, context)
        except _Terminated:
            raise
        except BaseException as error:
            return Raised(pack(error))
        try:
            return Returned(copy_json(output))
        except NotJson as error:
            return Raised(pack(OutputNotKept(f"it returned what cannot be kept: {error}")))

    def _listen(self) -> None:
        try:
            while True:
                message = self._channel.receive()
                if isinstance(message, Task):
                    self._tasks.put(message)
                else:
                    self._line.answer(message)
        except ChannelBroken:
            self._leave()

    def _leave(self) -> None:
        if not self._is_busy:
            # In good order, if that is soon.
            self._tasks.put(None)
            time.sleep(_GOODBYE_SECONDS)
        _die()


def main() -> None:
    """Take tasks from stdin until it ends."""
    channel = _take_over_pipes()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        Worker(channel).serve()
    except ChannelBroken:
        _die()
    except _Terminated:
        # So that whoever waits for this process sees what ended it.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _take_over_pipes() -> Channel[ToWorker]:
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # the run's process has no stderr
        os.dup2(nothing, 1)
    os.close(nothing)
    # A process that dies takes what it has not written along.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return worker_end(source, sink)


def _context(task: Task, line: _Line) -> Context:
    model = task.model
    return Context(
        task.run,
        task.step,
        task.attempt,
        task.idempotency_key,
        Workspace(task.workspace),
        task.item,
        task.deadline,
        None if model is None else RelayedModel(model.name, model.context_tokens, line),
        line.report,
    )


def _settle(future: asyncio.Future[ModelAnswer], answer: ModelAnswer) -> None:
    if not future.done():
        future.set_result(answer)


def _terminate(number: int, frame: object) -> None:
    raise _Terminated(128 + number)


def _die() -> None:
    """End now, and with this process whatever it started."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
