"""What comes of a revision: the revised plan, checked as a whole, or what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, JsonObject
from callsheet.planner.check.checker import Policy
from callsheet.planner.check.fixes import complete_paths, mend
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.references import steps_named_by
from callsheet.suggestions import did_you_mean, meant

from .errors import RevisionError
from .revision import Revision, revise, steps_of
from .situation import Situation, Standing

_BEGUN = (Standing.DONE, Standing.UNDER_WAY)
_OPEN = (Standing.NOT_STARTED, Standing.IN_TROUBLE)


class Revised(NamedTuple):
    """The revised plan, None where `problems` speak against it: a sentence for each.

    `document` is the plan as it was meant, None where the revision did not even fit the old one;
    `notes` are the repairs made without asking.
    """

    checked: CheckedPlan | None
    problems: tuple[str, ...]
    document: JsonObject | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def check_revision(situation: Situation, revision: Revision, policy: Policy) -> Revised:
    """Apply a revision to the plan of the situation, repair what is certain, and check the whole.

    Work that nothing needs any more is dropped, but never what is done. Never raises.
    """
    if problems := tuple(_find_touched(situation, revision)):
        return Revised(None, problems)
    completed, notes = _completed(revision, situation.goal)
    try:
        document = revise(situation.plan.document, _sparing(completed, situation), situation.used_ids)
    except RevisionError as error:
        return Revised(None, error.problems)
    kept = _finished(situation, document)
    document, result, mended = mend(document, _known_capabilities(situation), policy, kept)
    problems = tuple(error.sentence for error in result.errors)
    problems = problems or tuple(_find_refusals(situation, revision, document))
    checked = None if problems else result.plan
    return Revised(checked, problems, document, result.diagnostics, (*notes, *mended))


def _past(situation: Situation) -> dict[str, JsonObject]:
    """The steps that have changed something in the world, or are about to, as the plan has them."""
    steps = steps_of(situation.plan.document)
    return {
        id: steps[id]
        for id, step in situation.plan.steps.items()
        if step.capability.effect in CHANGING and situation.standings[id].standing in _BEGUN
    }


def _find_touched(situation: Situation, revision: Revision) -> Iterator[str]:
    past = _past(situation)
    replaced = (str(step["id"]) for step in revision.replace if past.get(str(step.get("id")), step) != step)
    for id in (*replaced, *(each for each in revision.remove if each in past)):
        if situation.standings[id].standing is Standing.UNDER_WAY:
            yield f"step `{id}` is running and changes something: it can be neither changed nor removed now"
        else:
            yield (
                f"step `{id}` is done and has changed something: leave it as it is, and add another step "
                "where more is to be done"
            )


def _sparing(revision: Revision, situation: Situation) -> Revision:
    """The revision, leaving what has changed the world referring to what it was made of."""
    past = _past(situation)
    sources = frozenset[str]().union(*map(steps_named_by, past.values()))
    unwritten = tuple(step for id, step in past.items() if id not in revision.written)
    removed = tuple(id for id in revision.remove if id not in sources)
    return replace(revision, replace=(*revision.replace, *unwritten), remove=removed)


def _completed(revision: Revision, goal: str) -> tuple[Revision, tuple[str, ...]]:
    """The revision with whole paths in its own steps. Those that stay are not looked at again."""
    add, of_added = complete_paths({"goal": goal, "steps": list(revision.add)})
    changed, of_changed = complete_paths({"goal": goal, "steps": list(revision.replace)})
    steps = (tuple(cast("list[JsonObject]", each["steps"])) for each in (add, changed))
    return replace(revision, add=next(steps), replace=next(steps)), (*of_added, *of_changed)


def _known_capabilities(situation: Situation) -> tuple[Capability, ...]:
    """The capabilities that agents provide now, and those of finished steps: these need no agent any more,
    and a plan that keeps them must still check."""
    had = {
        step.capability.name: step.capability
        for id, step in situation.plan.steps.items()
        if situation.standings[id].standing not in _OPEN
    }
    return tuple({**had, **{each.name: each for each in situation.catalog}}.values())


def _finished(situation: Situation, document: JsonObject) -> frozenset[str]:
    """The steps of the document that are done, and those that they refer to."""
    steps = steps_of(document)
    pending = [id for id in steps if _stands(situation, id) is Standing.DONE]
    reached: set[str] = set()
    while pending:
        id = pending.pop()
        if id in steps and id not in reached:
            reached.add(id)
            pending += steps_named_by(steps[id])
    return frozenset(reached)


def _stands(situation: Situation, id: str) -> Standing | None:
    standing = situation.standings.get(id)
    return standing.standing if standing else None


def _find_refusals(situation: Situation, revision: Revision, document: JsonObject) -> Iterator[str]:
    """What speaks against a revised plan that checks."""
    offered = [each.name for each in situation.catalog]
    for step in (*revision.add, *revision.replace):
        name = str(step.get("capability"))
        if name not in offered and meant(name, offered) is None:
            yield f"step {step['id']}: no agent provides `{name:.80}` any more; {did_you_mean(name, offered)}"
    # Once the user has said something, doing the same again may be what they want.
    if situation.words:
        return
    if document == situation.plan.document:
        yield "the revision changes nothing: change what has to be different, or decide something else"
    elif (trouble := situation.trouble) and _is_as_before(trouble.step, situation.plan.document, document):
        yield (
            f"step `{trouble.step}` is as it was, and so is everything that it uses: it would only go wrong "
            "again. Replace it, or remove it and re-point what uses it"
        )


def _is_as_before(id: str, before: Mapping[str, JsonValue], after: JsonObject) -> bool:
    """Whether a step, and all that it refers to, are in both plans the same."""
    old, new = steps_of(before), steps_of(after)
    pending, reached = [id], set[str]()
    while pending:
        each = pending.pop()
        if old.get(each) != new.get(each) or (each == id and each not in new):
            return False
        if each in new and each not in reached:
            reached.add(each)
            pending += steps_named_by(new[each])
    return True
