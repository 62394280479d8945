"""The machine: what each event makes of a run, and what is to be done next. Pure: no I/O, no clock,
no chance.

    what                       is entered as                  and makes of the step
    -------------------------  -----------------------------  ------------------------------------
    join met, nothing to ask   (follows from the last end)    PENDING, in the queue for a place
    join can't be met          StepSkipped                    SKIPPED, and on to its dependants
    condition                  ConditionDecided               PENDING, or SKIPPED
    approval                   ApprovalRequested              WAITING
                               ApprovalGranted / Denied       PENDING / FAILED by a StepFailed
    items of for_each          ItemsResolved                  RUNNING, or COMPLETED if there are none
    a place is free            AttemptStarted                 RUNNING
    output good                AttemptSucceeded               COMPLETED, once every item is
    attempt failed             AttemptFailed, RetryScheduled  WAITING
                               ... RetryDue                   WAITING, in the queue for a place
                               AttemptFailed, StepFailed      FAILED
    surprise                   AttemptSurprised, StepFailed   FAILED
    no value, or a bad input   StepFailed                     FAILED
    run fails or is cancelled  AttemptStopping,               (as the attempt ends)
                               AttemptCancelled
                               RunFailed / RunCancelled       CANCELLED, whatever had not ended

`apply` costs as much as the step has dependants (or items, when they are resolved or given up);
`decide` costs the same whatever the size of the plan. Deciding changes nothing: only entering
the event of a command takes it off the agenda, so a run folded from its journal stands where it
stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callsheet.planner.compiled import CheckedPlan
from callsheet.planner.plan import OnFailure

from .agenda import Agenda
from .commands import Command, Finish, StopAttempt
from .decisions import answer_question, answer_run, begin_work, give_up_or_retry, skip
from .events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    CancellationRequested,
    ConditionDecided,
    Event,
    ItemsResolved,
    RetryDue,
    RetryScheduled,
    RunCancelled,
    RunFailed,
    RunStarted,
    StepFailed,
    StepSkipped,
    TimeLimitReached,
)
from .failure import Account, Failure, FailureKind
from .fold import note
from .record import ENDED, AttemptStatus, RunRecord, RunStatus, StepStatus, Work


@dataclass(slots=True)
class RunState:
    """A run in progress. `plans` has the checked plan of every revision that the journal adopts:
    documents are in the events, and what they compile to is brought along."""

    plans: Mapping[int, CheckedPlan]
    record: RunRecord = field(default_factory=RunRecord)
    agenda: Agenda = field(default_factory=lambda: Agenda.of({}, frozenset()))
    max_concurrency: int = 0
    verdict: Account | None = None
    """Why the run is failing: nothing starts any more, and what runs is stopped."""
    cancelled: str | None = None
    """Why somebody wants the run to stop; None where nobody does."""

    @property
    def plan(self) -> CheckedPlan:
        """The plan that is carried out."""
        return self.plans[self.record.revision]

    @property
    def is_ending(self) -> bool:
        """Whether the run only waits for its attempts to stop."""
        return self.cancelled is not None or self.verdict is not None


def apply(state: RunState, event: Event) -> None:
    """Enter the event."""
    note(state.record, event)
    consequence = _CONSEQUENCES.get(type(event))
    if consequence is not None:
        consequence(state, event)


def fold(events: Iterable[Event], plans: Mapping[int, CheckedPlan]) -> RunState:
    """The state that the events of a run lead to."""
    state = RunState(plans)
    for event in events:
        apply(state, event)
    return state


def decide(state: RunState) -> Command | None:
    """The next thing to be done, or None where only an event from outside can help.

    One command at a time, so that each is decided in the light of the one before.
    """
    record, agenda = state.record, state.agenda
    if record.status is not RunStatus.RUNNING:
        return None
    if agenda.doomed:
        return _stop(record, next(iter(agenda.doomed)))
    if state.is_ending:
        return None if record.running else Finish(_last_event(state))
    if agenda.unmeetable:
        return skip(record, agenda, next(iter(agenda.unmeetable)))
    if agenda.failed:
        return give_up_or_retry(record, agenda, *agenda.failed[0])
    if agenda.questions:
        return answer_question(record, agenda, next(iter(agenda.questions)))
    if agenda.work and len(record.running) < state.max_concurrency:
        return begin_work(record, agenda, next(iter(agenda.work)))
    if agenda.unended == 0 and not record.running:
        return answer_run(record, state.plan)
    return None


def _stop(record: RunRecord, work: Work) -> StopAttempt:
    step, item = work
    return StopAttempt(AttemptStopping(record.now, step, record.running[work].number, item))


def _last_event(state: RunState) -> RunFailed | RunCancelled:
    if state.verdict is not None:
        return RunFailed(state.record.now, state.verdict)
    return RunCancelled(state.record.now, state.cancelled or "")


def _run_started(state: RunState, event: RunStarted) -> None:
    state.max_concurrency = event.max_concurrency
    state.agenda = Agenda.of(state.plan.steps, frozenset(event.approvals))


def _condition_decided(state: RunState, event: ConditionDecided) -> None:
    if event.holds:
        state.agenda.held.add(event.step)
        state.agenda.proceed(event.step)
    else:
        state.agenda.questions.pop(event.step, None)
        state.agenda.end(event.step, completed=False)


def _step_skipped(state: RunState, event: StepSkipped) -> None:
    state.agenda.unmeetable.pop(event.step, None)
    state.agenda.end(event.step, completed=False)


def _items_resolved(state: RunState, event: ItemsResolved) -> None:
    if event.items:
        state.agenda.items[event.step] = len(event.items)
        state.agenda.proceed(event.step)
    else:
        state.agenda.questions.pop(event.step, None)
        state.agenda.end(event.step, completed=True)


def _approval_requested(state: RunState, event: ApprovalRequested) -> None:
    state.agenda.questions.pop(event.step, None)
    state.agenda.asked[event.step] = None


def _approval_granted(state: RunState, event: ApprovalGranted) -> None:
    state.agenda.asked.pop(event.step, None)
    state.agenda.approved.add(event.step)
    state.agenda.proceed(event.step)


def _approval_denied(state: RunState, event: ApprovalDenied) -> None:
    by = f" by {event.by}" if event.by else ""
    failure = Failure(FailureKind.DENIED, f"its approval was refused{by}")
    state.agenda.asked.pop(event.step, None)
    state.agenda.failed.append(((event.step, None), failure))


def _attempt_started(state: RunState, event: AttemptStarted) -> None:
    work = event.step, event.item
    state.agenda.work.pop(work, None)
    state.agenda.attempts[work] = event.attempt


def _attempt_stopping(state: RunState, event: AttemptStopping) -> None:
    state.agenda.doomed.pop((event.step, event.item), None)


def _attempt_succeeded(state: RunState, event: AttemptSucceeded) -> None:
    state.agenda.doomed.pop((event.step, event.item), None)
    if state.record.steps[event.step].status is StepStatus.COMPLETED:
        state.agenda.end(event.step, completed=True)


def _attempt_failed(state: RunState, event: AttemptFailed) -> None:
    if event.failure.agent_at_fault:
        blamed = state.agenda.blamed.setdefault((event.step, event.item), {})
        blamed[event.agent] = blamed.get(event.agent, 0) + 1
    _queue_failure(state, (event.step, event.item), event.failure)


def _attempt_surprised(state: RunState, event: AttemptSurprised) -> None:
    _queue_failure(state, (event.step, event.item), event.surprise)


def _queue_failure(state: RunState, work: Work, failure: Failure) -> None:
    state.agenda.doomed.pop(work, None)
    # What befalls an item no longer matters once another one has failed the step.
    if state.record.steps[work[0]].status not in ENDED:
        state.agenda.failed.append((work, failure))


def _attempt_cancelled(state: RunState, event: AttemptCancelled) -> None:
    state.agenda.doomed.pop((event.step, event.item), None)


def _retry_scheduled(state: RunState, event: RetryScheduled) -> None:
    state.agenda.failed.popleft()
    state.agenda.backoffs[event.step, event.item] = event.due


def _retry_due(state: RunState, event: RetryDue) -> None:
    # The step may have failed meanwhile, with another item.
    if state.agenda.backoffs.pop((event.step, event.item), None) is not None:
        state.agenda.work[event.step, event.item] = None


def _step_failed(state: RunState, event: StepFailed) -> None:
    """Where replanning will come in: now a failure or surprise that the step does not allow ends the run."""
    agenda, step = state.agenda, state.agenda.steps[event.step]
    agenda.drop(event.step)
    if step.on_failure is OnFailure.CONTINUE:
        agenda.end(event.step, completed=False)
        _doom(state, (work for work in state.record.running if work[0] == event.step))
    else:
        attempts = agenda.attempts.get((event.step, event.item), 0)
        _end_run(state, Account(event.failure, event.step, event.item, attempts))


def _time_limit_reached(state: RunState, event: TimeLimitReached) -> None:
    message = "the run used up its time; allow it more, or ask for less"
    _end_run(state, Account(Failure(FailureKind.TIME_LIMIT, message)))


def _cancellation_requested(state: RunState, event: CancellationRequested) -> None:
    if not state.is_ending:
        state.cancelled = event.reason
        _doom(state, state.record.running)


def _end_run(state: RunState, account: Account) -> None:
    if not state.is_ending:
        state.verdict = account
        _doom(state, state.record.running)


def _doom(state: RunState, works: Iterable[Work]) -> None:
    running = state.record.running
    state.agenda.doomed.update(
        (work, None) for work in works if running[work].status is AttemptStatus.RUNNING
    )


_CONSEQUENCES: dict[type[Any], Callable[[RunState, Any], None]] = {
    ApprovalDenied: _approval_denied,
    ApprovalGranted: _approval_granted,
    ApprovalRequested: _approval_requested,
    AttemptCancelled: _attempt_cancelled,
    AttemptFailed: _attempt_failed,
    AttemptStarted: _attempt_started,
    AttemptStopping: _attempt_stopping,
    AttemptSucceeded: _attempt_succeeded,
    AttemptSurprised: _attempt_surprised,
    CancellationRequested: _cancellation_requested,
    ConditionDecided: _condition_decided,
    ItemsResolved: _items_resolved,
    RetryDue: _retry_due,
    RetryScheduled: _retry_scheduled,
    RunStarted: _run_started,
    StepFailed: _step_failed,
    StepSkipped: _step_skipped,
    TimeLimitReached: _time_limit_reached,
}
