"""The inputs and outputs of a capability in one line."""

from __future__ import annotations

from typing import Any, cast

from callsheet.agents.contracts.capability import Capability, JsonObject

_KINDS = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
    "null": "null",
}


def contract_text(capability: Capability) -> str:
    """`path: string, limit?: number -> text: string`: a `?` after an optional field."""
    return f"{_fields(capability.input_schema)} -> {_fields(capability.output_schema)}"


def _fields(schema: JsonObject) -> str:
    properties = cast("dict[str, Any]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    known = cast("dict[str, Any]", schema.get("$defs") or {})
    kinds = {name: _kind(field, known) for name, field in properties.items()}
    parts = [f"{name}{'' if name in required else '?'}: {kind}" for name, kind in kinds.items()]
    return ", ".join(parts) or "nothing"


def _kind(field: Any, known: dict[str, Any]) -> str:
    if not isinstance(field, dict):
        return "anything"
    schema = cast("dict[str, Any]", field)
    if reference := schema.get("$ref"):
        name = str(reference).removeprefix("#/$defs/")
        # Within itself, a definition is not written out once more.
        return _kind(known.get(name), {each: known[each] for each in known if each != name})
    if choices := schema.get("enum"):
        return " | ".join(str(choice) for choice in choices[:6]) + (" | …" if len(choices) > 6 else "")
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(each, known) for each in options))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(_KINDS.get(each, "anything") for each in cast("list[str]", kind))
    if kind == "array" and "items" in schema:
        return f"list of {_kind(schema['items'], known)}"
    return _KINDS.get(str(kind), "anything")
