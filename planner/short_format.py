"""The short wire format: what small models plan best with, measured.

A step has an id `s1…`, a capability, its inputs with `{s1}` where an earlier result goes, and
`depends_on` last: written after the inputs it makes the model look at what it used. It says
nothing that the inputs don't say, except about order after steps that change something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.capability import Capability, Effect, JsonObject

from .catalog_text import signature
from .examples import Example, load_examples
from .literal_schema import LiteralSchemas
from .plan import From, Template, write_binding
from .references import WIRE_ID, mentions, read_references

_ID: JsonObject = {"type": "string", "pattern": f"^{WIRE_ID}$"}
_REFERENCE: JsonObject = {"type": "string", "pattern": r"^\{" + WIRE_ID + r"(\.[a-z][a-z0-9_]*)?\}$"}
_NO_EFFECT = (Effect.PURE, Effect.READ)


class ShortFormat:
    """Ids, capabilities, inputs as texts with references. No flow: a plan is a plain DAG."""

    name = "short"
    template = "planner/short"

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
        return _object({"steps": steps})

    def examples(self) -> Sequence[Example]:
        """Five of them, each with a catalog of its own."""
        return load_examples("short")

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """`name(inputs) -> main output: description`."""
        return signature(capability, terse=terse)

    def read(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> JsonObject:
        """The plan's document. Raises ValueError where the answer has no list of steps."""
        match answer:
            case {"steps": list(steps)}:
                return _Translation(steps, catalog).document(goal, answer.get("answer"))
            case _:
                raise ValueError('the answer has to be an object with a list of steps: {"steps": [...]}')


def _step_schema(capability: Capability) -> JsonObject:
    schemas = LiteralSchemas(capability.input_schema, strict=False)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    inputs: JsonObject = {name: _input_schema(schemas, part) for name, part in properties.items()}
    return _object(
        {
            "id": _ID,
            "capability": {"type": "string", "enum": [capability.name]},
            "inputs": {**_object(inputs), "required": [name for name in inputs if name in required]},
            "depends_on": {"type": "array", "items": _ID, "maxItems": 20},
        }
    )


def _input_schema(schemas: LiteralSchemas, schema: object) -> JsonObject:
    written = schemas.write(schema)
    if written is None:
        return _REFERENCE
    options = written.get("anyOf")
    known = options if isinstance(options, list) else [written]
    return written if {"type": "string"} in known else {"anyOf": [*known, _REFERENCE]}


def _object(properties: Mapping[str, JsonValue]) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


class _Translation:
    """Makes a plan's document of the steps that a model wrote."""

    def __init__(self, steps: Sequence[JsonValue], catalog: Sequence[Capability]) -> None:
        self._steps = steps
        self._ids = [step["id"] for step in steps if isinstance(step, dict) and isinstance(step.get("id"), str)]
        names = {capability.name for capability in catalog if capability.effect in _NO_EFFECT}
        self._acting = {
            step["id"]
            for step in steps
            if isinstance(step, dict) and isinstance(step.get("id"), str) and step.get("capability") not in names
        }
        self._used: set[str] = set()

    def document(self, goal: str, answer: JsonValue) -> JsonObject:
        steps: list[JsonValue] = [self._step(step) for step in self._steps]
        said = answer is not None and answer != ""
        binding = write_binding(read_references(answer, self._known)) if said else self._results()
        return {"goal": goal, "steps": steps, "answer": binding}

    @property
    def _known(self) -> set[str]:
        return {str(each) for each in self._ids}

    def _step(self, step: JsonValue) -> JsonValue:
        if not isinstance(step, dict):
            return step
        written = dict(step)
        listed = self._listed(written.pop("depends_on", None))
        inputs = written.get("inputs", {})
        used: set[str] = set()
        if isinstance(inputs, dict):
            read: JsonObject = {}
            for name, value in inputs.items():
                binding = read_references(_with_braces(value, listed), self._known)
                read[name] = write_binding(binding)
                if isinstance(binding, (From, Template)):
                    used |= {each for each in mentions(str(list(_texts(value)))) if each in self._known}
            written["inputs"] = read
        self._used |= used | set(listed)
        # Order after a step that changes nothing, and whose result isn't used, means nothing.
        order = [each for each in listed if each not in used and each != step.get("id")]
        order = [each for each in order if each in self._acting or each not in self._known]
        return {**written, "depends_on": list(order)} if order else written

    def _listed(self, depends_on: JsonValue) -> list[str]:
        if not isinstance(depends_on, list):
            return []
        return list(dict.fromkeys(each for each in depends_on if isinstance(each, str)))

    def _results(self) -> JsonValue:
        """The answer where the model says none: the results that no step takes."""
        ids = list(dict.fromkeys(str(each) for each in self._ids))
        silent = [each for each in ids if each not in self._acting]
        results = [each for each in silent if each not in self._used] or silent[-1:] or ids[-1:]
        if not results:
            return None
        if len(results) == 1:
            return write_binding(From(results[0]))
        return write_binding(Template("\n\n".join(f"{{{each}}}" for each in results)))


def _with_braces(value: JsonValue, listed: Sequence[str]) -> JsonValue:
    """`the text of s2`, in a step that depends on s2, means its result."""
    match value:
        case str() if listed:
            bare = rf"(?<![\w{{.])({'|'.join(map(re.escape, listed))})(?![\w}}.\[])"
            return re.sub(bare, r"{\1}", value)
        case list():
            return [_with_braces(each, listed) for each in value]
        case dict():
            return {name: _with_braces(each, listed) for name, each in value.items()}
        case _:
            return value


def _texts(value: JsonValue) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for each in value for text in _texts(each)]
        case dict():
            return [text for each in value.values() for text in _texts(each)]
        case _:
            return []
