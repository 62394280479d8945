"""Steps, beside their attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    ConditionDecided,
    ItemsResolved,
    ResultReused,
    ResultSought,
    StepFailed,
    StepSkipped,
)
from callsheet.executor.run.state import RunState, StepStatus

from .progress import complete_step, take_output, wait_step


def _condition_decided(state: RunState, event: ConditionDecided) -> None:
    if not event.holds:
        state.step_of(event.step).status = StepStatus.SKIPPED


def _step_skipped(state: RunState, event: StepSkipped) -> None:
    step = state.step_of(event.step)
    step.status, step.because = StepStatus.SKIPPED, event.because
    if state.is_lost(event.because):
        state.lost.add(event.step)


def _items_resolved(state: RunState, event: ItemsResolved) -> None:
    step = state.step_of(event.step)
    step.items, step.unfinished = event.items, len(event.items)
    step.outputs = [None] * len(event.items)
    if event.items:
        step.status = StepStatus.RUNNING
    else:
        complete_step(state, step, [])


def _approval_requested(state: RunState, event: ApprovalRequested) -> None:
    state.step_of(event.step).status = StepStatus.WAITING
    state.asked[event.step] = event


def _approval_decided(state: RunState, event: ApprovalGranted | ApprovalDenied) -> None:
    state.step_of(event.step).status = StepStatus.PENDING
    state.asked.pop(event.step, None)


def _result_sought(state: RunState, event: ResultSought) -> None:
    wait_step(state, event.step)


def _result_reused(state: RunState, event: ResultReused) -> None:
    step = state.step_of(event.step)
    step.reused = {**(step.reused or {}), event.item: event.source}
    take_output(state, event.step, event.item, event.output)


def _step_failed(state: RunState, event: StepFailed) -> None:
    step = state.step_of(event.step)
    step.status, step.failure = StepStatus.FAILED, event.failure
    state.lost.add(event.step)
    state.asked.pop(event.step, None)
    state.held.pop(event.step, None)
    state.surprises.pop(event.step, None)
    if state.doubtful:
        for work in [work for work in state.doubtful if work[0] == event.step]:
            del state.doubtful[work]


STEPS_REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    ApprovalDenied: _approval_decided,
    ApprovalGranted: _approval_decided,
    ApprovalRequested: _approval_requested,
    ConditionDecided: _condition_decided,
    ItemsResolved: _items_resolved,
    ResultReused: _result_reused,
    ResultSought: _result_sought,
    StepFailed: _step_failed,
    StepSkipped: _step_skipped,
}
