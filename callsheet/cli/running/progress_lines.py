"""The lines printed about the events of a run if stderr is not a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callsheet.cli.text.run import seconds_text, skip_text
from callsheet.cli.text.safe_text import one_line
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptProgressed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    CancellationRequested,
    ConditionDecided,
    DoubtSettled,
    Event,
    GivenUp,
    PauseRequested,
    PersonAsked,
    PlanAdopted,
    ReachDecided,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    ResultReused,
    RetryScheduled,
    StepFailed,
    StepSkipped,
    WordSpoken,
)
from callsheet.executor.run.state import RunState

MAX_SHOWN = 200
"""Characters of why the planner made no decision; the end of the run prints all of it."""


def progress_line(record: RunState, event: Event) -> str | None:
    """The line for an event that has been applied to the record; None if it has no line."""
    tell = _LINES.get(type(event))
    return None if tell is None else tell(record, event)


def _started(_: RunState, event: AttemptStarted) -> str:
    again = f", attempt {event.attempt}" if event.attempt > 1 else ""
    beside = " (hedge: the earlier attempt is slow)" if event.hedge else ""
    return f"{_work(event.step, event.item)}: started by {event.agent}{again}{beside}"


def _progressed(_: RunState, event: AttemptProgressed) -> str:
    return f"{_work(event.step, event.item)}: {one_line(event.text, MAX_SHOWN)}"


def _succeeded(record: RunState, event: AttemptSucceeded) -> str:
    return f"{_work(event.step, event.item)}: done in {_took(record, event.step, event.item)}"


def _attempt_failed(_: RunState, event: AttemptFailed) -> str:
    return f"{_work(event.step, event.item)}: attempt {event.attempt} failed: {event.failure.told}"


def _surprised(_: RunState, event: AttemptSurprised) -> str:
    return f"{_work(event.step, event.item)}: surprise: {event.surprise.told}"


def _retry(_: RunState, event: RetryScheduled) -> str:
    wait = seconds_text(max(0.0, event.due - event.at))
    return f"{_work(event.step, event.item)}: attempt {event.attempt} in {wait}"


def _failed(_: RunState, event: StepFailed) -> str:
    return f"{_work(event.step, event.item)}: failed: {event.failure.told}"


def _skipped(_: RunState, event: StepSkipped) -> str:
    return f"{event.step}: {skip_text(event.because)}"


def _decided(_: RunState, event: ConditionDecided) -> str:
    return f"{event.step}: its condition is true" if event.holds else f"{event.step}: {skip_text(())}"


def _cancelled(_: RunState, event: AttemptCancelled) -> str:
    how = "abandoned: it did not stop when told to" if event.abandoned else "stopped"
    return f"{_work(event.step, event.item)}: attempt {event.attempt} {how}"


def _lost(_: RunState, event: AttemptLost) -> str:
    doubt = "; it is in doubt whether the work was done" if event.in_doubt else ""
    return (
        f"{_work(event.step, event.item)}: attempt {event.attempt} was lost, because its process ended{doubt}"
    )


def _settled(_: RunState, event: DoubtSettled) -> str:
    outcomes = {"done": "was done", "again": "will be attempted again", "failed": "failed"}
    return (
        f"{_work(event.step, event.item)}: doubt settled{_by(event.by)}: the work {outcomes[event.verdict]}"
    )


def _reused(_: RunState, event: ResultReused) -> str:
    return f"{_work(event.step, event.item)}: result reused from run {event.source}"


def _kept(_: RunState, event: ResultKept) -> str:
    return f"{_work(event.step, event.item)}: result kept from step {event.source} of the earlier plan"


def _replanning(_: RunState, event: ReplanningStarted) -> str:
    return f"{event.step}: asking the planner" if event.step else "asking the planner"


def _adopted(_: RunState, event: PlanAdopted) -> str | None:
    return f"the plan was revised: {event.reason}" if event.revision > 1 else None


def _accepted(_: RunState, event: ResultAccepted) -> str:
    what = "the plan stays as it is" if event.step is None else f"{event.step}: accepted as it is"
    return f"{what}: {event.reason}"


def _given_up(_: RunState, event: GivenUp) -> str:
    return f"{event.step or 'the run'}: the planner gave up: {event.reason}"


def _undecided(_: RunState, event: ReplanningFailed) -> str:
    return f"{event.step or 'the run'}: the planner made no decision: {one_line(event.message, MAX_SHOWN)}"


def _question(_: RunState, event: PersonAsked) -> str:
    # The end of the run prints the question, with the command that answers it.
    return "the planner has a question; the run waits for your answer once nothing else is left to do"


def _word(_: RunState, event: WordSpoken) -> str:
    return f"message{f' from {event.by}' if event.by else ''}: {event.text}"


def _reach(_: RunState, event: ReachDecided) -> str | None:
    return f"{event.step}: {'; '.join(event.beyond)}" if event.beyond else None


def _asked(_: RunState, event: ApprovalRequested) -> str:
    return f"{event.step}: waiting for approval"


def _granted(_: RunState, event: ApprovalGranted) -> str:
    return f"{event.step}: approved{_by(event.by)}"


def _denied(_: RunState, event: ApprovalDenied) -> str:
    return f"{event.step}: denied{_by(event.by)}"


def _pausing(_: RunState, event: PauseRequested) -> str:
    return "pausing: running steps finish, no others start"


def _cancelling(_: RunState, event: CancellationRequested) -> str:
    return f"cancelling: {event.reason}" if event.reason else "cancelling"


_LINES: dict[type[Any], Callable[[RunState, Any], str | None]] = {
    GivenUp: _given_up,
    PersonAsked: _question,
    PlanAdopted: _adopted,
    ReachDecided: _reach,
    ReplanningFailed: _undecided,
    ReplanningStarted: _replanning,
    ResultAccepted: _accepted,
    ResultKept: _kept,
    WordSpoken: _word,
    ApprovalDenied: _denied,
    ApprovalGranted: _granted,
    ApprovalRequested: _asked,
    AttemptCancelled: _cancelled,
    AttemptLost: _lost,
    CancellationRequested: _cancelling,
    DoubtSettled: _settled,
    PauseRequested: _pausing,
    ResultReused: _reused,
    AttemptProgressed: _progressed,
    AttemptStarted: _started,
    AttemptSucceeded: _succeeded,
    AttemptFailed: _attempt_failed,
    AttemptSurprised: _surprised,
    RetryScheduled: _retry,
    StepFailed: _failed,
    StepSkipped: _skipped,
    ConditionDecided: _decided,
}


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _work(step: str, item: int | None) -> str:
    return step if item is None else f"{step}[{item}]"


def _took(record: RunState, step: str, item: int | None) -> str:
    # Searched from the end, because an attempt that ends now is among the last that started.
    attempts = reversed(record.step_of(step).attempts)
    started = next((each.started for each in attempts if each.item == item), record.now)
    return seconds_text(record.now - started)
