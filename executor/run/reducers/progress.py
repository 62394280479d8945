"""What several reducers do to a run: a step waits, takes an output, is complete; a sentence for its story."""

from __future__ import annotations

from typing import Any

from callsheet.executor.run.state import ENDED, RunState, StepRecord, StepStatus


def add_to_story(state: RunState, sentence: str) -> None:
    """Add a sentence to what the run's history tells."""
    state.story = (*state.story, sentence)


def complete_step(state: RunState, step: StepRecord, output: Any) -> None:
    """The step has its output, and is over."""
    step.status, step.output = StepStatus.COMPLETED, output
    state.outputs[step.id] = output
    # An attempt that was told to stop, because the step took too long, may succeed all the same.
    state.held.pop(step.id, None)
    state.surprises.pop(step.id, None)


def take_output(state: RunState, name: str, item: int | None, output: Any) -> None:
    """An output came in: of a step, or of one of its items."""
    step = state.step_of(name)
    if item is None:
        # An attempt that was told to stop may succeed all the same, too late.
        if step.status not in ENDED:
            complete_step(state, step, output)
    elif step.outputs is not None and step.outputs[item] is None:
        step.outputs[item] = output
        step.unfinished -= 1
        # Never so for a step that failed: the item that it failed with is unfinished for good.
        if not step.unfinished and step.status not in ENDED:
            complete_step(state, step, step.outputs)


def wait_step(state: RunState, name: str) -> None:
    """The step waits, unless it is over, or others of its items may be running."""
    step = state.step_of(name)
    if step.items is None and step.status not in ENDED:
        step.status = StepStatus.WAITING
