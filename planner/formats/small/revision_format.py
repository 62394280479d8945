"""The short revision format: what a small model can still write about a plan in trouble.

It writes new steps in the short notation, under ids that it is given, and names the steps that they take the
place of; a step in trouble is one of them without being named. What used a step that goes uses the last new
one instead. What the new steps give and no step takes goes into the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.formats.revision_format import (
    Proposal,
    WorkedExample,
    objects_in,
    read_decision,
    texts_in,
)
from callsheet.planner.plan.plan import From, Template, read_binding
from callsheet.planner.plan.references import steps_named_by
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Situation, Standing

from .duplicates import DuplicateSteps
from .plan_format import ShortFormat
from .references import WIRE_ID
from .replacement import StepReplacement
from .steps import ShortSteps

MAX_STEPS = 6
"""New steps in one revision: what a small model can keep in view."""
MAX_IDS = 60
"""Of steps that are listed in the schema: each stands there once for every capability."""
MAX_TEXT = 300
"""Characters of a reason or a question."""

_WIRE_ID = re.compile(rf"{WIRE_ID}\Z")
_TEXT: JsonObject = {"type": "string", "maxLength": MAX_TEXT}


class ShortRevisionFormat:
    """A decision, new steps, and which steps they replace."""

    name = "short"
    rules = "planner/replan_short_rules"

    def __init__(self) -> None:
        self._plans = ShortFormat(max_steps=MAX_STEPS)

    def schema(self, situation: Situation) -> JsonObject:
        """One shape of answer for each decision there is."""
        accept, ask, give_up = (_said(each) for each in ("accept", "ask", "give_up"))
        shapes = [give_up, {**ask, "question": _TEXT}]
        if situation.trouble and situation.trouble.has_results:
            shapes.insert(0, accept)
        if situation.catalog:
            shapes.insert(0, {**_said("revise"), **self._changes(situation)})
        return {"anyOf": [closed_object(each) for each in shapes]}

    def examples(self) -> Sequence[WorkedExample]:
        """Four of them: a question, a person's word, another input after a failure and after a surprise."""
        return _load_examples()

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """As the short format of plans shows it."""
        return self._plans.signature(capability, terse=terse)

    def show(self, binding: JsonValue) -> JsonValue:
        """References in braces, as the format writes them."""
        match read_binding(binding):
            case From(expression):
                return f"{{{expression}}}"
            case Template(text):
                return text.replace("{{", "{").replace("}}", "}")
            case literal:
                return literal.value

    def new_ids(self, situation: Situation) -> Sequence[str]:
        """The next numbers that no plan of the run has had."""
        used = {*situation.used_ids, *situation.plan.steps}
        last = max((int(each[1:]) for each in used if _WIRE_ID.match(each)), default=0)
        return [f"s{last + number}" for number in range(1, MAX_STEPS + 1)]

    def read_decision(self, answer: JsonValue, situation: Situation) -> Proposal:
        """What the answer means. Raises ValueError where it has not the shape of the format."""
        said, reason = read_decision(answer, situation)
        if said is not None:
            return Proposal(said, reason)
        written = cast("JsonObject", answer)
        steps = objects_in(written.get("steps"), "steps")
        removed = texts_in(written.get("remove"), "remove")
        if not steps and not removed:
            raise ValueError("the decision is to revise, and nothing changes: write the new `steps`")
        if not all(isinstance(step.get("id"), str) for step in steps):
            raise ValueError(f"every step has an `id`: {', '.join(self.new_ids(situation))}")
        translation = _translated(situation, steps)
        ids = {str(step["id"]) for step in steps}
        found = objects_in(translation.document.get("steps"), "steps")
        fresh = [_expecting(step, situation) for step in found if step["id"] in ids]
        echoes = DuplicateSteps(situation, fresh, removed)
        change = StepReplacement(situation, echoes.steps, echoes.removed)
        notes = (*translation.notes, *echoes.notes, *change.notes)
        return Proposal(change.revision, reason, notes, (*translation.doubts, *echoes.doubts()))

    def _changes(self, situation: Situation) -> JsonObject:
        schema = self._plans.schema(situation.catalog)
        properties = cast("Mapping[str, JsonObject]", schema["properties"])
        items = cast("JsonObject", properties["steps"]["items"])
        fresh = self.new_ids(situation)
        known = [*situation.plan.steps, *fresh]
        named = [each for each in situation.plan.steps if not _WIRE_ID.match(each)]
        shapes = [
            _step_schema(shape, fresh, known, named) for shape in cast("list[JsonObject]", items["anyOf"])
        ]
        removable: list[JsonValue] = list(_removable(situation))
        changes: JsonObject = {
            "steps": {"type": "array", "items": {"anyOf": cast("JsonValue", shapes)}, "maxItems": MAX_STEPS},
        }
        if removable:
            ids: JsonObject = {"type": "string", "enum": removable}
            changes["remove"] = {"type": "array", "items": ids, "maxItems": len(removable)}
        else:
            cast("JsonObject", changes["steps"])["minItems"] = 1
        return changes


@cache
def _load_examples() -> tuple[WorkedExample, ...]:
    text = files("callsheet.prompts").joinpath("planner", "replan_short_examples.json").read_text("utf-8")
    document = json.loads(text)
    return tuple(WorkedExample("\n".join(each["situation"]), each["answer"]) for each in document["examples"])


def _said(decision: str) -> JsonObject:
    return {"reason": _TEXT, "decision": {"type": "string", "enum": [decision]}}


def _step_schema(
    shape: JsonObject, fresh: Sequence[str], known: Sequence[str], named: Sequence[str]
) -> JsonObject:
    """A step of the short format of plans, under a fresh id, that may refer to any step there is."""
    properties = dict(cast("Mapping[str, JsonObject]", shape["properties"]))
    properties["id"] = {"type": "string", "enum": list(fresh)}
    if "depends_on" in properties and len(known) <= MAX_IDS:
        ids: JsonObject = {"type": "string", "enum": list(known)}
        properties["depends_on"] = {**properties["depends_on"], "items": ids}
    if named:
        properties["inputs"] = cast("JsonObject", _opened(properties["inputs"], "|".join((WIRE_ID, *named))))
    return {**shape, "properties": cast("JsonValue", properties)}


def _opened(schema: JsonValue, ids: str) -> JsonValue:
    """The schema with every pattern of a reference letting through these ids too."""
    match schema:
        case dict():
            opened = {key: _opened(value, ids) for key, value in schema.items()}
            pattern = schema.get("pattern")
            if isinstance(pattern, str) and pattern.startswith(r"^\{" + WIRE_ID):
                opened["pattern"] = pattern.replace(WIRE_ID, f"({ids})", 1)
            return opened
        case list():
            return [_opened(each, ids) for each in schema]
        case _:
            return schema


def _removable(situation: Situation) -> Iterator[str]:
    """The steps that may be named as removed: not the one in trouble, which goes by itself; and none that
    changes something, unless a person or the budget may want it gone. A small model leaves out whatever
    it does not need itself; one that writes such a step anew need not name the old one."""
    trouble = situation.trouble.step if situation.trouble else None
    free = bool(situation.words or situation.pressure)
    for id, step in situation.plan.steps.items():
        begun = situation.standings[id].standing in (Standing.DONE, Standing.UNDER_WAY)
        if id != trouble and not (step.capability.effect in CHANGING and (begun or not free)):
            yield id


def _translated(situation: Situation, steps: Sequence[JsonObject]) -> Translation:
    """The document of the plan's steps and the new ones, of which only the new ones mean anything."""
    capabilities = (*(step.capability for step in situation.plan.steps.values()), *situation.catalog)
    effects = {each.name: each.effect for each in capabilities}
    # Not by way of the format itself, whose repairs measure the steps of a whole plan by the goal.
    written = [*_known_steps(situation, steps), *map(_without_named, steps)]
    return ShortSteps(written, effects).translate(situation.goal, None)


def _known_steps(situation: Situation, steps: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """The plan's steps as far as the new ones have to know them: their ids, and which change something."""
    written = {str(step["id"]) for step in steps}
    for id, step in situation.plan.steps.items():
        if id not in written:
            acting = step.capability.effect in CHANGING
            yield {"id": id, "capability": step.capability.name if acting else "", "inputs": {}}


def _expecting(step: JsonObject, situation: Situation) -> JsonObject:
    """The new step with what the plan expects of the one in trouble, where it does the same kind of work: the
    format has no words for that, and a result is no better for not being checked."""
    old = steps_of(situation.plan.document).get(situation.trouble.step) if situation.trouble else None
    if old is None or old.get("capability") != step.get("capability") or "for_each" in old:
        return step
    expected = old.get("expect")
    # What it says of other steps may not hold for the new one.
    alone = steps_named_by({"expect": expected}) <= {"output"}
    return {**step, "expect": expected} if expected and alone else step


def _without_named(step: JsonObject) -> JsonObject:
    """The step without waiting for steps with names of their own whose results its inputs take: the
    short format of plans would take these for forgotten."""
    listed = step.get("depends_on")
    if not isinstance(listed, list):
        return step
    texts = json.dumps(step.get("inputs"), ensure_ascii=False)
    kept = [each for each in listed if not (isinstance(each, str) and _is_taken(each, texts))]
    return {**step, "depends_on": kept}


def _is_taken(id: str, texts: str) -> bool:
    return not _WIRE_ID.match(id) and re.search(rf"\{{[^{{}}]*\b{re.escape(id)}\b", texts) is not None
