"""The revisions of a run, on one readable page."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from pydantic import JsonValue

from callsheet.executor.run.events import StepHeld
from callsheet.executor.run.revisions import AnsweredClarification, ReplanningRound, RevisionHistory
from callsheet.planner.plan.diff import plan_diff_lines
from callsheet.prompts.hidden import spelled

from .run import seconds_text, time_text
from .safe_text import one_line

MAX_SAID = 1_000
"""Characters of a reason, a question, or a message of the user."""
_OUTCOMES = {
    "revised": "revised",
    "accepted": "accepted as it is",
    "asked": "the planner asked back",
    "given up": "the planner gave up",
    "undecided": "no decision",
}


def revision_lines(story: RevisionHistory) -> Iterator[str]:
    """Each time the planner was asked: why, what it decided, what that changed, and what was kept."""
    for clarified in story.clarified:
        yield from _clarification(clarified)
    if story.first is None:
        yield "there is no plan"
        return
    yield f"revision 1: {', '.join(step.id for step in story.first.steps) or 'no steps'}"
    for chapter in story.chapters:
        yield ""
        yield from _chapter(chapter)
    if not story.chapters:
        yield "the plan was never revised"
    for word in story.unheard:
        yield f"message not yet read by the planner: {one_line(word, MAX_SAID)}"


def revisions_document(story: RevisionHistory) -> dict[str, JsonValue]:
    """The same for programs."""
    return {
        "clarified": [{"question": each.question, "words": list(each.words)} for each in story.clarified],
        "first": None if story.first is None else story.first.to_document(),
        "chapters": [_chapter_document(chapter) for chapter in story.chapters],
        "unheard": list(story.unheard),
    }


def _clarification(clarified: AnsweredClarification) -> Iterator[str]:
    yield f"before the first plan, the planner asked: {one_line(clarified.question, MAX_SAID)}"
    for word in clarified.words:
        yield f"  message: {one_line(word, MAX_SAID)}"


def _chapter(chapter: ReplanningRound) -> Iterator[str]:
    took = "" if chapter.decided is None else f" ({seconds_text(chapter.decided - chapter.started)})"
    about = f" about {chapter.step}" if chapter.step else ""
    yield f"{time_text(chapter.started)}  the planner was asked{about}{took}"
    for held in chapter.held:
        work = held.step if held.item is None else f"{held.step}[{held.item}]"
        yield f"  because {work}: {one_line(held.failure.message, MAX_SAID)}"
    if chapter.pressure:
        yield f"  because {chapter.pressure}"
    for word in chapter.words:
        yield f"  message: {one_line(word, MAX_SAID)}"
    yield f"  {_outcome(chapter)}"
    yield from (f"    {line}" for line in _consequences(chapter))


def _outcome(chapter: ReplanningRound) -> str:
    """The decision and its reason."""
    if not chapter.outcome:
        return "not decided"
    what = f"revision {chapter.number}" if chapter.number else _OUTCOMES[chapter.outcome]
    if chapter.outcome == "accepted" and chapter.step is None:
        what = "the plan stays as it is"
    return f"{what}: {one_line(chapter.reason, MAX_SAID)}"


def _consequences(chapter: ReplanningRound) -> Iterator[str]:
    if chapter.diff is not None:
        yield from map(spelled, plan_diff_lines(chapter.diff))
    for step, why in chapter.approvals.items():
        verdict = f" ({chapter.verdicts[step]})" if step in chapter.verdicts else ""
        yield f"{step} needs approval: {one_line(why, MAX_SAID)}{verdict}"
    if chapter.stayed:
        yield f"stays done: {', '.join(chapter.stayed)}"
    if chapter.kept:
        yield f"result kept (same content): {', '.join(_kept(chapter))}"
    if chapter.redone:
        yield f"done again: {', '.join(dict.fromkeys(chapter.redone))}"
    if chapter.usage.input_tokens:
        yield f"took {chapter.usage.input_tokens:,} tokens in, {chapter.usage.output_tokens:,} out"


def _kept(chapter: ReplanningRound) -> Iterator[str]:
    named = (
        each.source if each.source == each.step else f"{each.source} as {each.step}" for each in chapter.kept
    )
    yield from dict.fromkeys(named)


def _chapter_document(chapter: ReplanningRound) -> JsonValue:
    return {
        "started": chapter.started,
        "decided": chapter.decided,
        "step": chapter.step,
        "held": [_held_document(held) for held in chapter.held],
        "words": list(chapter.words),
        "pressure": chapter.pressure,
        "outcome": chapter.outcome,
        "reason": chapter.reason,
        "revision": chapter.number,
        "plan": None if chapter.plan is None else chapter.plan.to_document(),
        "changes": None if chapter.diff is None else chapter.diff.to_document(),
        "approvals": dict(chapter.approvals),
        "verdicts": dict(chapter.verdicts),
        "stayed": list(chapter.stayed),
        "kept": [{"step": each.step, "item": each.item, "source": each.source} for each in chapter.kept],
        "redone": list(chapter.redone),
        "usage": msgspec.to_builtins(chapter.usage),
    }


def _held_document(held: StepHeld) -> JsonValue:
    return {
        "step": held.step,
        "item": held.item,
        "failure": msgspec.to_builtins(held.failure),
        "output": held.output,
    }
