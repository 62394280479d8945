"""What came of replays, in lines for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from callsheet.cli.text.advice import Advice
from callsheet.cli.text.drift import drift_lines, kinds_text
from callsheet.cli.text.run import course_lines, seconds_text
from callsheet.cli.text.safe_text import counted, one_line, spelled
from callsheet.cli.text.story import RunView, standing
from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.replay.drift.drift import Drift, DriftKind
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import AttemptStarted
from callsheet.recordings.replay_result import Replay

from .replay_session import ReplayOutcome

MAX_SAID = 1_000
"""Characters of a reason, or of what was to happen."""
_PLANNERS = ("planner", "replanner")
_STEP = re.compile(r"[a-z][a-z0-9_]*")
_SORTS = ("as recorded", "updated", "drifted", "not replayed")


def outcome_lines(outcome: ReplayOutcome, advice: Advice, *, update: bool = False) -> Iterator[str]:
    """One line for a file that is in order; where it is not, every drift. Nothing for one that could not be
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
            yield "  what was written does not replay exactly:"
            yield from drift_lines(outcome.slips, "    ")
    else:
        yield f"{outcome.file}: drifted{', and was not updated' if update else ''}"
        yield from drift_lines(replayed.drifts, "  ")
        if replayed.obstacle is not None:
            yield from _obstacle(replayed, replayed.obstacle, advice)


def error_text(outcome: ReplayOutcome) -> str:
    """Why a file could not be replayed, with its name."""
    text, name = str(outcome.error), str(outcome.file)
    return text if text.startswith(name) else f"{name}: {text}"


def summary_text(outcomes: Sequence[ReplayOutcome]) -> str:
    """How many files came to what."""
    counts = Counter(_sort(outcome) for outcome in outcomes)
    sorts = (f"{number} {sort}" for sort in _SORTS if (number := counts[sort]))
    return f"{counted(len(outcomes), 'recording')}: {', '.join(sorts)}"


def what_if_lines(replayed: Replay, what_ifs: Sequence[WhatIf], advice: Advice) -> Iterator[str]:
    """What was to happen otherwise, the run that comes of it, and in what that differs from the recorded
    one."""
    for each in what_ifs:
        yield f"what if {one_line(spelled(each.describe()), MAX_SAID)}"
        if not _happened(replayed, each):
            yield "  it never comes to that: there is no such attempt"
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
    """In what the run differs, or why it is not told to its end."""
    if replayed.is_cut_short:
        yield "it goes no further, because something is wanted that was not recorded:"
        yield from drift_lines(replayed.drifts, "  ")
        yield from (f"  {line}" for drift in replayed.drifts for line in _way_on(replayed, drift, advice))
    elif replayed.drifts:
        yield "what is different:"
        yield from drift_lines(replayed.drifts, "  ")
    else:
        yield "nothing is different"


def _sort(outcome: ReplayOutcome) -> str:
    if outcome.replay is None:
        return "not replayed"
    if outcome.replay.updated is not None:
        return "updated"
    return "drifted" if outcome.replay.drifts else "as recorded"


def _extent(outcome: ReplayOutcome, replayed: Replay) -> str:
    """How much there was to replay, and how long it took then and now."""
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
    """What kept a file from being recorded anew, and what would help."""
    yield "  what kept it from being recorded anew:"
    yield from drift_lines([obstacle], "    ")
    match obstacle.kind:
        case DriftKind.PROMPT:
            yield f"    {advice.missing_model}"
        case DriftKind.PLAN | DriftKind.RESULT if obstacle.where != "the run":
            yield "    nobody at hand does that, or it cannot be undone; name who does with --agents"
            yield from (f"    {line}" for line in _way_on(replayed, obstacle, advice))
        case DriftKind.MODEL:
            yield "    see to the model, or name another one with --model"
        case DriftKind.RESULT:
            yield "    a recording of a run that came further is not given up for that one"
        case _:
            yield "    record the run again"


def _way_on(replayed: Replay, drift: Drift, advice: Advice) -> Iterator[str]:
    """What to add to the command, so that what was not recorded is done live."""
    if drift.where in _PLANNERS:
        yield "to have the planner asked: --live planner"
    elif drift.kind in (DriftKind.PROMPT, DriftKind.PLAN, DriftKind.RESULT):
        found = _STEP.match(drift.where)
        step = replayed.result.steps.get(found[0]) if found else None
        if step is not None:
            yield f"to have it done: --live {step.capability}"
    if drift.kind is DriftKind.PROMPT and advice.asks_nobody:
        yield advice.missing_model
