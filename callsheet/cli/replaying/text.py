"""The outcomes of replays, in lines for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from callsheet.cli.text.advice import Advice
from callsheet.cli.text.drift import drift_lines, kinds_text
from callsheet.cli.text.run import course_lines, seconds_text
from callsheet.cli.text.safe_text import counted, one_line
from callsheet.cli.text.story import RunView, standing
from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.replay.drift.drift import Drift, DriftKind
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import AttemptStarted
from callsheet.prompts.hidden import spelled
from callsheet.recordings.replay_result import Replay

from .replay_session import ReplayOutcome

MAX_SAID = 1_000
"""Characters of a reason, or of a what-if."""
_PLANNERS = ("planner", "replanner")
_STEP = re.compile(r"[a-z][a-z0-9_]*")
_SORTS = ("as recorded", "updated", "drifted", "not replayed")


def outcome_lines(outcome: ReplayOutcome, advice: Advice, *, update: bool = False) -> Iterator[str]:
    """One line for a file without drifts; otherwise every drift. Nothing for a file that could not be
    replayed: `error_text` says why."""
    replayed = outcome.replay
    if replayed is None:
        return
    if not replayed.drifts:
        same = "nothing to update" if update else f"as recorded ({_extent(outcome, replayed)})"
        yield f"{outcome.file}: {same}"
    elif replayed.updated is not None:
        yield f"updated {outcome.file}: {kinds_text(replayed.drifts)}"
        if outcome.slips:
            yield "  the updated recording does not replay exactly:"
            yield from drift_lines(outcome.slips, "    ")
    else:
        yield f"{outcome.file}: drifted{', not updated' if update else ''}"
        yield from drift_lines(replayed.drifts, "  ")
        if replayed.obstacle is not None:
            yield from _obstacle(replayed, replayed.obstacle, advice)


def error_text(outcome: ReplayOutcome) -> str:
    """Why a file could not be replayed, with its name."""
    text, name = str(outcome.error), str(outcome.file)
    return text if text.startswith(name) else f"{name}: {text}"


def summary_text(outcomes: Sequence[ReplayOutcome]) -> str:
    """The number of files with each outcome."""
    counts = Counter(_sort(outcome) for outcome in outcomes)
    sorts = (f"{number} {sort}" for sort in _SORTS if (number := counts[sort]))
    return f"{counted(len(outcomes), 'recording')}: {', '.join(sorts)}"


def what_if_lines(replayed: Replay, what_ifs: Sequence[WhatIf], advice: Advice) -> Iterator[str]:
    """The what-ifs, the run that results from them, and its differences from the recorded run."""
    for each in what_ifs:
        yield f"what if {one_line(spelled(each.describe()), MAX_SAID)}"
        if not _happened(replayed, each):
            yield "  this had no effect: the run has no such attempt"
    story = _story(replayed)
    yield ""
    yield f"the run: {_end(replayed)}"
    for sentence in story.result.story:
        yield f"  {one_line(sentence, MAX_SAID)}"
    course = list(course_lines(story))
    yield from course
    if course[-1]:
        yield ""
    yield from _differences(replayed, advice)


def _differences(replayed: Replay, advice: Advice) -> Iterator[str]:
    """The differences of the run, or why the replay stopped before its end."""
    if replayed.is_cut_short:
        yield "the replay stops here, because it needs something that was not recorded:"
        yield from drift_lines(replayed.drifts, "  ")
        yield from (f"  {line}" for drift in replayed.drifts for line in _way_on(replayed, drift, advice))
    elif replayed.drifts:
        yield "differences from the recorded run:"
        yield from drift_lines(replayed.drifts, "  ")
    else:
        yield "no differences from the recorded run"


def _sort(outcome: ReplayOutcome) -> str:
    if outcome.replay is None:
        return "not replayed"
    if outcome.replay.updated is not None:
        return "updated"
    return "drifted" if outcome.replay.drifts else "as recorded"


def _extent(outcome: ReplayOutcome, replayed: Replay) -> str:
    """The size of the run, how long it took, and how long its replay took."""
    recording = replayed.recording
    record = recording.record
    counts = (
        standing(record.status, None),
        counted(len(record.steps), "step"),
        counted(record.revision, "plan"),
        counted(record.model_calls, "model call"),
    )
    return f"{', '.join(counts)}; {seconds_text(recording.duration)} in {_took(outcome.seconds)}"


def _took(seconds: float) -> str:
    return f"{1_000 * seconds:.0f} ms" if seconds < 1 else seconds_text(seconds)


def _end(replayed: Replay) -> str:
    result = replayed.result
    if replayed.is_cut_short:
        return "cut short"
    took = "" if result.ended is None else f" in {seconds_text(result.ended - result.created)}"
    return f"{standing(result.status, None)}{took}"


def _story(replayed: Replay) -> RunView:
    return RunView(replayed.result, None, last_attempts(replayed.events), reason_of(replayed.events))


def _happened(replayed: Replay, what_if: WhatIf) -> bool:
    return any(
        isinstance(event, AttemptStarted) and what_if.fits((event.step, event.item, event.attempt))
        for event in replayed.events
    )


def _obstacle(replayed: Replay, obstacle: Drift, advice: Advice) -> Iterator[str]:
    """Why a recording could not be updated, and what to do about it."""
    yield "  it could not be updated because of this:"
    yield from drift_lines([obstacle], "    ")
    match obstacle.kind:
        case DriftKind.PROMPT:
            yield f"    {advice.missing_model}"
        case DriftKind.PLAN | DriftKind.RESULT if obstacle.where != "the run":
            yield "    no available agent does that, or it cannot be undone; add an agent with --agents"
            yield from (f"    {line}" for line in _way_on(replayed, obstacle, advice))
        case DriftKind.MODEL:
            yield "    fix the model, or choose another one with --model"
        case DriftKind.RESULT:
            yield "    the recorded run came further, so its recording was kept"
        case _:
            yield "    record the run again"


def _way_on(replayed: Replay, drift: Drift, advice: Advice) -> Iterator[str]:
    """The flags that run live what was not recorded."""
    if drift.where in _PLANNERS:
        yield "to ask the planner: --live planner"
    elif drift.kind in (DriftKind.PROMPT, DriftKind.PLAN, DriftKind.RESULT):
        found = _STEP.match(drift.where)
        step = replayed.result.steps.get(found[0]) if found else None
        if step is not None:
            yield f"to run it: --live {step.capability}"
    if drift.kind is DriftKind.PROMPT and advice.uses_recorded_model:
        yield advice.missing_model
