"""Decisions in lines: what a small model can still write about a plan in trouble.

The first line says why, the second what is decided: in this order, because a small model that decides first
repeats the step that went wrong. Behind `revise` come the steps that go and a line for each new
one, under ids that the model is given; a step in trouble goes without being named. What used a step that goes
uses the last new one instead. What the new steps give and no step takes goes into the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, JsonObject
from callsheet.agents.models.json_answer import read_json_answer
from callsheet.planner.formats.revision_format import (
    DECISIONS,
    Proposal,
    WorkedExample,
    decisions,
    objects_in,
    read_decision,
    texts_in,
)
from callsheet.planner.plan.plan import From, Template, read_binding
from callsheet.planner.plan.references import steps_named_by
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Situation, Standing

from .duplicates import DuplicateSteps
from .grammar import CallGrammar
from .lines import read_calls, write_name
from .plan_format import LinesFormat
from .references import WIRE_ID
from .replacement import StepReplacement
from .steps import CallSteps

MAX_STEPS = 6
"""New steps in one revision: what a small model can keep in view."""

_WIRE_ID = re.compile(rf"{WIRE_ID}\Z")
_DECISION = re.compile(rf"^[ \t*]*({'|'.join(DECISIONS)})\b[:*]*[ \t]*([^\n]*)\n?", re.MULTILINE)
_REASON = re.compile(r"\s*+(?:because:?+)?+[ \t]*+([^\n]*+)\n")
_REFERENCE = re.compile(r'"\{(\w+(?:\.\w+)*)\}"')
_REMOVE = re.compile(r"^[ \t]*remove:?[ \t]+([^\n]*)$", re.MULTILINE)


class LinesRevisionFormat:
    """A decision, new steps, and which steps they replace."""

    name = "lines"
    notation = "lines"
    rules = "planner/replan_lines_rules"

    def __init__(self) -> None:
        self._plans = LinesFormat(max_steps=MAX_STEPS)

    def schema(self, situation: Situation) -> None:
        """None: lines are no JSON."""
        return

    def grammar(self, situation: Situation) -> str:
        """One form for each decision there is. Who has just been answered does not ask again: a small model
        would, the same."""
        left_out = ("revise", "ask") if _has_just_answered(situation) else ("revise",)
        said = [each for each in decisions(situation) if each not in left_out]
        known = list(situation.plan.steps)
        fresh = self.new_ids(situation)
        return CallGrammar(situation.catalog).decision(said, fresh, known, list(_removable(situation)))

    def examples(self) -> Sequence[WorkedExample]:
        """Five of them, the order measured: what the user said, two questions, and another input after a
        failure and after a surprise."""
        return _load_examples()

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """As the lines of plans show it."""
        return self._plans.signature(capability, terse=terse)

    def show(self, binding: JsonValue) -> JsonValue:
        """References in braces, as the lines have them in texts."""
        match read_binding(binding):
            case From(expression):
                return f"{{{expression}}}"
            case Template(text):
                return text.replace("{{", "{").replace("}}", "}")
            case literal:
                return literal.value

    def show_step(self, step: JsonObject, shown: Callable[[JsonValue], str]) -> str:
        """`id = capability(input=value)`."""
        inputs = step.get("inputs")
        pairs = inputs.items() if isinstance(inputs, dict) else ()
        written = ", ".join(f"{write_name(name)}={_bare(shown(value))}" for name, value in pairs)
        return f"{step['id']} = {step['capability']}({written})"

    def new_ids(self, situation: Situation) -> Sequence[str]:
        """The next numbers that no plan of the run has had."""
        used = {*situation.used_ids, *situation.plan.steps}
        last = max((int(each[1:]) for each in used if _WIRE_ID.match(each)), default=0)
        return [f"s{last + number}" for number in range(1, MAX_STEPS + 1)]

    def read_answer(self, text: str, situation: Situation) -> JsonObject:
        """The parts of a decision. JSON is taken too: old recordings have answers in it."""
        if text.lstrip().startswith("{"):
            written = read_json_answer(text)
            return written if isinstance(written, dict) else {}
        if (found := _DECISION.search(text)) is None:
            return {}
        decision, said = found[1], found[2].strip()
        because = _REASON.match(text, 0, found.start())
        reason = because[1].strip() if because and (decision == "ask" or not said) else said
        rest = text[found.end() :] if decision == "revise" else ""
        removed = [each for line in _REMOVE.findall(rest) for each in re.findall(r"[\w-]+", line)]
        steps = read_calls(rest, situation.plan.steps)
        answer: JsonObject = {"decision": decision, "reason": reason, "question": said}
        answer |= {"remove": list[JsonValue](removed), "steps": list[JsonValue](steps)}
        return answer

    def read_decision(self, answer: JsonValue, situation: Situation) -> Proposal:
        """What the answer means. Raises ValueError where it has not the shape of the format."""
        said, reason = read_decision(answer, situation)
        if said is not None:
            return Proposal(said, reason)
        written = cast("JsonObject", answer)
        steps = objects_in(written.get("steps"), "steps")
        removed = texts_in(written.get("remove"), "remove")
        if not steps and not removed:
            raise ValueError("the decision is to revise, and nothing changes: write the new steps")
        if not all(isinstance(step.get("id"), str) for step in steps):
            raise ValueError(f"every step has an `id`: {', '.join(self.new_ids(situation))}")
        found = objects_in(_document(situation, steps).get("steps"), "steps")
        fresh = [_expecting(step, situation) for step in found]
        echoes = DuplicateSteps(situation, fresh, removed)
        change = StepReplacement(situation, echoes.steps, echoes.removed)
        return Proposal(change.revision, reason, (*echoes.notes, *change.notes), tuple(echoes.doubts()))


def _bare(shown: str) -> str:
    """A reference without quotation marks and braces, where nothing else is there."""
    return found[1] if (found := _REFERENCE.fullmatch(shown)) else shown


@cache
def _load_examples() -> tuple[WorkedExample, ...]:
    text = files("callsheet.prompts").joinpath("planner", "replan_lines_examples.json").read_text("utf-8")
    examples = json.loads(text)["examples"]
    return tuple(WorkedExample("\n".join(each["situation"]), "\n".join(each["answer"])) for each in examples)


def _has_just_answered(situation: Situation) -> bool:
    """Whether what the user said last was the answer to a question."""
    return bool(situation.answers) and situation.words[-1:] == (situation.answers[-1][1],)


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


def _document(situation: Situation, steps: Sequence[JsonObject]) -> JsonObject:
    """The document of the new steps. Not by way of the format of plans, whose repairs are for whole ones."""
    there = {id: step.capability for id, step in situation.plan.steps.items()}
    effects = {each.name: each.effect for each in (*there.values(), *situation.catalog)}
    known = {id: capability.effect for id, capability in there.items()}
    return CallSteps(steps, effects, known).document(situation.goal)


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
