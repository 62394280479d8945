"""A revision: what changes in a plan, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.plan.references import repoint_binding, repoint_step, steps_named_by, steps_named_in
from callsheet.suggestions import did_you_mean

from .errors import RevisionError

MAX_PROBLEMS = 50
"""Sentences in one error: a model cannot repair more at once."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Changes to a plan's document, made together or not at all.

    `add` and `replace` hold whole steps as the plan's own JSON has them; a step replaces the one of its
    id. `repoint` makes every reference to a step, from steps that are neither added nor replaced and
    from an answer that stays, a reference to another one. `answer` is the JSON of a binding, None
    where the answer stays.
    """

    add: tuple[JsonObject, ...] = ()
    replace: tuple[JsonObject, ...] = ()
    remove: tuple[str, ...] = ()
    repoint: Mapping[str, str] = field(default_factory=dict[str, str])
    answer: JsonValue = None

    @property
    def written(self) -> frozenset[str]:
        """The ids of the steps that it writes itself."""
        return frozenset(_ids((*self.add, *self.replace)))


def revise(
    document: Mapping[str, JsonValue], revision: Revision, used_ids: Collection[str] = frozenset()
) -> JsonObject:
    """The document of the revised plan: what stays, in its order and as it was, then what was added.

    `used_ids` are those that any plan of the run has had. The document itself stays as it is. Raises
    `RevisionError` with a sentence for everything that is wrong. Whether the plan that comes
    of it is a good one is for the checker to say.
    """
    steps = cast("list[JsonObject]", document["steps"])
    known = _ids(steps)
    if problems := list(islice(_find_problems(revision, known, used_ids), MAX_PROBLEMS)):
        raise RevisionError(problems)
    removed = frozenset(revision.remove)
    replaced = {str(step["id"]): step for step in revision.replace}
    kept = [
        replaced.get(id) or repoint_step(step, revision.repoint)
        for id, step in zip(known, steps, strict=True)
        if id not in removed
    ]
    answer = revision.answer
    if answer is None:
        answer = repoint_binding(document["answer"], revision.repoint)
    revised = [*kept, *revision.add]
    if problems := list(islice(_find_remains(revised, answer, removed), MAX_PROBLEMS)):
        raise RevisionError(problems)
    return {**document, "steps": cast("JsonValue", revised), "answer": answer}


def steps_of(document: Mapping[str, JsonValue]) -> dict[str, JsonObject]:
    """The steps of a plan's document, by id; of two with one id, the later."""
    return {str(step.get("id")): step for step in cast("list[JsonObject]", document["steps"])}


def _ids(steps: Iterable[JsonObject]) -> list[str]:
    return [str(step.get("id")) for step in steps]


def _find_problems(revision: Revision, known: Sequence[str], used_ids: Collection[str]) -> Iterator[str]:
    there = frozenset(known)
    yield from _find_repeats(revision)
    for id in _ids(revision.add):
        if id in there:
            yield f"there is already a step `{id:.80}`: replace it, or give the new step another id"
        elif id in used_ids:
            yield f"`{id:.80}` was the id of another step, and ids are not reused: give the new one another"
    for id in _ids(revision.replace):
        if id not in there:
            yield f"there is no step `{id:.80}` to replace: {did_you_mean(id, known)}; a new step is added"
    for id in revision.remove:
        if id not in there:
            yield f"there is no step `{id:.80}` to remove: {did_you_mean(id, known)}"
    removed = frozenset(revision.remove)
    after = [id for id in (*known, *_ids(revision.add)) if id not in removed]
    ends = frozenset(after)
    for old, new in revision.repoint.items():
        if old not in there:
            yield f"there is no step `{old:.80}` to re-point references from: {did_you_mean(old, known)}"
        if new not in ends:
            yield f"there will be no step `{new:.80}` to re-point references to: {did_you_mean(new, after)}"


def _find_repeats(revision: Revision) -> Iterator[str]:
    touched = Counter((*_ids(revision.add), *_ids(revision.replace), *revision.remove))
    for id, count in touched.items():
        if count > 1:
            yield f"step `{id:.80}` is named {count} times: add it, replace it or remove it, once"


def _find_remains(steps: Iterable[JsonObject], answer: JsonValue, removed: frozenset[str]) -> Iterator[str]:
    """What refers to a removed step. The checker would take a reference to `read_a` for one to `read_b`."""
    for step in steps:
        for id in sorted(steps_named_by(step) & removed):
            yield f"step `{step.get('id')}` uses `{id}`, which is removed: re-point it, or replace that step"
    for id in sorted(steps_named_in(answer) & removed):
        yield f"the answer uses `{id}`, which is removed: re-point it, or write another answer"
