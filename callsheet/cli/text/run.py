"""A run in lines and columns, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import JsonValue

from callsheet.agents.models.chat import labelled
from callsheet.executor.run.result import AttemptResult, KeptOutput, ReusedOutput, RunResult, StepResult
from callsheet.executor.run.state import ENDED, RUN_ENDED, AttemptStatus, StepStatus

from .safe_text import one_line
from .story import RunLine, RunView
from .table import aligned


def value_text(value: JsonValue) -> str:
    """A value for people: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def seconds_text(seconds: float) -> str:
    """A duration: `0.25 s`, `12.5 s`, `2 m 5 s`, `3 h 20 m`. It is none where a clock was set back
    between two processes that carried out one run."""
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} m {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} m"


def time_text(at: float) -> str:
    """A time in the local time zone."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def run_lines(story: RunView) -> Iterator[str]:
    """Every step, every attempt with its agent, time and error, and the answer."""
    yield from title_lines(story)
    yield from circumstance_lines(story)
    yield from course_lines(story)


def course_lines(story: RunView) -> Iterator[str]:
    """The steps with their attempts, and how the run ended."""
    result = story.result
    for step in result.steps.values():
        yield ""
        yield from step_lines(step)
    yield ""
    yield from conclusion_of(story)


def conclusion_of(story: RunView) -> Iterator[str]:
    """Why there is no answer, or the answer."""
    yield from end_lines(story)
    if story.result.answer is not None:
        yield "answer:"
        yield value_text(story.result.answer)


def title_lines(story: RunView) -> Iterator[str]:
    """The id of the run, its status, and its goal."""
    result = story.result
    took = "" if result.ended is None else f" in {seconds_text(result.ended - result.created)}"
    yield f"run {result.run}: {story.standing}{took}"
    yield f"goal: {one_line(result.goal, 500)}"


def end_lines(story: RunView) -> Iterator[str]:
    """Why there is no answer, or which results are missing from it."""
    result = story.result
    if result.account is not None:
        yield f"failed: {result.account.describe()}"
    if story.reason:
        yield f"cancelled: {story.reason}"
    if result.missing:
        yield f"missing results: {', '.join(result.missing)}"


def traceback_lines(result: RunResult) -> Iterator[str]:
    """The traceback of every attempt whose agent raised an exception."""
    for step in result.steps.values():
        for attempt in step.attempts:
            if attempt.traceback:
                item = "" if attempt.item is None else f", item {attempt.item}"
                yield f"traceback of step {step.id}{item}, attempt {attempt.number}, by {attempt.agent}:"
                yield attempt.traceback


def list_lines(runs: list[RunLine]) -> list[str]:
    """The list of runs, a line each, with the process that is running it."""
    rows = [("run", "status", "created", "took", "process", "goal")]
    for each in runs:
        summary, owner = each.summary, each.owner
        took = seconds_text(max(0.0, summary.latest - summary.created))
        process = "" if owner is None else f"{owner.pid} on {owner.host}"
        goal = one_line(summary.goal, 80)
        rows.append((summary.run, each.standing, time_text(summary.created), took, process, goal))
    return aligned(rows)


def usage_text(result: RunResult) -> str:
    """The model usage of the run: `3 calls, 4,210 tokens in, 380 out`."""
    usage = result.usage
    about = "about " if usage.estimated else ""
    calls = "1 call" if result.model_calls == 1 else f"{result.model_calls} calls"
    return f"{calls}, {about}{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def circumstance_lines(story: RunView) -> Iterator[str]:
    """When the run was created, its model, and what the planner decided."""
    result = story.result
    yield f"created: {time_text(result.created)}"
    if result.model:
        yield f"model: {labelled(result.model, result.model_host)} ({usage_text(result)})"
    if result.plan is None:
        yield "there was no plan" if result.status in RUN_ENDED else "there is no plan yet"
    for sentence in result.story:
        yield f"  {one_line(sentence, 500)}"


def step_lines(step: StepResult, *, output: bool = True) -> Iterator[str]:
    """A step with its attempts, why it failed, and, if wanted, the beginning of its output."""
    took = ""
    if step.status in ENDED and step.started is not None and step.ended is not None:
        took = f" in {seconds_text(step.ended - step.started)}"
    dropped = "  (no longer in the plan)" if step.dropped else ""
    yield f"{step.id}  {step.capability}  {step.status}{took}{dropped}"
    if step.status is StepStatus.SKIPPED:
        yield f"  {skip_text(step.because)}"
    if step.attempts:
        yield from aligned([_attempt(attempt) for attempt in step.attempts], indent="  ")
    yield from map(_reuse, step.reused)
    yield from map(_kept, step.kept)
    if step.failure is not None:
        yield f"  failed: {one_line(step.failure.told, 1_000)}"
    if output and step.output is not None:
        yield f"  output: {one_line(value_text(step.output), 300)}"


def skip_text(because: tuple[str, ...]) -> str:
    """Why a step was skipped."""
    return f"skipped: no result from {', '.join(because)}" if because else "skipped: its condition is false"


def _reuse(reuse: ReusedOutput) -> str:
    item = "" if reuse.item is None else f"item {reuse.item}: "
    return f"  {item}result reused from run {reuse.run}"


def _kept(kept: KeptOutput) -> str:
    item = "" if kept.item is None else f"item {kept.item}: "
    return f"  {item}result kept from step {kept.source} of an earlier plan"


def _attempt(attempt: AttemptResult) -> tuple[str, ...]:
    item = "" if attempt.item is None else f"item {attempt.item}, "
    number = f"{item}attempt {attempt.number}" + (" (hedge)" if attempt.hedge else "")
    status = attempt.status + (" (abandoned)" if attempt.abandoned else "")
    why = "" if attempt.failure is None else one_line(attempt.failure.told)
    return (number, attempt.agent, status, _attempt_took(attempt), why)


def _attempt_took(attempt: AttemptResult) -> str:
    if attempt.ended is None or attempt.status is AttemptStatus.LOST:
        return "no end recorded"
    return seconds_text(max(0.0, attempt.ended - attempt.started))
