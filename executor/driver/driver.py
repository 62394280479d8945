"""The driver of one run: performs what the machine decides, and enters what comes of it.

One loop, one inbox. Events are committed before anything is done because of them, so that no
attempt starts whose start is not kept; whatever happens during a commit goes into the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from callsheet.agents.contracts.capability import CHANGING
from callsheet.agents.selection.statistics import Figures
from callsheet.executor.dispatch.chooser import NoAgentAvailable, Wait
from callsheet.executor.dispatch.dispatcher import Dispatcher
from callsheet.executor.evaluation.outcome import Outcome
from callsheet.executor.journal.errors import JournalError
from callsheet.executor.journal.signals import Pause, Signal
from callsheet.executor.machine.commands import (
    Command,
    Enter,
    Finish,
    Replan,
    RequestApproval,
    SeekResult,
    SetTimer,
    StartAttempt,
    StopAttempt,
)
from callsheet.executor.machine.machine import apply, decide
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.replanning_decisions import fail
from callsheet.executor.models.journaled import Caller
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptCancelled,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    Event,
    HedgeForgone,
    ModelCalled,
    PlanAdopted,
    RunPaused,
    RunResumed,
)
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.log import log_event
from callsheet.executor.run.state import AttemptRecord, Try
from callsheet.executor.runner.progress_reports import ProgressReports
from callsheet.executor.runner.runner import Assignment

from .approvals import Approvals
from .assignments import Assignments
from .attempts import Attempts
from .environment import RunEnvironment
from .inbox import Inbox
from .planner_call import Decided, Drafted
from .replanning import ReplanningRequests
from .shared_results import SharedResults
from .signal_reader import SignalReader, event_of, is_settled
from .timers import Timers

_NEWS = (Signal, Decided, Drafted)
_ENDS = (AttemptCancelled, AttemptFailed, AttemptSucceeded, AttemptSurprised, ModelCalled)
"""What an interrupted run still keeps: it has happened, whatever is decided next."""


class Driver:
    """Drives one run, which the journal owns, to its end or to where only a person can help. `figures` are
    what it knows of the agents that provide the `contested` capabilities."""

    def __init__(
        self,
        state: MachineState,
        around: RunEnvironment,
        figures: Mapping[tuple[str, str], Figures],
        contested: frozenset[str],
    ) -> None:
        self._state = state
        self._around = around
        self._run = state.run.id
        self._on_event = around.on_event
        clock = around.clock
        self._pace = around.ports.pace
        inbox = self._inbox = Inbox(self._pace)
        self._timers = Timers(clock, inbox.post)
        self._approvals = Approvals(around.approve, clock, inbox.post, inbox.fail, inbox.wake)
        self._signal_reader = SignalReader(around.journal.signals, self._run, inbox.post, inbox.fail)
        self._dispatcher = Dispatcher(
            around.ports.chooser, clock, figures, contested, inbox.wake, around.strategy
        )
        self._progress = ProgressReports(clock, inbox.post)
        self._assignments = Assignments(state, around, self._keep_call, self._progress)
        asks = Caller(midway=True)
        self._replanning_requests = ReplanningRequests(
            state, around, inbox.post, inbox.fail, lambda: self._assignments.model_for(asks)
        )
        self._shared_results = SharedResults(around.journal.results, state.run, clock, inbox.post, inbox.fail)
        self._attempts = Attempts(
            around.ports.runner, clock, state.run, inbox, self._attempt_ended, around.grace_seconds
        )
        self._batch: list[Event] = []
        self._launches: list[Try] = []
        self._answered: list[int] = []
        self._over = False
        self._is_interrupted = False

    async def drive(self, *events: Event) -> None:
        """Enter the events and go on until the run is over or paused.

        Cancelled, or with anything broken, the attempts are told to stop, what they still come to is
        entered, and the run stays as it is then, to be resumed: the error is raised, whatever it is.
        """
        try:
            for event in events:
                self._enter(event)
            self._take_up()
            if self._state.run.model_calls or any(isinstance(event, RunResumed) for event in events):
                # A waiting signal counts before anything starts; one may have arrived while a plan was made,
                # or while no process had the run.
                self._inbox.post(*self._without_pauses(await self._signal_reader.fetch_signals()))
                self._take_in()
            await self._pursue()
            await self._shared_results.close()
        except JournalError:
            # Nothing can be kept any more, so nothing may go on.
            self._attempts.abandon_all()
            raise
        except BaseException as error:
            await self._interrupt(error)
            raise
        finally:
            self._release()

    def _take_up(self) -> None:
        """Set up what the journal says is under way, beside attempts."""
        run, pending = self._state.run, self._state.pending
        now = self._now()
        if run.deadline is not None:
            # Where the clock was set back since, nothing takes longer than it was to take at first.
            self._timers.limit_run(min(run.deadline, now + run.deadline - run.limited))
        for scheduled in pending.backoffs.values():
            due = min(scheduled.due, now + (scheduled.due - scheduled.at))
            self._timers.retry((scheduled.step, scheduled.item), scheduled.attempt, due)
        for request in run.asked.values():
            self._approvals.prepare(request)
        if self._state.replanning is not None:
            self._replanning_requests.prepare()
        for name in pending.unended:
            step = run.steps[name]
            if len(step.attempts) > step.earlier:
                self._limit_step(name, min(step.attempts[step.earlier].started, now))

    async def _pursue(self) -> None:
        while True:
            self._carry_out()
            await self._commit()
            if self._over:
                return
            await self._inbox.wait()
            self._take_in()

    async def _interrupt(self, error: BaseException) -> None:
        """Leave the run to whoever resumes it; a second interruption cuts the waiting short."""
        if not isinstance(error, asyncio.CancelledError):
            # It may have been `on_event` that failed, and it would again.
            self._on_event = None
        # What attempts come to here is not what they came to in a run that is followed. Of two errors the
        # first says more.
        with suppress(Exception):
            try:
                if self._pace is None:
                    await self._come_to_rest(error)
                else:
                    await self._attempts.cancel_all()
            except asyncio.CancelledError:
                self._attempts.abandon_all()
                await self._keep_ends()
        self._attempts.abandon_all()

    async def _come_to_rest(self, error: BaseException) -> None:
        if self._state.is_ending and isinstance(error, asyncio.CancelledError):
            # It is about to end for good, and is given the time.
            await self._pursue()
            await self._shared_results.close()
            return
        self._is_interrupted = True
        self._approvals.withdraw_all()
        self._replanning_requests.withdraw()
        self._attempts.interrupt_all()
        while self._attempts:
            await self._keep_ends()
            if self._attempts:
                await self._inbox.wait_for_any()
        await self._keep_ends()
        await self._shared_results.close()

    async def _keep_ends(self) -> None:
        """Keep what attempts came to, and what was asked of models; nothing is decided because of it."""
        for event in self._inbox.take_all():
            if isinstance(event, _ENDS):
                self._enter(event)
        await self._commit()

    def _carry_out(self) -> None:
        if self._pace is not None and self._pace.breaks_off:
            return
        self._inbox.begin_turn()
        blocked = self._dispatcher.blocked
        while (command := decide(self._state, blocked)) is not None:
            self._perform(command)
        self._dispatcher.pass_on()
        if self._state.replanning is not None and self._state.is_ending:
            self._replanning_requests.withdraw()
        if not (self._over or self._attempts or self._inbox or self._inbox.is_awake) and self._may_rest():
            self._pause()

    def _may_rest(self) -> bool:
        if self._pace is not None and not self._pace.may_rest:
            return False
        if self._state.pausing:
            return True
        if self._signal_reader or self._replanning_requests:
            return False
        return not (
            self._timers.retries_wait or self._approvals or self._dispatcher.closed or self._shared_results
        )

    def _pause(self) -> None:
        """Nothing is under way and nothing is to be decided: only a person can help."""
        run = self._state.run
        waiting = (*run.asked, *dict.fromkeys(step for step, _ in run.doubtful), *run.held)
        if not (waiting or self._state.pausing or run.question):
            raise AssertionError("the run has not ended, but nothing is left to do")
        self._enter(RunPaused(self._now(), waiting))
        self._over = True

    async def _commit(self) -> None:
        """Have the journal keep what was entered, and only then let anything come of it."""
        batch, launches, answered = self._batch, self._launches, self._answered
        self._batch, self._launches, self._answered = [], [], []
        if batch or answered:
            await self._around.journal.append(self._run, batch, answered=answered)
        # Listeners hear only of what is kept: a process that resumes the run must not know less than they.
        if self._on_event is not None:
            for event in batch:
                self._on_event(event)
        if self._shared_results.follow(batch):
            # Perhaps that was all that kept the run from resting.
            self._inbox.wake()
        self._approvals.ask()
        if self._state.replanning is not None:
            self._replanning_requests.ask()
        for attempt in launches:
            self._attempts.launch(attempt)

    def _take_in(self) -> None:
        for entry in self._inbox.take():
            event = self._event_of(entry) if isinstance(entry, _NEWS) else entry
            # What was decided meanwhile may have made it meaningless.
            if event is not None and not (is_settled(self._state, event)):
                if isinstance(event, PlanAdopted):
                    self._make_way(event)
                self._enter(event)

    def _without_pauses(self, unanswered: list[Signal]) -> list[Signal]:
        """Resuming a run means that it is to go on, so a pause that was meant for its last owner is
        dropped."""
        pauses = [signal for signal in unanswered if isinstance(signal.content, Pause)]
        self._answered += [signal.number for signal in pauses]
        return [signal for signal in unanswered if signal not in pauses]

    def _event_of(self, news: Signal | Decided | Drafted) -> Event | None:
        """A signal, or what the planner decided, as an event."""
        match news:
            case Signal():
                return self._read(news)
            case Drafted():
                return self._replanning_requests.draft_of(news)
            case Decided():
                return self._replanning_requests.event_of(news)

    def _read(self, signal: Signal) -> Event | None:
        self._answered.append(signal.number)
        event = event_of(self._state, signal.content, self._now())
        if isinstance(event, (ApprovalDenied, ApprovalGranted)):
            self._approvals.withdraw(event.step)
        return event

    def _enter(self, event: Event) -> None:
        if self._pace is not None:
            event = self._pace.follow(event)
        apply(self._state, event)
        self._batch.append(event)
        log_event(self._state.run.id, event)

    def _now(self) -> float:
        return self._around.clock.now()

    def _perform(self, command: Command) -> None:
        match command:
            case StartAttempt():
                self._start_attempt(command)
            case Enter(event):
                self._enter(event)
            case SeekResult(event, step):
                self._enter(event)
                self._shared_results.seek(event, step)
            case StopAttempt(event):
                self._enter(event)
                self._attempts.stop((event.step, event.item, event.attempt))
            case SetTimer(event):
                self._enter(event)
                self._timers.retry((event.step, event.item), event.attempt, event.due)
            case RequestApproval(event):
                self._enter(event)
                self._approvals.prepare(event)
            case Replan(event):
                self._enter(event)
                self._replanning_requests.prepare()
            case Finish(event):
                self._enter(event)
                self._over = True

    def _start_attempt(self, command: StartAttempt) -> None:
        found = self._dispatcher.acquire(command, self._busy(command) if command.hedge else ())
        if isinstance(found, (NoAgentAvailable, Wait)):
            self._go_without(command, found)
            return
        step, at = command.step, self._now()
        started = self._assignments.start(command, found.name, at)
        self._enter(started)
        self._attempts.prepare(step, started, self._assignments.assignment(found, started))
        attempt = step.id, command.item, command.attempt
        self._launches.append(attempt)
        if step.total_timeout_seconds is not None:
            self._limit_step(step.id, at)
        if self._state.hedge and not command.hedge and step.capability.effect not in CHANGING:
            usual = self._dispatcher.usual_seconds(found.name, step.capability.name)
            if usual is not None:
                self._timers.hedge(attempt, at + usual)

    def _busy(self, hedge: StartAttempt) -> tuple[str, ...]:
        work = hedge.step.id, hedge.item
        return (self._state.run.running[*work, self._state.pending.hedges[work]].agent,)

    def _go_without(self, command: StartAttempt, found: NoAgentAvailable | Wait) -> None:
        if command.hedge:
            self._enter(HedgeForgone(self._now(), command.step.id, command.item))
        elif isinstance(found, NoAgentAvailable):
            failure = Failure(FailureKind.NO_AGENT, clean_text(found.message))
            self._enter(fail(self._state, command.step, failure, command.item))

    def _make_way(self, adopted: PlanAdopted) -> None:
        """Let go of what is under way, beside attempts, for steps that begin anew or are dropped."""
        pending = self._state.pending
        going = set(pending.steps).difference(step["id"] for step in adopted.plan["steps"])
        going.update(adopted.afresh)
        for step in going:
            self._timers.forget(step)
            self._approvals.withdraw(step)
        for work in (*pending.backoffs, *pending.sought):
            if work[0] in going:
                self._timers.forgo(work)
                self._shared_results.forget(work)

    def _attempt_ended(
        self, assignment: Assignment, started: AttemptStarted, outcome: Outcome, record: AttemptRecord
    ) -> None:
        self._progress.forget(started)
        if self._state.hedge:
            self._timers.forget((started.step, started.item, started.attempt))
        self._dispatcher.release(assignment.agent, assignment.capability, started, outcome, record)

    async def _keep_call(self, event: ModelCalled) -> None:
        # An attempt that was abandoned may still ask; the run it belongs to is no longer written. And what
        # the planner is asked when the run is interrupted is asked again by whoever resumes it.
        if not (self._over or (self._is_interrupted and event.step is None)):
            self._inbox.post(event)

    def _limit_step(self, name: str, started: float) -> None:
        limit = self._state.pending.steps[name].total_timeout_seconds
        if limit is not None and not self._timers.is_limited(name):
            self._timers.limit_step(name, started + limit)

    def _release(self) -> None:
        self._over = True
        self._timers.cancel()
        self._attempts.close()
        self._progress.close()
        self._approvals.withdraw_all()
        self._replanning_requests.withdraw()
        self._shared_results.abandon()
        self._dispatcher.close()
        self._signal_reader.close()
