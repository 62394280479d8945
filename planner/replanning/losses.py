"""What a revised plan no longer does, although the goal asks for it and the plan before did."""

from __future__ import annotations

from collections.abc import Iterator

from callsheet.agents.contracts.capability import CHANGING, JsonObject
from callsheet.planner.goals.coverage import find_forgotten_names
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Situation, Standing

_NAME = "the goal names {name}, and after the revision no step does anything with it"
_CHANGE = "step {id} ({capability}) is left out, and nothing does it any more"
_QUESTION = (
    "The plan as it would be revised leaves out a part of the goal: {losses}. Leave it out, or what else?"
)

ADVICE = ": write it with what is new; where there is no way to it, decide to ask or to give_up"
"""What a model is told behind each of the sentences."""


def find_losses(situation: Situation, document: JsonObject) -> Iterator[str]:
    """A sentence for each name of the goal and each change that only the old plan has.

    What is done counts. What the step in trouble was about may well have to give way to something else, and
    what the user has been asked about is settled. Who has said something, or runs out of budget, may want
    less to be changed.
    """
    asked = "\n".join(question for question, _ in situation.answers)
    catalog = [*situation.catalog, *(step.capability for step in situation.plan.steps.values())]
    old = steps_of(situation.plan.document)
    done = (old[id] for id in old if situation.standings[id].standing is Standing.DONE)
    before: JsonObject = {"steps": [old[id] for id in old if not _is_troubled(situation, id)]}
    after: JsonObject = {"steps": [*steps_of(document).values(), *done]}
    never = {*find_forgotten_names(before, situation.goal, catalog)}
    for name in find_forgotten_names(after, situation.goal, catalog):
        if name not in never and name not in asked:
            yield _NAME.format(name=name)
    if not situation.words and not situation.pressure:
        yield from _find_dropped_changes(situation, document)


def ask_about(losses: tuple[str, ...]) -> str:
    """The question to the user about what would be lost."""
    return _QUESTION.format(losses="; ".join(losses))


def _find_dropped_changes(situation: Situation, document: JsonObject) -> Iterator[str]:
    """The changes that the plan was to make and would not, unless something new makes one instead."""
    old, new = steps_of(situation.plan.document), steps_of(document)
    effects = {each.name: each.effect for each in situation.catalog}
    acting = [
        str(step.get("capability"))
        for id, step in new.items()
        if step != old.get(id) and effects.get(str(step.get("capability"))) in CHANGING
    ]
    wanted = [id for id in old if old[id] != new.get(id) and _is_open_change(situation, id)]
    missing = [id for id in wanted if str(old[id]["capability"]) not in acting]
    for id in missing[: max(0, len(wanted) - len(acting))]:
        yield _CHANGE.format(id=id, capability=old[id]["capability"])


def _is_open_change(situation: Situation, id: str) -> bool:
    open_ = situation.standings[id].standing in (Standing.NOT_STARTED, Standing.IN_TROUBLE)
    return open_ and situation.plan.steps[id].capability.effect in CHANGING


def _is_troubled(situation: Situation, id: str) -> bool:
    return any(id == each.step for each in (situation.trouble, *situation.others) if each)
