"""Attempts, and work that is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.executor.run.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptProgressed,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    DoubtSettled,
    RetryScheduled,
)
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import AttemptRecord, AttemptStatus, RunState, StepStatus

from .progress import take_output, wait_step


def _retry_scheduled(state: RunState, event: RetryScheduled) -> None:
    wait_step(state, event.step)


def _attempt_started(state: RunState, event: AttemptStarted) -> None:
    step = state.step_of(event.step)
    step.status = StepStatus.RUNNING
    attempt = AttemptRecord(
        event.attempt, event.item, event.agent, step.capability, event.at, hedge=event.hedge
    )
    step.attempts.append(attempt)
    state.running[event.step, event.item, event.attempt] = attempt


def _attempt_progressed(state: RunState, event: AttemptProgressed) -> None:
    attempt = state.running.get((event.step, event.item, event.attempt))
    if attempt is not None:
        attempt.progress, attempt.partial = event.text, event.partial


def _attempt_stopping(state: RunState, event: AttemptStopping) -> None:
    attempt = state.running.get((event.step, event.item, event.attempt))
    if attempt is not None:
        attempt.status = AttemptStatus.STOPPING


def _end_attempt(
    state: RunState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
    status: AttemptStatus,
    failure: Failure | None = None,
) -> AttemptRecord | None:
    attempt = state.running.pop((event.step, event.item, event.attempt), None)
    if attempt is not None:
        attempt.status, attempt.ended, attempt.failure = status, event.at, failure
        attempt.abandoned = failure is not None and failure.abandoned
    return attempt


def _attempt_succeeded(state: RunState, event: AttemptSucceeded) -> None:
    _end_attempt(state, event, AttemptStatus.SUCCEEDED)
    if not (state.obsolete and _is_obsolete(state, event)):
        take_output(state, event.step, event.item, event.output)


def _is_obsolete(
    state: RunState, event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptLost
) -> bool:
    return bool(state.obsolete) and (event.step, event.item, event.attempt) in state.obsolete


def _attempt_failed(state: RunState, event: AttemptFailed) -> None:
    attempt = _end_attempt(state, event, AttemptStatus.FAILED, event.failure)
    if attempt is not None:
        attempt.traceback = event.traceback
    if event.failure.in_doubt and not _is_obsolete(state, event):
        _doubt(state, event.step, event.item, attempt)


def _attempt_surprised(state: RunState, event: AttemptSurprised) -> None:
    _end_attempt(state, event, AttemptStatus.SURPRISED, event.surprise)
    if event.output is not None and not _is_obsolete(state, event):
        state.surprises.setdefault(event.step, {})[event.item] = event.output


def _attempt_cancelled(state: RunState, event: AttemptCancelled) -> None:
    attempt = _end_attempt(state, event, AttemptStatus.CANCELLED)
    if attempt is not None:
        attempt.abandoned = event.abandoned


def _attempt_lost(state: RunState, event: AttemptLost) -> None:
    attempt = _end_attempt(state, event, AttemptStatus.LOST)
    if _is_obsolete(state, event):
        return
    if event.in_doubt:
        _doubt(state, event.step, event.item, attempt)
    else:
        wait_step(state, event.step)


def _doubt(state: RunState, step: str, item: int | None, attempt: AttemptRecord | None) -> None:
    if attempt is not None:
        state.doubtful[step, item] = attempt
    wait_step(state, step)


def _doubt_settled(state: RunState, event: DoubtSettled) -> None:
    state.doubtful.pop((event.step, event.item), None)
    if event.output is not None:
        take_output(state, event.step, event.item, event.output)


ATTEMPTS_REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    AttemptCancelled: _attempt_cancelled,
    AttemptFailed: _attempt_failed,
    AttemptLost: _attempt_lost,
    AttemptStarted: _attempt_started,
    AttemptProgressed: _attempt_progressed,
    AttemptStopping: _attempt_stopping,
    AttemptSucceeded: _attempt_succeeded,
    AttemptSurprised: _attempt_surprised,
    DoubtSettled: _doubt_settled,
    RetryScheduled: _retry_scheduled,
}
