"""What each event makes possible, or rules out: its consequences for the agenda of a run.

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

from .completion import doom, end_run, is_settled, queue_failure, settle
from .grants import reaching
from .machine_state import RunState
from .pending_work import Agenda
from .replanning_transitions import REPLAN_CONSEQUENCES

MOST_LOSSES = 100
"""Of one piece of work while nothing else gets done, before it is taken to be what ends the process."""


def _run_started(state: RunState, event: RunStarted) -> None:
    state.max_concurrency = event.max_concurrency
    state.fail_fast, state.hedge, state.known = event.fail_fast, event.hedge, event.figures
    _allow(state, event.budget)
    # Of a draft, the steps come one by one.
    steps = {} if state.record.drafting else state.plan.steps
    state.agenda = Agenda.of(steps, dict.fromkeys(event.approvals, ""))


def _allow(state: RunState, budget: str | None) -> None:
    if state.purse is not None and budget is not None:
        state.purse.budget = Budget.parse(budget)


def _run_resumed(state: RunState, event: RunResumed) -> None:
    state.max_concurrency, state.pausing = event.max_concurrency, False
    if event.fail_fast is not None:
        state.fail_fast = event.fail_fast
    if event.hedge is not None:
        state.hedge = event.hedge
    _allow(state, event.budget)
    agenda = state.agenda
    agenda.orphans.update((attempt, None) for attempt in state.record.running)
    # What was under way without being an attempt is taken up again.
    for work in agenda.sought:
        agenda.queue(work)
    agenda.sought.clear()


def _pause_requested(state: RunState, event: PauseRequested) -> None:
    state.pausing = True


def _run_paused(state: RunState, event: RunPaused) -> None:
    state.pausing = False


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


def _approval_granted(state: RunState, event: ApprovalGranted) -> None:
    if state.grant is not None:
        state.grant = reaching(state.record, state.grant, state.plan.steps[event.step])
    state.agenda.approved.add(event.step)
    state.agenda.proceed(event.step)


def _approval_denied(state: RunState, event: ApprovalDenied) -> None:
    by = f" by {event.by}" if event.by else ""
    failure = Failure(FailureKind.DENIED, f"its approval was refused{by}")
    state.agenda.failed.append(((event.step, None), failure))


def _attempt_started(state: RunState, event: AttemptStarted) -> None:
    agenda, work = state.agenda, (event.step, event.item)
    agenda.attempts[work] = event.attempt
    if event.hedge:
        agenda.spare[work] = agenda.spare.get(work, 0) + 1
        agenda.rivals[work] = {agenda.hedges.pop(work), event.attempt}
    else:
        agenda.take(work)


def _attempt_stopping(state: RunState, event: AttemptStopping) -> None:
    state.agenda.doomed.pop((event.step, event.item, event.attempt), None)


def _attempt_succeeded(state: RunState, event: AttemptSucceeded) -> None:
    if state.record.obsolete and _is_obsolete(state, event):
        return
    if _retire(state, event):
        _call_off_rivals(state, event.step, event.item)
    # Whatever ended the process before, the run gets on.
    state.agenda.losses.clear()
    settle(state, event.step)


def _is_obsolete(
    state: RunState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
) -> bool:
    """Whether the attempt was at a step that a revision has changed since; its end means nothing then."""
    obsolete = state.record.obsolete
    if not obsolete or (attempt := (event.step, event.item, event.attempt)) not in obsolete:
        return False
    state.agenda.doomed.pop(attempt, None)
    state.agenda.orphans.pop(attempt, None)
    return True


def _attempt_failed(state: RunState, event: AttemptFailed) -> None:
    if state.record.obsolete and _is_obsolete(state, event):
        return
    work = event.step, event.item
    if event.failure.agent_at_fault:
        blamed = state.agenda.blamed.setdefault(work, {})
        blamed[event.agent] = blamed.get(event.agent, 0) + 1
    if _retire(state, event):
        return
    if not event.failure.in_doubt:
        queue_failure(state, work, event.failure)


def _attempt_surprised(state: RunState, event: AttemptSurprised) -> None:
    if state.record.obsolete and _is_obsolete(state, event):
        return
    if _retire(state, event):
        _call_off_rivals(state, event.step, event.item)
    queue_failure(state, (event.step, event.item), event.surprise)


def _attempt_cancelled(state: RunState, event: AttemptCancelled) -> None:
    if not (state.record.obsolete and _is_obsolete(state, event)):
        _retire(state, event)


def _attempt_lost(state: RunState, event: AttemptLost) -> None:
    if state.record.obsolete and _is_obsolete(state, event):
        return
    agenda, work = state.agenda, (event.step, event.item)
    agenda.orphans.pop((*work, event.attempt), None)
    agenda.losses[work] = agenda.losses.get(work, 0) + 1
    agenda.spare[work] = agenda.spare.get(work, 0) + 1
    if _retire(state, event) or is_settled(state, work):
        return
    if event.in_doubt:
        return
    if agenda.losses[work] < MOST_LOSSES:
        agenda.queue(work)
    else:
        message = (
            f"its process ended {MOST_LOSSES} times in a row while it was under way; if it is what ends "
            'the process, give its agent one of its own: isolation="process"'
        )
        agenda.failed.append((work, Failure(FailureKind.LOST, message)))


def _retire(
    state: RunState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
) -> bool:
    """The attempt has ended; whether another one at the same work is still running."""
    agenda, work = state.agenda, (event.step, event.item)
    if agenda.doomed:
        agenda.doomed.pop((event.step, event.item, event.attempt), None)
    agenda.hedges.pop(work, None)
    rivals = agenda.rivals.get(work)
    if rivals is None:
        return False
    rivals.discard(event.attempt)
    if not rivals:
        del agenda.rivals[work]
    return bool(rivals)


def _call_off_rivals(state: RunState, step: str, item: int | None) -> None:
    """The first answer counts."""
    doom(state, ((step, item, number) for number in state.agenda.rivals[step, item]))


def _doubt_settled(state: RunState, event: DoubtSettled) -> None:
    agenda, work = state.agenda, (event.step, event.item)
    if event.verdict == "done":
        settle(state, event.step)
    elif event.verdict == "again":
        if not is_settled(state, work):
            agenda.queue(work)
    else:
        by = f" {event.by} said" if event.by else " somebody said"
        message = f"nobody saw how its attempt ended, and{by} that it is not done"
        queue_failure(state, work, Failure(FailureKind.DOUBT, message))


def _hedge_due(state: RunState, event: HedgeDue) -> None:
    work = event.step, event.item
    if (*work, event.attempt) in state.record.obsolete:
        return
    attempt = state.record.running.get((*work, event.attempt))
    if attempt is not None and attempt.status is AttemptStatus.RUNNING and work not in state.agenda.rivals:
        state.agenda.hedges[work] = event.attempt


def _hedge_forgone(state: RunState, event: HedgeForgone) -> None:
    state.agenda.hedges.pop((event.step, event.item), None)


def _result_sought(state: RunState, event: ResultSought) -> None:
    work = event.step, event.item
    state.agenda.take(work)
    state.agenda.sought[work] = event.key


def _result_missing(state: RunState, event: ResultMissing) -> None:
    work = event.step, event.item
    # The step may have failed meanwhile, with another item.
    if state.agenda.sought.pop(work, None) is not None:
        state.agenda.searched.add(work)
        state.agenda.queue(work, first=True)


def _result_reused(state: RunState, event: ResultReused) -> None:
    state.agenda.sought.pop((event.step, event.item), None)
    settle(state, event.step)


def _retry_scheduled(state: RunState, event: RetryScheduled) -> None:
    state.agenda.failed.popleft()
    state.agenda.backoffs[event.step, event.item] = event


def _retry_due(state: RunState, event: RetryDue) -> None:
    # The step may have failed meanwhile, with another item.
    if state.agenda.backoffs.pop((event.step, event.item), None) is not None:
        state.agenda.queue((event.step, event.item))


def _step_failed(state: RunState, event: StepFailed) -> None:
    """A failure or surprise that the step does not allow ends the run, at once or when the rest is
    finished."""
    agenda, step = state.agenda, state.agenda.steps[event.step]
    agenda.drop(event.step)
    state.hopeless.pop(event.step, None)
    state.ripe.pop(event.step, None)
    if step.on_failure is not OnFailure.CONTINUE:
        attempts = agenda.attempts.get((event.step, event.item), 0)
        account = Account(event.failure, event.step, event.item, attempts)
        state.grievance = state.grievance or account
        if state.fail_fast:
            return end_run(state, account)
    agenda.end(event.step, completed=False)
    return doom(state, (attempt for attempt in state.record.running if attempt[0] == event.step))


def _step_time_limit_reached(state: RunState, event: StepTimeLimitReached) -> None:
    limit = state.agenda.steps[event.step].total_timeout_seconds
    message = f"it took longer than {limit:g} s over all its attempts"
    queue_failure(state, (event.step, None), Failure(FailureKind.TIMEOUT, message))


def _time_limit_reached(state: RunState, event: TimeLimitReached) -> None:
    message = "the run used up its time; allow it more, or ask for less"
    end_run(state, Account(Failure(FailureKind.TIME_LIMIT, message)))


def _budget_reached(state: RunState, event: BudgetReached) -> None:
    end_run(state, Account(Failure(FailureKind.BUDGET, event.problem)))


def _cancellation_requested(state: RunState, event: CancellationRequested) -> None:
    if not state.is_ending:
        state.cancelled = event.reason
        doom(state, state.record.running)


CONSEQUENCES: dict[type[Any], Callable[[RunState, Any], None]] = {
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
    **REPLAN_CONSEQUENCES,
}
