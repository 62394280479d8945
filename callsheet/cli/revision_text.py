"""The revisions of a run, on one readable page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import msgspec
from pydantic import JsonValue

from callsheet.executor.events import ResultKept
from callsheet.executor.revision_story import Chapter, RevisionStory
from callsheet.planner.plan_diff import Change, PlanDiff

from .run_text import seconds_text, time_text
from .safe_text import one_line

MOST_SHOWN = 300
"""Characters of a value."""


def revision_lines(story: RevisionStory) -> Iterator[str]:
    """Each time that the planner was asked: why, what it decided, and what that changed."""
    if story.first is not None:
        yield f"revision 1: {', '.join(step.id for step in story.first.steps) or 'no steps'}"
    for chapter in story.chapters:
        yield ""
        yield from _chapter(chapter)
    if not story.chapters:
        yield "the plan was never revised"


def diff_lines(diff: PlanDiff) -> Iterator[str]:
    """What changed, by step id."""
    for step in diff.removed:
        yield f"- {step['id']}: {step['capability']}"
    for step in diff.added:
        yield f"+ {step['id']}: {step['capability']} {_value(_without_name(step))}"
    for id, changes in diff.changed.items():
        yield f"~ {id}"
        for change in changes:
            yield f"    {_change(change)}"
    if diff.answer is not None:
        yield f"~ answer: {_value(diff.answer.before)} -> {_value(diff.answer.after)}"
    if not diff:
        yield "no difference"


def revisions_document(story: RevisionStory) -> JsonValue:
    """The same for programs."""
    return {
        "first": None if story.first is None else story.first.to_document(),
        "chapters": [_chapter_document(chapter) for chapter in story.chapters],
    }


def _chapter(chapter: Chapter) -> Iterator[str]:
    took = "" if chapter.decided is None else f" ({seconds_text(chapter.decided - chapter.started)})"
    about = f" about {chapter.step}" if chapter.step else ""
    yield f"{time_text(chapter.started)}  the planner was asked{about}{took}"
    for held in chapter.held:
        work = held.step if held.item is None else f"{held.step}[{held.item}]"
        yield f"  because {work}: {one_line(held.failure.message, MOST_SHOWN)}"
    for word in chapter.words:
        yield f"  somebody said: {one_line(word, MOST_SHOWN)}"
    number = f" as revision {chapter.number}" if chapter.number else ""
    yield f"  {chapter.outcome or 'not decided'}{number}: {one_line(chapter.reason, MOST_SHOWN)}"
    if chapter.diff is not None:
        yield from (f"    {line}" for line in diff_lines(chapter.diff))
    for step, why in chapter.approvals.items():
        yield f"    {step} needs an approval: {one_line(why, MOST_SHOWN)}"
    if chapter.kept:
        kept = (
            each.source if each.source == each.step else f"{each.source} as {each.step}"
            for each in chapter.kept
        )
        yield f"    kept by content: {', '.join(dict.fromkeys(kept))}"
    if chapter.redone:
        yield f"    done again: {', '.join(dict.fromkeys(chapter.redone))}"
    if chapter.usage.input_tokens:
        yield f"    took {chapter.usage.input_tokens:,} tokens in, {chapter.usage.output_tokens:,} out"


def _kept(kept: ResultKept) -> str:
    return kept.source if kept.source == kept.step else f"{kept.source} as {kept.step}"


def _change(change: Change) -> str:
    if change.before is None:
        return f"{change.key}: {_value(change.after)} (new)"
    if change.after is None:
        return f"{change.key}: {_value(change.before)} (gone)"
    return f"{change.key}: {_value(change.before)} -> {_value(change.after)}"


def _value(value: JsonValue) -> str:
    return one_line(json.dumps(value, ensure_ascii=False), MOST_SHOWN)


def _without_name(step: Mapping[str, JsonValue]) -> JsonValue:
    return {key: value for key, value in step.items() if key not in ("id", "capability")}


def _chapter_document(chapter: Chapter) -> JsonValue:
    return {
        "started": chapter.started,
        "decided": chapter.decided,
        "step": chapter.step,
        "held": [msgspec.to_builtins(held) for held in chapter.held],
        "words": list(chapter.words),
        "outcome": chapter.outcome,
        "reason": chapter.reason,
        "revision": chapter.number,
        "plan": None if chapter.plan is None else chapter.plan.to_document(),
        "changes": None if chapter.diff is None else chapter.diff.to_document(),
        "approvals": dict(chapter.approvals),
        "kept": [{"step": each.step, "item": each.item, "source": each.source} for each in chapter.kept],
        "redone": list(chapter.redone),
        "usage": msgspec.to_builtins(chapter.usage),
    }
