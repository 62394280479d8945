"""How work, steps and runs come to an end: what several kinds of events have in common. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.executor.run.failure import Account, Failure
from callsheet.executor.run.state import ENDED, AttemptStatus, StepStatus, Try, Work

from .machine_state import MachineState


def settle(state: MachineState, step: str) -> None:
    """One more piece of the step's work is done: with the last one it has ended."""
    if state.run.steps[step].status is StepStatus.COMPLETED:
        state.ready_to_replan.pop(step, None)
        state.given_up.pop(step, None)
        if state.pending.questions:
            state.pending.questions.pop(step, None)
        state.pending.end_step(step, completed=True)
    elif state.run.held:
        note_if_ready_to_replan(state, step)


def note_if_ready_to_replan(state: MachineState, step: str) -> None:
    """The planner can be asked about a step that is held once nothing of it can go on."""
    held = state.run.held.get(step)
    if held is not None and (None in held or len(held) == state.run.steps[step].unfinished):
        state.ready_to_replan[step] = None


def queue_failure(state: MachineState, work: Work, failure: Failure) -> None:
    """What becomes of the work is to be decided, unless that is settled."""
    if not is_settled(state, work):
        state.pending.failed.append((work, failure))


def is_settled(state: MachineState, work: Work) -> bool:
    """Whether nothing that befalls the work matters any more: it is done, its step has failed, or it is
    held, and the planner says what becomes of it."""
    step = state.run.steps[work[0]]
    if step.status in ENDED:
        return True
    held = state.run.held.get(work[0])
    if held is not None and (None in held or work[1] in held):
        return True
    return work[1] is not None and step.outputs is not None and step.outputs[work[1]] is not None


def end_run(state: MachineState, account: Account) -> None:
    """The run fails, as soon as what runs has stopped."""
    if not state.is_ending:
        state.verdict = account
        cancel_attempts(state, state.run.running)


def cancel_attempts(state: MachineState, attempts: Iterable[Try]) -> None:
    """These attempts are to be told to stop, as far as they have not been."""
    running = state.run.running
    state.pending.cancelling.update(
        (attempt, None) for attempt in attempts if running[attempt].status is AttemptStatus.RUNNING
    )
