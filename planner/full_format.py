"""The full wire format: the whole plan language, for models that can carry it.

It is the plan's own JSON but for one wrapping: `call` holds a capability and its inputs, so
that a schema names each capability once however many keys a step has. The schema is strict:
every key is written, and null or `[]` stands for one that is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.capability import Capability, JsonObject

from .catalog_text import kind, signature
from .examples import Example, load_examples
from .literal_schema import LiteralSchemas, nullable, read_strict
from .plan import Join, OnFailure
from .wire_format import Translation

_TEXT: JsonObject = {"type": "string"}
_EMPTY: tuple[JsonValue, ...] = (None, [])
_DEFAULTS: Mapping[str, JsonValue] = {"join": Join.ALL.value, "on_failure": OnFailure.FAIL.value}


class FullFormat:
    """Expressions, conditions, `for_each`, expectations and joins."""

    name = "full"
    rules = "planner/full_rules"

    def schema(self, catalog: Sequence[Capability]) -> JsonObject:
        """In the subset that strict structured outputs take."""
        call: JsonObject = {"anyOf": [_call_schema(capability) for capability in catalog]}
        step = _object(
            {
                "id": _TEXT,
                "call": call,
                "for_each": nullable(_ref("from")),
                "condition": nullable(_TEXT),
                "expect": {"type": "array", "items": _TEXT},
                "depends_on": {"type": "array", "items": _TEXT},
                "join": {"type": "string", "enum": [each.value for each in Join]},
                "on_failure": {"type": "string", "enum": [each.value for each in OnFailure]},
            }
        )
        plan = _object({"steps": {"type": "array", "items": step}, "answer": {"anyOf": _bindings()}})
        return {**plan, "$defs": {"from": _object({"from": _TEXT}), "template": _object({"template": _TEXT})}}

    def examples(self) -> Sequence[Example]:
        """Few: such a model needs to see the notation, not how to plan."""
        return load_examples("full")

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """Its line, and every field of its output where there is more than one."""
        line = signature(capability, terse=terse)
        schemas = LiteralSchemas(capability.output_schema, strict=False)
        outputs = cast("Mapping[str, Any]", capability.output_schema.get("properties") or {})
        if len(outputs) < 2:
            return line
        return (
            f"{line}; gives {', '.join(f'{name}: {kind(part, schemas)}' for name, part in outputs.items())}"
        )

    def read(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan's document. Raises ValueError where the answer has no list of steps."""
        match answer:
            case dict() if isinstance(steps := answer.get("steps"), list):
                known = {capability.name: capability for capability in catalog}
                others = {key: value for key, value in answer.items() if key not in ("goal", "steps")}
                return Translation(
                    {"goal": goal, "steps": [_read_step(step, known) for step in steps], **others}
                )
            case _:
                raise ValueError(
                    'the answer has to be an object with steps and answer: {"steps": [...], "answer": ...}'
                )


def _call_schema(capability: Capability) -> JsonObject:
    schemas = LiteralSchemas(capability.input_schema, strict=True)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    inputs: JsonObject = {}
    for name, part in properties.items():
        one = _input_schema(schemas.write(part))
        inputs[name] = one if name in required else nullable(one)
    return _object({"capability": {"type": "string", "enum": [capability.name]}, "inputs": _object(inputs)})


def _input_schema(literal: JsonObject | None) -> JsonObject:
    if literal is None:
        return {"anyOf": _bindings()}
    options = literal.get("anyOf")
    known = options if isinstance(options, list) else [literal]
    return {"anyOf": [*known, *_bindings()]}


def _bindings() -> list[JsonValue]:
    return [_ref("from"), _ref("template")]


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Mapping[str, JsonValue]) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _read_step(step: JsonValue, catalog: Mapping[str, Capability]) -> JsonValue:
    if not isinstance(step, dict):
        return step
    call = step.get("call")
    flat = {**step, **call} if isinstance(call, dict) else dict(step)
    if isinstance(call, dict):
        del flat["call"]
    capability = catalog.get(str(flat.get("capability")))
    inputs = flat.get("inputs")
    if capability is not None and isinstance(inputs, dict):
        flat["inputs"] = _read_inputs(inputs, capability)
    return {key: value for key, value in flat.items() if value not in _EMPTY and _DEFAULTS.get(key) != value}


def _read_inputs(inputs: Mapping[str, JsonValue], capability: Capability) -> JsonObject:
    schemas = LiteralSchemas(capability.input_schema, strict=True)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    return {
        name: value if _is_binding(value) else read_strict(value, properties.get(name), schemas)
        for name, value in inputs.items()
        if value is not None or name in required
    }


def _is_binding(value: JsonValue) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("from", "template")
