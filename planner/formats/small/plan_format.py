"""The short wire format: what small models plan best with, measured.

A step has an id `s1…`, a capability, its inputs with `{s1}` where an earlier result goes, and
`depends_on` last: written after the inputs it makes the model look at what it used. It says
nothing that the inputs don't say, except about order after steps that change something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.planner.expressions.values import leaves
from callsheet.planner.formats.examples import Example, load_examples
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.goals.copied_phrases import find_copied_phrases
from callsheet.planner.goals.coverage import find_unmade_results
from callsheet.planner.goals.gap import Gap
from callsheet.planner.goals.parts import find_dropped_parts
from callsheet.planner.schemas.capability_text import signature
from callsheet.planner.schemas.literal_schema import LiteralSchemas

from .references import WIRE_ID
from .repairs import repair_steps
from .steps import ShortSteps

_TEXT: JsonObject = {"type": "string"}
_ID: JsonObject = {"type": "string", "pattern": f"^{WIRE_ID}$"}
_REFERENCE: JsonObject = {"type": "string", "pattern": r"^\{" + WIRE_ID + r"(\.[a-z][a-z0-9_]*)?\}$"}


class ShortFormat:
    """Ids, capabilities, inputs as texts with references. No flow: a plan is a plain DAG."""

    name = "short"
    rules = "planner/short_rules"

    def __init__(self, *, max_steps: int = 20) -> None:
        self._max_steps = max_steps

    def schema(self, catalog: Sequence[Capability]) -> JsonObject:
        """One shape of step for each capability. Optional inputs may be left out."""
        steps: JsonObject = {
            "type": "array",
            "items": {"anyOf": [_step_schema(capability) for capability in catalog]},
            "minItems": 1,
            "maxItems": self._max_steps,
        }
        return closed_object({"steps": steps})

    def missing_schema(self, catalog: Sequence[Capability], ids: Collection[str], most: int) -> JsonObject:
        """Like `schema`, for at most so many steps to be added to a plan that has these ids."""
        first = 1 + max((int(id[1:]) for id in ids if re.fullmatch(WIRE_ID, id)), default=0)
        free: JsonObject = {"type": "string", "enum": [f"s{first + at}" for at in range(most)]}
        items: list[JsonValue] = [_step_schema(each, free) for each in catalog]
        steps: JsonObject = {"type": "array", "items": {"anyOf": items}, "minItems": 1, "maxItems": most}
        return closed_object({"steps": steps})

    def examples(self, catalog: Sequence[Capability]) -> Sequence[Example]:
        """Five of them, each over capabilities of their own, whatever the catalog: fewer, and others, were
        measured to plan worse."""
        return load_examples("short")

    def write_answer(self, answer: JsonValue) -> str:
        """With blanks, as small models have read most of their JSON."""
        return json.dumps(answer, ensure_ascii=False)

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """`name(inputs) -> main output: description`."""
        return signature(capability, terse=terse)

    def gap_help(self) -> ShortFormat:
        """This format: small models forget what a goal asks for beside its main thing."""
        return self

    def find_gaps(
        self, goal: str, used: Collection[str], document: JsonObject, catalog: Sequence[Capability]
    ) -> Iterable[Gap]:
        """Parts of the goal for which no step is there; where there are none, results that no step makes."""
        dropped = list(find_dropped_parts(goal, used, catalog))
        return dropped or find_unmade_results(goal, document, catalog)

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan's document. Raises ValueError where the answer has no list of steps, or too many."""
        match answer:
            case dict() if isinstance(steps := answer.get("steps"), list):
                if len(steps) > self._max_steps:
                    raise ValueError(f"{len(steps):,} steps are too many: {self._max_steps} are allowed")
                effects = {each.name: each.effect for each in catalog}
                repaired = repair_steps(_as_texts(steps, catalog), goal, catalog)
                found = ShortSteps(repaired.steps, effects).translate(goal, answer.get("answer"))
                copied = find_copied_phrases(found.document, goal, catalog, _example_texts())
                return found._replace(notes=(*repaired.notes, *found.notes), doubts=(*found.doubts, *copied))
            case _:
                raise ValueError('the answer has to be an object with a list of steps: {"steps": [...]}')


def _step_schema(capability: Capability, id: JsonObject = _ID) -> JsonObject:
    schemas = LiteralSchemas(capability.input_schema, strict=False)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    inputs: JsonObject = {name: _input_schema(schemas, part) for name, part in properties.items()}
    return closed_object(
        {
            "id": id,
            "capability": {"type": "string", "enum": [capability.name]},
            "inputs": {**closed_object(inputs), "required": [name for name in inputs if name in required]},
            "depends_on": {"type": "array", "items": _ID, "maxItems": 20},
        }
    )


@cache
def _example_texts() -> tuple[str, ...]:
    texts = (text for each in load_examples("short") for text in (each.goal, *leaves(each.answer)))
    return tuple(text for text in texts if isinstance(text, str))


def _as_texts(steps: Sequence[JsonValue], catalog: Sequence[Capability]) -> list[JsonValue]:
    """The steps with every number that stands for a text as one: held to quotation marks, a small model that
    wants to write a figure writes something else."""
    schemas = {each.name: cast("JsonObject", each.input_schema.get("properties") or {}) for each in catalog}
    read: list[JsonValue] = []
    for step in steps:
        if isinstance(step, dict) and isinstance(inputs := step.get("inputs"), dict):
            wanted = schemas.get(str(step.get("capability")), {})
            texts: JsonObject = {name: _as_text(value, wanted.get(name)) for name, value in inputs.items()}
            step = {**step, "inputs": texts}
        read.append(step)
    return read


def _as_text(value: JsonValue, schema: object) -> JsonValue:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(schema, Mapping) and schema.get("type") == "string"
    return json.dumps(value) if is_number and is_text else value


def _input_schema(schemas: LiteralSchemas, schema: object) -> JsonObject:
    written = schemas.write(schema)
    if written is None:
        return _REFERENCE
    options = written.get("anyOf")
    known = options if isinstance(options, list) else [written]
    if written == _TEXT:
        return {"anyOf": [_TEXT, {"type": "number"}]}
    return written if _TEXT in known else {"anyOf": [*known, _REFERENCE]}
