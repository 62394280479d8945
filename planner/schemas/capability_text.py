"""How a prompt shows a capability: one line, as short as it can be without losing what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from callsheet.agents.contracts.capability import Capability, Effect

from .literal_schema import LiteralSchemas

MAX_DESCRIPTION = 2_000
"""Characters of a description, however large the context is: it is paid for with every question."""
MAX_TERSE = 60
"""Characters of a description where the catalog has to be shown tersely."""
MAX_CHOICES = 12

_EFFECTS = {
    Effect.PURE: "",
    Effect.READ: "",
    Effect.WRITE: " [changes something]",
    Effect.IRREVERSIBLE: " [cannot be undone]",
}


def signature(capability: Capability, *, terse: bool = False) -> str:
    """`name(input, input: kind, optional?) -> main output: description [effect]`.

    An input without a kind is a text. Without a main output, the fields are listed: `-> {title, body}`.
    """
    inputs = ", ".join(_inputs(capability))
    effect = _EFFECTS[capability.effect]
    about = description(capability, terse=terse)
    fields = cast("Mapping[str, Any]", capability.output_schema.get("properties") or {})
    output = capability.main_output or "{" + ", ".join(fields) + "}"
    return f"{capability.name}({inputs}) -> {output}: {about}{effect}"


def description(capability: Capability, *, terse: bool) -> str:
    """What a capability does, on one line."""
    text = " ".join(capability.description.split())
    most = MAX_TERSE if terse else MAX_DESCRIPTION
    return text if len(text) <= most else text[: most - 1] + "…"


def kind(schema: object, schemas: LiteralSchemas, depth: int = 0) -> str:
    """A JSON Schema in a few words: `text`, `list of number`, `"a" or "b"`."""
    if not isinstance(schema, Mapping) or depth > 3:
        return "anything"
    found = cast("Mapping[str, Any]", schema)
    if isinstance(found.get("$ref"), str):
        return kind(schemas.resolve(found), schemas, depth + 1)
    if choices := found.get("enum"):
        return " or ".join(f'"{each}"' for each in choices[:MAX_CHOICES])
    if options := found.get("anyOf") or found.get("oneOf"):
        kinds = [kind(each, schemas, depth + 1) for each in options]
        return " or ".join(dict.fromkeys(each for each in kinds if each != "null")) or "null"
    return _named_kind(found, schemas, depth)


def _named_kind(schema: Mapping[str, Any], schemas: LiteralSchemas, depth: int) -> str:
    match schema.get("type"):
        case "string":
            return "text"
        case "array":
            return f"list of {kind(schema.get('items'), schemas, depth + 1)}"
        case "object":
            return _fields(schema, schemas, depth)
        case str(name):
            return {"boolean": "true or false"}.get(name, name)
        case _:
            return "anything"


def _fields(schema: Mapping[str, Any], schemas: LiteralSchemas, depth: int) -> str:
    properties = cast("Mapping[str, Any]", schema.get("properties") or {})
    fields = (f"{name}: {kind(part, schemas, depth + 1)}" for name, part in properties.items())
    return "{" + ", ".join(fields) + "}" if properties else "object"


def _inputs(capability: Capability) -> list[str]:
    schemas = LiteralSchemas(capability.input_schema, strict=False)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    return [
        name
        + ("" if name in required else "?")
        + ("" if (of := kind(part, schemas)) == "text" else f": {of}")
        for name, part in properties.items()
    ]
