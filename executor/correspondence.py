"""What a letter to the owner of a run amounts to: an event, or nothing any more. Pure."""

from __future__ import annotations

from .events import (
    ApprovalDenied,
    ApprovalGranted,
    CancellationRequested,
    DoubtSettled,
    Event,
    PauseRequested,
)
from .mailbox import Approve, Cancel, Deny, Pause, Settle, Word
from .state import RunState


def event_of(state: RunState, word: Word, at: float) -> Event | None:
    """The event to enter; None where the word comes too late, or fits nothing that the run waits for."""
    match word:
        case Cancel(reason):
            return CancellationRequested(at, reason)
        case Pause():
            return PauseRequested(at)
        case Approve(step, by):
            return ApprovalGranted(at, step, by) if step in state.record.asked else None
        case Deny(step, by):
            return ApprovalDenied(at, step, by) if step in state.record.asked else None
        case Settle():
            return _settled(state, word, at)


def _settled(state: RunState, word: Settle, at: float) -> DoubtSettled | None:
    if (word.step, word.item) not in state.record.doubtful:
        return None
    validator = state.agenda.steps[word.step].capability.output_validator
    if word.verdict == "done" and not validator.accepts(word.output):
        return None
    output = word.output if word.verdict == "done" else None
    return DoubtSettled(at, word.step, word.verdict, output, word.by, word.item)
