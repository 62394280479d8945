"""What a run is waiting for, with the commands that let it continue."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue

from callsheet.executor.run.result import Doubt, PendingApproval
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.prompts.hidden import spelled

from .advice import Advice
from .run import time_text
from .safe_text import one_line
from .story import INTERRUPTED, WAITING, RunView, owner_text

MAX_SHOWN = 1_000
"""Characters of the inputs that the user is to judge."""


def waiting_lines(story: RunView, advice: Advice) -> Iterator[str]:
    """Each approval, question and doubt, and the commands that answer it; nothing if the run has ended."""
    result = story.result
    if result.status in RUN_ENDED:
        return
    if result.question is not None:
        yield f"the planner asks: {one_line(result.question, MAX_SHOWN)}"
        yield f"  to answer: {advice.command('answer', result.run, 'YOUR ANSWER')}"
    for question in result.asked:
        yield from _question(result.run, question, advice)
    for doubt in result.in_doubt:
        yield from _doubt(story, doubt, advice)
    if story.owner is not None:
        yield f"running in {owner_text(story.owner)}"
    elif story.standing == WAITING:
        yield "its plan waits for your approval"
        yield f"  to approve it, and go on: {advice.command('resume', result.run, '--yes')}"
        yield f"  to look at it first: {advice.command('resume', result.run)}"
    elif story.standing == INTERRUPTED:
        yield f"its process ended; to continue: {advice.command('resume', result.run)}"
    elif result.status is RunStatus.PAUSED and not (result.asked or result.in_doubt or result.question):
        yield f"to continue: {advice.command('resume', result.run)}"


def question_text(step: str, capability: str, effect: str, inputs: JsonValue) -> str:
    """The step to be approved, with its exact inputs."""
    return f"{step}: {capability} ({effect}) with {inputs_text(inputs)}"


def inputs_text(inputs: JsonValue) -> str:
    """Inputs on one line; characters that a terminal would hide are escaped."""
    return one_line(spelled(json.dumps(inputs, ensure_ascii=False)), MAX_SHOWN)


def _question(run: str, asked: PendingApproval, advice: Advice) -> Iterator[str]:
    what = question_text(asked.step, asked.capability, asked.effect, asked.inputs)
    yield f"waiting for approval: {what}"
    if asked.why:
        yield f"  because {one_line(asked.why, MAX_SHOWN)}"
    yield f"  to approve: {advice.command('approve', run, asked.step)}"
    yield f"  to deny: {advice.command('approve', run, asked.step, '--deny')}"


def _doubt(story: RunView, doubt: Doubt, advice: Advice) -> Iterator[str]:
    run = story.result.run
    place = ["--step", doubt.step, *([] if doubt.item is None else ["--item", str(doubt.item)])]
    work = doubt.step if doubt.item is None else f"{doubt.step}[{doubt.item}]"
    given = story.given.get((doubt.step, doubt.item))
    inputs = f" with {inputs_text(given.inputs)}" if given is not None else ""
    yield f"in doubt: {work}: {doubt.capability}{inputs}"
    started = f"attempt {doubt.attempt} by {doubt.agent} started at {time_text(doubt.started)}"
    yield f"  {started}; its outcome is unknown"
    yield f"  if it was done: {advice.command('answer', run, 'done', *place, '--output', 'JSON')}"
    yield f"  to run it again: {advice.command('answer', run, 'again', *place)}"
    yield f"  if it failed: {advice.command('answer', run, 'failed', *place)}"
