"""The short wire format: what small models plan best with, measured.

A step has an id `s1…`, a capability, its inputs with `{s1}` where an earlier result goes, and
`depends_on` last: written after the inputs it makes the model look at what it used. It says
nothing that the inputs don't say, except about order after steps that change something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.capability import Capability, Effect, JsonObject

from .catalog_text import signature
from .examples import Example, load_examples
from .literal_schema import LiteralSchemas
from .plan import Binding, From, Literal, Template, write_binding
from .references import WIRE_ID, mentions, read_references
from .wire_format import Translation

_ID: JsonObject = {"type": "string", "pattern": f"^{WIRE_ID}$"}
_REFERENCE: JsonObject = {"type": "string", "pattern": r"^\{" + WIRE_ID + r"(\.[a-z][a-z0-9_]*)?\}$"}
_NO_EFFECT = (Effect.PURE, Effect.READ)

_DOUBT = (
    "step {step} depends on {other}, but none of its inputs holds {{{other}}}: write {{{other}}} where the "
    "result of {other} goes, or leave {other} out"
)


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
        return _object({"steps": steps})

    def examples(self) -> Sequence[Example]:
        """Five of them, each over capabilities of their own."""
        return load_examples("short")

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """`name(inputs) -> main output: description`."""
        return signature(capability, terse=terse)

    def read(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan's document. Raises ValueError where the answer has no list of steps."""
        match answer:
            case dict() if isinstance(steps := answer.get("steps"), list):
                return _Steps(steps, catalog).translate(goal, answer.get("answer"))
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


class _Steps:
    """Makes a plan's document of the steps that a model wrote."""

    def __init__(self, steps: Sequence[JsonValue], catalog: Sequence[Capability]) -> None:
        self._steps = steps
        silent = [capability.name for capability in catalog if capability.effect in _NO_EFFECT]
        named = [(step.get("id"), step.get("capability")) for step in steps if isinstance(step, dict)]
        self._ids = [id for id, _ in named if isinstance(id, str)]
        self._acting = {id for id, name in named if isinstance(id, str) and name not in silent}
        self._taken: set[str] = set()
        self._listed: set[str] = set()
        self._idle: list[tuple[str, str]] = []

    def translate(self, goal: str, answer: JsonValue) -> Translation:
        steps: list[JsonValue] = [self._step(step) for step in self._steps]
        said = answer is not None and answer != ""
        binding = write_binding(read_references(answer, self._known)) if said else self._results()
        idle = [(step, other) for step, other in self._idle if other not in self._taken]
        doubts = tuple(_DOUBT.format(step=step, other=other) for step, other in idle)
        return Translation({"goal": goal, "steps": steps, "answer": binding}, doubts)

    @property
    def _known(self) -> set[str]:
        return set(self._ids)

    def _step(self, step: JsonValue) -> JsonValue:
        if not isinstance(step, dict):
            return step
        written = dict(step)
        listed = _texts_of(written.pop("depends_on", None))
        taken: set[str] = set()
        match written.get("inputs"):
            case dict(inputs):
                bound = {name: self._bind(value, listed) for name, value in inputs.items()}
                taken = {each for binding in bound.values() for each in self._taken_by(binding)}
                written["inputs"] = {name: write_binding(binding) for name, binding in bound.items()}
            case _:
                pass
        order = self._order(str(step.get("id")), [each for each in listed if each not in taken])
        self._taken |= taken
        self._listed |= set(listed)
        return {**written, "depends_on": list(order)} if order else written

    def _bind(self, value: JsonValue, listed: Sequence[str]) -> Binding:
        return read_references(_with_braces(value, listed), self._known)

    def _taken_by(self, binding: Binding) -> Iterator[str]:
        match binding:
            case From(text) | Template(text):
                yield from (each for each in mentions(text) if each in self._known)
            case Literal():
                return

    def _order(self, id: str, listed: Sequence[str]) -> list[str]:
        """What a step has to wait for beside what it takes: steps that change something. Waiting for
        another, and not using its result, means nothing; most likely a reference was forgotten."""
        others = [each for each in listed if each != id]
        self._idle += [(id, each) for each in others if each in self._known and each not in self._acting]
        return [each for each in others if each not in self._known or each in self._acting]

    def _results(self) -> JsonValue:
        """The answer where the model says none: the results that no step takes."""
        ids = list(dict.fromkeys(self._ids))
        silent = [each for each in ids if each not in self._acting]
        ends = [each for each in silent if each not in self._taken | self._listed]
        results = ends or silent[-1:] or ids[-1:]
        if not results:
            return None
        if len(results) == 1:
            return write_binding(From(results[0]))
        return write_binding(Template("\n\n".join(f"{{{each}}}" for each in results)))


def _with_braces(value: JsonValue, listed: Sequence[str]) -> JsonValue:
    """`the text of s2`, in a step that depends on s2, means its result."""
    match value:
        case str() if listed:
            bare = rf"(?<![\w{{.])({'|'.join(map(re.escape, listed))})(?![\w}}\[]|\.\w)"
            return re.sub(bare, r"{\1}", value)
        case list():
            return [_with_braces(each, listed) for each in value]
        case dict():
            return {name: _with_braces(each, listed) for name, each in value.items()}
        case _:
            return value


def _texts_of(value: JsonValue) -> list[str]:
    """The texts of a list, without repeats; none where it is no list."""
    if not isinstance(value, list):
        return []
    return list(dict.fromkeys(each for each in value if isinstance(each, str)))
