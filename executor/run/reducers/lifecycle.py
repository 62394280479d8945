"""A run as a whole: created, started, resumed, paused, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.executor.run.events import (
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEquipped,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.state import ENDED, RunState, RunStatus, StepStatus


def _run_created(state: RunState, event: RunCreated) -> None:
    state.id, state.goal, state.seed = event.run, event.goal, event.seed
    state.model, state.created = event.model, event.at


def _run_equipped(state: RunState, event: RunEquipped) -> None:
    state.model_host = event.host


def _run_started(state: RunState, event: RunStarted) -> None:
    state.status = RunStatus.RUNNING
    state.started, state.deadline, state.replans = event.at, event.deadline, event.replans
    state.limited = event.at


def _run_resumed(state: RunState, event: RunResumed) -> None:
    state.status, state.waiting = RunStatus.RUNNING, ()
    if event.replans is not None:
        state.replans = event.replans
    if event.deadline is not None:
        state.deadline, state.limited = event.deadline, event.at


def _run_paused(state: RunState, event: RunPaused) -> None:
    state.status, state.waiting = RunStatus.PAUSED, event.waiting


def _run_completed(state: RunState, event: RunCompleted) -> None:
    state.answer, state.missing = event.answer, event.missing
    _end(state, RunStatus.COMPLETED)


def _run_failed(state: RunState, event: RunFailed) -> None:
    state.account, state.missing = event.account, event.missing
    _end(state, RunStatus.FAILED)


def _run_cancelled(state: RunState, event: RunCancelled) -> None:
    _end(state, RunStatus.CANCELLED)


def _end(state: RunState, status: RunStatus) -> None:
    state.status, state.ended = status, state.now
    for step in state.steps.values():
        if step.status not in ENDED:
            step.status = StepStatus.CANCELLED


LIFECYCLE_REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    RunCancelled: _run_cancelled,
    RunCompleted: _run_completed,
    RunCreated: _run_created,
    RunFailed: _run_failed,
    RunPaused: _run_paused,
    RunResumed: _run_resumed,
    RunEquipped: _run_equipped,
    RunStarted: _run_started,
}
