"""Attempts in processes of their own, which are kept for the next attempt."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress

from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context
from callsheet.agents.errors import Permanent
from callsheet.executor.clocks.virtual_loop import outside_work
from callsheet.executor.run.errors import ProcessDied

from .agent_reference import AgentReference, place_of
from .channel import (
    Asked,
    CallModel,
    Forget,
    ModelAnswer,
    ModelFigures,
    Progressed,
    Raised,
    Returned,
    Task,
    encode,
)
from .errors import ProcessNotStarted, ProcessStuck
from .remote_error import pack, unpack
from .worker_handle import Died, End, Home, PendingTask, WorkerProcess

IDLE_SECONDS = 60.0
MAX_IDLE = 8
TERMINATION_SECONDS = 1.0
_KILLED_SECONDS = 5.0
_PATIENCE_SECONDS = 1.0


class ProcessRunner:
    """Runs attempts in processes, one at a time in each, started when there is none to spare.

    A process serves the agents of one module or file. One that has nothing to do stays for
    `idle_seconds`, at most `max_idle` of them. Told to stop, it has `termination_seconds` to do so
    before it is killed; it is not used again, and one that died isn't either. Nothing is left
    running when this object is closed, is collected, or dies with its process.
    """

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        max_idle: int = MAX_IDLE,
        termination_seconds: float = TERMINATION_SECONDS,
    ) -> None:
        self._idle_seconds = idle_seconds
        self._max_idle = max_idle
        self._termination_seconds = termination_seconds
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._busy = set[WorkerProcess]()
        weakref.finalize(self, _dismiss, self._idle)

    async def perform(
        self, agent: Agent, capability: str, inputs: Mapping[str, JsonValue], context: Context
    ) -> object:
        """Have the work done, and give back what the agent returned.

        Cancelling stops the process and raises CancelledError once it is gone, unless the work was
        done just then. Raises what the agent raises (`distant_error` says how much of that comes
        across), Permanent for an agent that no other process finds, for output that is no JSON and
        for inputs that cannot be passed, ProcessDied, ProcessNotStarted, and ProcessStuck.
        """
        place = place_of(agent)
        home = Home.here(place)
        task = _encoded(agent, place, capability, inputs, context)
        while True:
            relay = _Relay(context)
            pending_task = PendingTask(task, relay.hear)
            worker, is_new = self._hire(agent, home, pending_task)
            end = await self._wait(agent, worker, pending_task, relay)
            # One that died while it waited for work is no fault of this work.
            if is_new or not isinstance(end, Died) or end.begun:
                return _outcome(agent, end)

    def close(self) -> None:
        """End every process, and wait until they are gone: some milliseconds, five seconds at most.

        Work that is under way ends as if its process had died. What is performed later starts
        processes again.
        """
        with self._lock:
            idle, busy = self._idle[:], list(self._busy)
            self._idle.clear()
        for worker in idle:
            worker.dismiss()
        for worker in busy:
            worker.kill()
        for worker in (*idle, *busy):
            _await_end(worker)

    def _hire(self, agent: Agent, home: Home, pending_task: PendingTask) -> tuple[WorkerProcess, bool]:
        """Give the task to a process that has nothing to do, or to a new one, and say which."""
        while (worker := self._spare(home)) is not None:
            if worker.give(pending_task):
                self._busy.add(worker)
                return worker, False
        try:
            worker = WorkerProcess(home, self._idle_seconds)
        except OSError as error:
            raise ProcessNotStarted(agent.name, str(error)) from error
        worker.give(pending_task)
        self._busy.add(worker)
        return worker, True

    def _spare(self, home: Home) -> WorkerProcess | None:
        with self._lock:
            # The one that worked last: the others may then leave in time.
            for index in reversed(range(len(self._idle))):
                if self._idle[index].home == home:
                    return self._idle.pop(index)
        return None

    def _keep(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._idle[:] = [each for each in self._idle if not each.gone.done()] + [worker]
            dismissed = self._idle[: max(0, len(self._idle) - self._max_idle)]
            del self._idle[: len(dismissed)]
        _dismiss(dismissed)

    async def _wait(
        self, agent: Agent, worker: WorkerProcess, pending_task: PendingTask, relay: _Relay
    ) -> End:
        try:
            with outside_work():
                end = await asyncio.wrap_future(pending_task.ended)
        except asyncio.CancelledError:
            await self._stop(agent, worker)
            await relay.end()
            end = pending_task.ended.result()
            if not isinstance(end, Returned):
                raise
            return end
        finally:
            self._busy.discard(worker)
            if not pending_task.ended.done():
                worker.kill()
        if not isinstance(end, Died):
            self._keep(worker)
        await relay.end()
        return end

    async def _stop(self, agent: Agent, worker: WorkerProcess) -> None:
        worker.terminate()
        gone = asyncio.wrap_future(worker.gone)
        with outside_work():
            # Who cancels a second time has no more patience.
            with suppress(asyncio.CancelledError):
                await asyncio.wait((gone,), timeout=self._termination_seconds)
            worker.kill()
            await _until_done(gone, _KILLED_SECONDS)
        if not worker.gone.done():
            raise ProcessStuck(agent.name)


class _Relay:
    """Passes on the progress that the agent of one attempt reports, and makes the calls of the model that it
    asks for, on the event loop of the run, where its model lives."""

    def __init__(self, context: Context) -> None:
        self._model = context.model
        self._report = context.progress
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, asyncio.Task[None]] = {}

    def hear(self, said: Asked, send: Callable[[ModelAnswer], None]) -> None:
        """From any thread: the agent asks, and the answer is to be sent; or it no longer wants to know; or it
        reports."""
        if isinstance(said, Progressed):
            self._report(said.text, said.partial)
            return
        # The loop is closed where nothing waits for the attempt any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, said, send)

    async def end(self) -> None:
        """Call off what is still asked. Returns once that is entered in the journal."""
        calls = list(self._calls.values())
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls, timeout=_PATIENCE_SECONDS)

    def _take(self, said: CallModel | Forget, send: Callable[[ModelAnswer], None]) -> None:
        if isinstance(said, CallModel):
            self._calls[said.call] = self._loop.create_task(self._make(said, send))
        elif said.call in self._calls:
            self._calls[said.call].cancel()

    async def _make(self, ask: CallModel, send: Callable[[ModelAnswer], None]) -> None:
        try:
            answer = await self._answer(ask)
            # The pipe may be full, and must not hold up the loop.
            await asyncio.to_thread(send, answer)
        finally:
            del self._calls[ask.call]

    async def _answer(self, ask: CallModel) -> ModelAnswer:
        assert self._model is not None  # else the agent was not given one
        try:
            chunks = [chunk async for chunk in self._model.stream(ask.question.to_request())]
        except Exception as error:
            return ModelAnswer(ask.call, error=pack(error))
        return ModelAnswer(ask.call, tuple(chunks))


async def _until_done(future: asyncio.Future[None], seconds: float) -> None:
    """Wait, but no longer than that, whoever cancels."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not future.done() and (left := end - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait((future,), timeout=left)


def _encoded(
    agent: Agent, place: AgentReference, capability: str, inputs: Mapping[str, JsonValue], context: Context
) -> bytes:
    model = context.model
    task = Task(
        place,
        capability,
        dict(inputs),
        context.run,
        context.step,
        context.attempt,
        context.idempotency_key,
        str(context.workspace.root),
        context.item,
        context.deadline,
        None if model is None else ModelFigures(model.name, model.context_tokens),
    )
    try:
        return encode(task)
    except (TypeError, ValueError, RecursionError) as error:
        raise Permanent(f"agent {agent.name!r}: its work cannot be passed to a process: {error}") from error


def _outcome(agent: Agent, end: End) -> object:
    match end:
        case Returned(output):
            return output
        case Raised(error):
            raise unpack(error)
        case Died(code):
            raise ProcessDied(agent.name, code)


def _dismiss(workers: list[WorkerProcess]) -> None:
    for worker in workers:
        worker.dismiss()


def _await_end(worker: WorkerProcess) -> None:
    try:
        worker.gone.result(_KILLED_SECONDS)
    except TimeoutError:
        return
