"""The full revision format: everything that a revision can be, its steps written as in full plans."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.models.json_answer import read_json_answer
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.formats.revision_format import (
    Proposal,
    WorkedExample,
    decisions,
    objects_in,
    read_decision,
    texts_in,
)
from callsheet.planner.revision.revision import Revision
from callsheet.planner.revision.situation import Situation
from callsheet.planner.schemas.literal_schema import nullable

from .plan_format import FullFormat

_TEXT: JsonObject = {"type": "string"}


class FullRevisionFormat:
    """In the strict subset, for models that can carry it."""

    name = "full"
    notation = "JSON"
    rules = "planner/replan_full_rules"

    def __init__(self) -> None:
        self._plans = FullFormat()

    def schema(self, situation: Situation) -> JsonObject:
        """In the subset that strict structured outputs take. Where no agent provides anything, no step can be
        written."""
        parts: JsonObject = {
            "reason": _TEXT,
            "decision": {"type": "string", "enum": list(decisions(situation))},
        }
        definitions: JsonObject = {}
        if situation.catalog:
            plan = self._plans.schema(situation.catalog)
            properties = cast("Mapping[str, JsonObject]", plan["properties"])
            definitions = {**cast("JsonObject", plan.get("$defs", {})), "step": properties["steps"]["items"]}
            steps: JsonObject = {"type": "array", "items": {"$ref": "#/$defs/step"}}
            parts |= {"add": steps, "replace": steps, "answer": nullable(_TEXT)}
        parts["remove"] = {"type": "array", "items": _TEXT}
        parts["repoint"] = {"type": "array", "items": closed_object({"old": _TEXT, "new": _TEXT})}
        parts["question"] = nullable(_TEXT)
        return {**closed_object(parts), "$defs": definitions} if definitions else closed_object(parts)

    def grammar(self, situation: Situation) -> None:
        """None: the schema says it all."""
        return

    def examples(self) -> Sequence[WorkedExample]:
        """None: the rules say all that such a model needs."""
        return ()

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """As the full format of plans shows it."""
        return self._plans.signature(capability, terse=terse)

    def show(self, binding: JsonValue) -> JsonValue:
        """As the full format of plans writes it."""
        return self._plans.show(binding)

    def show_step(self, step: JsonObject, shown: Callable[[JsonValue], str]) -> str:
        """`id: capability {"input": value}`."""
        inputs = step.get("inputs")
        pairs = (
            f"{json.dumps(name)}: {shown(value)}"
            for name, value in (inputs if isinstance(inputs, dict) else {}).items()
        )
        return f"{step['id']}: {step['capability']} {{{', '.join(pairs)}}}"

    def new_ids(self, situation: Situation) -> Sequence[str]:
        """None: names that say what a step does are better than any that could be given."""
        return ()

    def read_answer(self, text: str, situation: Situation) -> JsonValue:
        """The JSON in a text. Raises ValueError where there is none."""
        return read_json_answer(text)

    def read_decision(self, answer: JsonValue, situation: Situation) -> Proposal:
        """What the answer means. Raises ValueError where it is not an object with a decision."""
        said, reason = read_decision(answer, situation)
        if said is not None:
            return Proposal(said, reason)
        written = cast("JsonObject", answer)
        add, replace = (self._steps(written, name, situation) for name in ("add", "replace"))
        binding = written.get("answer")
        revision = Revision(
            add=objects_in(add.document.get("steps"), "add"),
            replace=objects_in(replace.document.get("steps"), "replace"),
            remove=tuple(texts_in(written.get("remove"), "remove")),
            repoint=_read_repoint(written.get("repoint")),
            answer=None if binding is None else self._answer(binding, situation),
        )
        return Proposal(revision, reason, (*add.notes, *replace.notes), (*add.doubts, *replace.doubts))

    def _steps(self, written: JsonObject, name: str, situation: Situation) -> Translation:
        steps = list(objects_in(written.get(name), name))
        if not steps:
            return Translation({"steps": []})
        plan: JsonObject = {"steps": cast("JsonValue", steps), "answer": ""}
        return self._plans.read_plan(plan, situation.goal, situation.catalog)

    def _answer(self, binding: JsonValue, situation: Situation) -> JsonValue:
        plan: JsonObject = {"steps": [], "answer": binding}
        return self._plans.read_plan(plan, situation.goal, situation.catalog).document.get("answer")


def _read_repoint(value: JsonValue) -> dict[str, str]:
    repoint: dict[str, str] = {}
    for each in value if isinstance(value, list) else [value] if value is not None else []:
        match each:
            case {"old": str(old), "new": str(new)}:
                if repoint.setdefault(old, new) != new:
                    raise ValueError(f"references to `{old:.80}` are re-pointed twice: once is possible")
            case _:
                raise ValueError('`repoint` has to be a list of pairs: {"old": ID, "new": ID}')
    return repoint
