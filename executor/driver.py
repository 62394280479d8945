"""The driver of one run: performs what the machine decides, and enters what comes of it.

One loop, one inbox. Events are committed before anything is done because of them, so that no
attempt starts whose start is not kept; whatever happens during a commit goes into the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from callsheet.agents.agent import Agent, Context
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.selection import select
from callsheet.agents.workspace import Workspace

from .attempts import Attempts
from .clock import Clock
from .commands import Command, Enter, Finish, RequestApproval, SetTimer, StartAttempt, StopAttempt
from .errors import JournalError
from .events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptStarted,
    CancellationRequested,
    Event,
    ModelCalled,
    RetryDue,
    RetryScheduled,
    RunPaused,
    StepFailed,
    TimeLimitReached,
)
from .failure import Failure, FailureKind
from .journal import Journal
from .json_copy import clean_text
from .machine import RunState, apply, decide
from .model import JournaledModel, Owner
from .record import Work
from .runner import Assignment, Runner

Approve: TypeAlias = Callable[[ApprovalRequested], Awaitable[bool]]
"""Asks somebody whether a step may start."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs from outside, as given to the Executor."""

    registry: Registry
    journal: Journal
    workspace: Workspace
    clock: Clock
    runner: Runner
    model: ChatModel | None
    approve: Approve | None
    on_event: Callable[[Event], None] | None
    grace_seconds: float


class Driver:
    """Drives one run to its end, or to where only a person can help."""

    def __init__(self, state: RunState, around: Surroundings) -> None:
        self._state = state
        self._around = around
        self._on_event = around.on_event
        self._loop = asyncio.get_running_loop()
        self._attempts = Attempts(around.runner, around.clock, state.record, self._post, around.grace_seconds)
        self._batch: list[Event] = []
        self._launches: list[Work] = []
        self._inbox: list[Event] = []
        self._waiter: asyncio.Future[None] | None = None
        self._timers: dict[Work, asyncio.TimerHandle] = {}
        self._limit: asyncio.TimerHandle | None = None
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._broken: BaseException | None = None
        self._over = False

    async def drive(self, *events: Event, time_limit: float | None = None) -> None:
        """Enter the events and go on until the run is over or paused, or `time_limit` seconds passed.

        Cancelling stops the attempts, enters the run's cancellation, and raises CancelledError
        then. Raises JournalError, and whatever `approve` and `on_event` raise.
        """
        if time_limit is not None:
            self._limit = self._loop.call_later(time_limit, self._reach_limit)
        try:
            for event in events:
                self._enter(event)
            await self._pursue()
        except JournalError:
            # Nothing can be kept any more, so nothing may go on.
            self._attempts.abandon_all()
            raise
        except BaseException as error:
            await self._call_off(error)
            raise
        finally:
            self._release()

    async def _pursue(self) -> None:
        while True:
            self._carry_out()
            await self._commit()
            if self._over:
                return
            await self._wait_for_news()
            self._take_in()

    async def _call_off(self, error: BaseException) -> None:
        """Stop everything in good order; a second interruption cuts the waiting short."""
        reason = "interrupted"
        if not isinstance(error, asyncio.CancelledError):
            # It may have been `on_event` that failed, and it would again.
            self._on_event = None
            reason = clean_text(f"{type(error).__name__}: {error}")
        self._enter(CancellationRequested(self._now(), reason))
        try:
            await self._pursue()
        except asyncio.CancelledError:
            self._attempts.abandon_all()
            self._take_in()
            self._carry_out()
            await self._commit()

    def _carry_out(self) -> None:
        while (command := decide(self._state)) is not None:
            self._perform(command)
        if not (self._over or self._attempts or self._timers or self._asking or self._inbox):
            self._pause()

    def _pause(self) -> None:
        """Nothing is under way and nothing can be decided: only a person can help."""
        waiting = tuple(self._state.agenda.asked)
        if not waiting:
            raise AssertionError("the run has not ended, and nothing is left to do")
        self._enter(RunPaused(self._now(), waiting))
        self._over = True

    async def _commit(self) -> None:
        """Have the journal keep what was entered, and only then let anything come of it."""
        batch, launches = self._batch, self._launches
        self._batch, self._launches = [], []
        if batch:
            await self._around.journal.append(self._state.record.run, batch)
        if self._on_event is not None:
            for event in batch:
                self._on_event(event)
        for work in launches:
            self._attempts.launch(work)

    async def _wait_for_news(self) -> None:
        if not self._inbox and self._broken is None:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._broken is not None:
            broken, self._broken = self._broken, None
            raise broken

    def _take_in(self) -> None:
        inbox, self._inbox = self._inbox, []
        for event in inbox:
            self._enter(event)

    def _post(self, event: Event) -> None:
        """Something happened outside: it is entered when the driver gets to it."""
        self._inbox.append(event)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _enter(self, event: Event) -> None:
        apply(self._state, event)
        self._batch.append(event)

    def _now(self) -> float:
        return self._around.clock.now()

    def _perform(self, command: Command) -> None:
        match command:
            case StartAttempt():
                self._start_attempt(command)
            case Enter(event):
                self._enter(event)
            case StopAttempt(event):
                self._enter(event)
                self._attempts.stop((event.step, event.item))
            case SetTimer(event):
                self._enter(event)
                self._set_timer(event)
            case RequestApproval(event):
                self._enter(event)
                self._request_approval(event)
            case Finish(event):
                self._enter(event)
                self._over = True

    def _start_attempt(self, command: StartAttempt) -> None:
        step, item = command.step, command.item
        try:
            agents = self._around.registry.agents_for(step.capability.name)
        except UnknownCapability as error:
            failure = Failure(FailureKind.NO_AGENT, clean_text(str(error)))
            self._enter(StepFailed(self._now(), step.id, failure, item))
            return
        agent = agents[0]
        if len(agents) > 1:
            agent = select(agents, failures=command.failures, running=self._attempts.load)
        at = self._now()
        key = f"{self._state.record.run}:{step.id}" + ("" if item is None else f":{item}")
        started = AttemptStarted(
            at, step.id, command.attempt, agent.name, key, at + step.timeout_seconds, command.inputs, item
        )
        self._enter(started)
        self._attempts.prepare(step, started, self._assignment(agent, step.capability.name, started))
        self._launches.append((step.id, item))

    def _assignment(self, agent: Agent, capability: str, started: AttemptStarted) -> Assignment:
        model = self._around.model
        if model is not None:
            owner = Owner(started.step, started.item, started.attempt)
            model = JournaledModel(model, self._note_call, self._around.clock, owner)
        context = Context(
            self._state.record.run,
            started.step,
            started.attempt,
            started.key,
            self._around.workspace,
            started.item,
            started.deadline,
            model,
        )
        return Assignment(agent, capability, started.inputs, context)

    async def _note_call(self, event: ModelCalled) -> None:
        # An attempt that was abandoned may still ask; the run it belongs to is no longer written.
        if not self._over:
            self._post(event)

    def _set_timer(self, scheduled: RetryScheduled) -> None:
        wait = max(0.0, scheduled.due - self._now())
        self._timers[scheduled.step, scheduled.item] = self._loop.call_later(wait, self._ring, scheduled)

    def _ring(self, scheduled: RetryScheduled) -> None:
        del self._timers[scheduled.step, scheduled.item]
        self._post(RetryDue(self._now(), scheduled.step, scheduled.attempt, scheduled.item))

    def _reach_limit(self) -> None:
        self._post(TimeLimitReached(self._now()))

    def _request_approval(self, request: ApprovalRequested) -> None:
        if self._around.approve is not None:
            asking = self._ask(self._around.approve, request)
            self._asking[request.step] = self._loop.create_task(asking)

    async def _ask(self, approve: Approve, request: ApprovalRequested) -> None:
        try:
            granted = await approve(request)
        except Exception as error:
            self._broken = error
            self._wake()
            return
        kind = ApprovalGranted if granted else ApprovalDenied
        del self._asking[request.step]
        self._post(kind(self._now(), request.step))

    def _release(self) -> None:
        self._over = True
        for timer in (*self._timers.values(), self._limit):
            if timer is not None:
                timer.cancel()
        for asking in self._asking.values():
            asking.cancel()
