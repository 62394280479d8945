"""What each event makes possible, or rules out: its transitions of the pending work of a run.

An event costs as much as its step has dependants, or items when they are resolved or given up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.agents.spending.budget import Budget
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    BudgetReached,
    CancellationRequested,
    ConditionDecided,
    DoubtSettled,
    HedgeDue,
    HedgeForgone,
    ItemsResolved,
    PauseRequested,
    ResultMissing,
    ResultReused,
    ResultSought,
    RetryDue,
    RetryScheduled,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFailed,
    StepSkipped,
    StepTimeLimitReached,
    TimeLimitReached,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.executor.run.state import AttemptStatus
from callsheet.planner.plan.plan import OnFailure

from .completion import cancel_attempts, end_run, is_settled, queue_failure, settle
from .grants import reaching
from .machine_state import MachineState
from .pending_work import PendingWork
from .replanning_transitions import REPLANNING_TRANSITIONS

MAX_LOSSES = 100
"""Of one piece of work while nothing else gets done, before it is taken to be what ends the process."""


def _run_started(state: MachineState, event: RunStarted) -> None:
    state.max_concurrency = event.max_concurrency
    state.fail_fast, state.hedge, state.known = event.fail_fast, event.hedge, event.figures
    _allow(state, event.budget)
    # Of a draft, the steps come one by one.
    steps = {} if state.run.drafting else state.plan.steps
    state.pending = PendingWork.from_steps(steps, dict.fromkeys(event.approvals, ""))


def _allow(state: MachineState, budget: str | None) -> None:
    if state.spending is not None and budget is not None:
        state.spending.budget = Budget.parse(budget)


def _run_resumed(state: MachineState, event: RunResumed) -> None:
    state.max_concurrency, state.pausing = event.max_concurrency, False
    if event.fail_fast is not None:
        state.fail_fast = event.fail_fast
    if event.hedge is not None:
        state.hedge = event.hedge
    _allow(state, event.budget)
    pending = state.pending
    pending.lost_attempts.update((attempt, None) for attempt in state.run.running)
    # What was under way without being an attempt is taken up again.
    for work in pending.sought:
        pending.queue(work)
    pending.sought.clear()


def _pause_requested(state: MachineState, event: PauseRequested) -> None:
    state.pausing = True


def _run_paused(state: MachineState, event: RunPaused) -> None:
    state.pausing = False


def _condition_decided(state: MachineState, event: ConditionDecided) -> None:
    if event.holds:
        state.pending.held.add(event.step)
        state.pending.proceed(event.step)
    else:
        state.pending.questions.pop(event.step, None)
        state.pending.end_step(event.step, completed=False)


def _step_skipped(state: MachineState, event: StepSkipped) -> None:
    state.pending.unmeetable.pop(event.step, None)
    state.pending.end_step(event.step, completed=False)


def _items_resolved(state: MachineState, event: ItemsResolved) -> None:
    if event.items:
        state.pending.items[event.step] = len(event.items)
        state.pending.proceed(event.step)
    else:
        state.pending.questions.pop(event.step, None)
        state.pending.end_step(event.step, completed=True)


def _approval_requested(state: MachineState, event: ApprovalRequested) -> None:
    state.pending.questions.pop(event.step, None)


def _approval_granted(state: MachineState, event: ApprovalGranted) -> None:
    if state.grant is not None:
        state.grant = reaching(state.run, state.grant, state.plan.steps[event.step])
    state.pending.approved.add(event.step)
    state.pending.proceed(event.step)


def _approval_denied(state: MachineState, event: ApprovalDenied) -> None:
    by = f" by {event.by}" if event.by else ""
    failure = Failure(FailureKind.DENIED, f"its approval was refused{by}")
    state.pending.failed.append(((event.step, None), failure))


def _attempt_started(state: MachineState, event: AttemptStarted) -> None:
    pending, work = state.pending, (event.step, event.item)
    pending.attempts[work] = event.attempt
    if event.hedge:
        pending.spare[work] = pending.spare.get(work, 0) + 1
        pending.rivals[work] = {pending.hedges.pop(work), event.attempt}
    else:
        pending.take_work(work)


def _attempt_stopping(state: MachineState, event: AttemptStopping) -> None:
    state.pending.cancelling.pop((event.step, event.item, event.attempt), None)


def _attempt_succeeded(state: MachineState, event: AttemptSucceeded) -> None:
    if state.run.obsolete and _is_obsolete(state, event):
        return
    if _retire(state, event):
        _call_off_rivals(state, event.step, event.item)
    # Whatever ended the process before, the run gets on.
    state.pending.losses.clear()
    settle(state, event.step)


def _is_obsolete(
    state: MachineState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
) -> bool:
    """Whether the attempt was at a step that a revision has changed since; its end means nothing then."""
    obsolete = state.run.obsolete
    if not obsolete or (attempt := (event.step, event.item, event.attempt)) not in obsolete:
        return False
    state.pending.cancelling.pop(attempt, None)
    state.pending.lost_attempts.pop(attempt, None)
    return True


def _attempt_failed(state: MachineState, event: AttemptFailed) -> None:
    if state.run.obsolete and _is_obsolete(state, event):
        return
    work = event.step, event.item
    if event.failure.agent_at_fault:
        blamed = state.pending.blamed.setdefault(work, {})
        blamed[event.agent] = blamed.get(event.agent, 0) + 1
    if _retire(state, event):
        # The other attempt at this work may still succeed.
        return
    # Work in doubt waits for a person: trying it again might do it twice.
    if not event.failure.in_doubt:
        queue_failure(state, work, event.failure)


def _attempt_surprised(state: MachineState, event: AttemptSurprised) -> None:
    if state.run.obsolete and _is_obsolete(state, event):
        return
    if _retire(state, event):
        # A surprise is an answer too: the work was done.
        _call_off_rivals(state, event.step, event.item)
    queue_failure(state, (event.step, event.item), event.surprise)


def _attempt_cancelled(state: MachineState, event: AttemptCancelled) -> None:
    if not (state.run.obsolete and _is_obsolete(state, event)):
        _retire(state, event)


def _attempt_lost(state: MachineState, event: AttemptLost) -> None:
    if state.run.obsolete and _is_obsolete(state, event):
        return
    pending, work = state.pending, (event.step, event.item)
    pending.lost_attempts.pop((*work, event.attempt), None)
    pending.losses[work] = pending.losses.get(work, 0) + 1
    # The end of a process says nothing about the work, so it costs none of the work's retries.
    pending.spare[work] = pending.spare.get(work, 0) + 1
    if _retire(state, event) or is_settled(state, work):
        return
    if event.in_doubt:
        return
    if pending.losses[work] < MAX_LOSSES:
        pending.queue(work)
    else:
        message = (
            f"its process ended {MAX_LOSSES} times in a row while it was under way; if it is what ends "
            'the process, give its agent one of its own: isolation="process"'
        )
        pending.failed.append((work, Failure(FailureKind.LOST, message)))


def _retire(
    state: MachineState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
) -> bool:
    """The attempt has ended; whether another one at the same work is still running."""
    pending, work = state.pending, (event.step, event.item)
    if pending.cancelling:
        pending.cancelling.pop((event.step, event.item, event.attempt), None)
    pending.hedges.pop(work, None)
    rivals = pending.rivals.get(work)
    if rivals is None:
        return False
    rivals.discard(event.attempt)
    if not rivals:
        del pending.rivals[work]
    return bool(rivals)


def _call_off_rivals(state: MachineState, step: str, item: int | None) -> None:
    """The first answer counts."""
    cancel_attempts(state, ((step, item, number) for number in state.pending.rivals[step, item]))


def _doubt_settled(state: MachineState, event: DoubtSettled) -> None:
    pending, work = state.pending, (event.step, event.item)
    if event.verdict == "done":
        settle(state, event.step)
    elif event.verdict == "again":
        if not is_settled(state, work):
            pending.queue(work)
    else:
        by = f" {event.by} said" if event.by else " somebody said"
        message = f"nobody saw how its attempt ended, and{by} that it is not done"
        queue_failure(state, work, Failure(FailureKind.DOUBT, message))


def _hedge_due(state: MachineState, event: HedgeDue) -> None:
    work = event.step, event.item
    if (*work, event.attempt) in state.run.obsolete:
        return
    attempt = state.run.running.get((*work, event.attempt))
    # It may have ended, or been told to stop, since the timer was set.
    if attempt is not None and attempt.status is AttemptStatus.RUNNING and work not in state.pending.rivals:
        state.pending.hedges[work] = event.attempt


def _hedge_forgone(state: MachineState, event: HedgeForgone) -> None:
    state.pending.hedges.pop((event.step, event.item), None)


def _result_sought(state: MachineState, event: ResultSought) -> None:
    work = event.step, event.item
    state.pending.take_work(work)
    state.pending.sought[work] = event.key


def _result_missing(state: MachineState, event: ResultMissing) -> None:
    work = event.step, event.item
    # The step may have failed meanwhile, with another item.
    if state.pending.sought.pop(work, None) is not None:
        state.pending.searched.add(work)
        # It had its turn before its result was looked for.
        state.pending.queue(work, first=True)


def _result_reused(state: MachineState, event: ResultReused) -> None:
    state.pending.sought.pop((event.step, event.item), None)
    settle(state, event.step)


def _retry_scheduled(state: MachineState, event: RetryScheduled) -> None:
    state.pending.failed.popleft()
    state.pending.backoffs[event.step, event.item] = event


def _retry_due(state: MachineState, event: RetryDue) -> None:
    # The step may have failed meanwhile, with another item.
    if state.pending.backoffs.pop((event.step, event.item), None) is not None:
        state.pending.queue((event.step, event.item))


def _step_failed(state: MachineState, event: StepFailed) -> None:
    """A failure or surprise that the step does not allow ends the run, at once or when the rest is
    finished."""
    pending, step = state.pending, state.pending.steps[event.step]
    pending.drop(event.step)
    state.given_up.pop(event.step, None)
    state.ready_to_replan.pop(event.step, None)
    if step.on_failure is not OnFailure.CONTINUE:
        attempts = pending.attempts.get((event.step, event.item), 0)
        account = Account(event.failure, event.step, event.item, attempts)
        # The first failure explains the run: later ones may follow from it.
        state.grievance = state.grievance or account
        if state.fail_fast:
            return end_run(state, account)
    pending.end_step(event.step, completed=False)
    return cancel_attempts(state, (attempt for attempt in state.run.running if attempt[0] == event.step))


def _step_time_limit_reached(state: MachineState, event: StepTimeLimitReached) -> None:
    limit = state.pending.steps[event.step].total_timeout_seconds
    message = f"it took longer than {limit:g} s over all its attempts"
    queue_failure(state, (event.step, None), Failure(FailureKind.TIMEOUT, message))


def _time_limit_reached(state: MachineState, event: TimeLimitReached) -> None:
    message = "the run used up its time; allow it more, or ask for less"
    end_run(state, Account(Failure(FailureKind.TIME_LIMIT, message)))


def _budget_reached(state: MachineState, event: BudgetReached) -> None:
    end_run(state, Account(Failure(FailureKind.BUDGET, event.problem)))


def _cancellation_requested(state: MachineState, event: CancellationRequested) -> None:
    # A run that is failing already fails: the first reason counts.
    if not state.is_ending:
        state.cancelled = event.reason
        cancel_attempts(state, state.run.running)


TRANSITIONS: dict[type[Any], Callable[[MachineState, Any], None]] = {
    ApprovalDenied: _approval_denied,
    ApprovalGranted: _approval_granted,
    ApprovalRequested: _approval_requested,
    AttemptCancelled: _attempt_cancelled,
    AttemptFailed: _attempt_failed,
    AttemptLost: _attempt_lost,
    AttemptStarted: _attempt_started,
    AttemptStopping: _attempt_stopping,
    AttemptSucceeded: _attempt_succeeded,
    AttemptSurprised: _attempt_surprised,
    BudgetReached: _budget_reached,
    CancellationRequested: _cancellation_requested,
    ConditionDecided: _condition_decided,
    DoubtSettled: _doubt_settled,
    HedgeDue: _hedge_due,
    HedgeForgone: _hedge_forgone,
    ItemsResolved: _items_resolved,
    PauseRequested: _pause_requested,
    ResultMissing: _result_missing,
    ResultReused: _result_reused,
    ResultSought: _result_sought,
    RetryDue: _retry_due,
    RetryScheduled: _retry_scheduled,
    RunPaused: _run_paused,
    RunResumed: _run_resumed,
    RunStarted: _run_started,
    StepFailed: _step_failed,
    StepSkipped: _step_skipped,
    StepTimeLimitReached: _step_time_limit_reached,
    TimeLimitReached: _time_limit_reached,
    **REPLANNING_TRANSITIONS,
}
