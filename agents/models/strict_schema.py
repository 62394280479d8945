"""A JSON Schema in the subset that strict structured outputs take, where it has such a form.

The limits are those of OpenAI's guide to structured outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject

MAX_PROPERTIES = 5000
MAX_NESTING = 10
MAX_ENUM_VALUES = 1000
MAX_NAME_CHARACTERS = 120_000

_LOCAL = "#/$defs/"
_KEPT = (
    *("type", "description", "pattern", "multipleOf", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)
# Notes to people, and bounds that strict mode does not know. The caller checks the answer against
# the whole schema, so a dropped bound costs a repair at worst.
_DROPPED = frozenset(
    """title default examples deprecated readOnly writeOnly $schema $id $comment discriminator format
    minLength maxLength uniqueItems minProperties maxProperties contentMediaType""".split()  # noqa: SIM905 - words read better than 17 quoted strings
)
_HANDLED = frozenset(
    (
        *(*_KEPT, "enum", "const", "$ref", "anyOf", "oneOf", "$defs", "items"),
        *("properties", "required", "additionalProperties"),
    )
)


_TYPES: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def strict_schema(schema: JsonObject) -> JsonObject | None:
    """The schema for strict mode, or None where it has none that keeps the answers' shape.

    It is only ever made narrower, so that what it lets through is an answer to the original:
    objects are closed, and a property that may be left out but takes null is asked for. One that may
    be left out and does not take null, an open map, `allOf`, `not`, `if` or `prefixItems` has no
    strict form; the caller then asks without strict mode. (`oneOf` becomes `anyOf`, which is wider.)
    """
    writer = _Writer()
    try:
        written = writer.write(schema, depth=1)
    except _NotStrict:
        return None
    return written if written.get("type") == "object" and writer.is_within_limits() else None


class _NotStrict(Exception):
    """The schema has no strict form."""


class _Writer:
    """Writes one schema, and counts what strict mode limits."""

    def __init__(self) -> None:
        self._properties = 0
        self._enum_values = 0
        self._characters = 0

    def is_within_limits(self) -> bool:
        return (
            self._properties <= MAX_PROPERTIES
            and self._enum_values <= MAX_ENUM_VALUES
            and self._characters <= MAX_NAME_CHARACTERS
        )

    def write(self, part: JsonValue, depth: int) -> JsonObject:
        if not isinstance(part, dict) or depth > MAX_NESTING or part.keys() - _HANDLED - _DROPPED:
            raise _NotStrict
        if "$ref" in part:
            return self._reference(part)
        written = {key: part[key] for key in _KEPT if key in part}
        written |= self._enum(part) | self._choice(part, depth) | self._definitions(part)
        if part.get("type") == "object" or "properties" in part:
            written |= self._object(part, depth)
        if "items" in part:
            written["items"] = self.write(part["items"], depth + 1)
        if not written.keys() & {"type", "enum", "anyOf"} or _is_open_list(written):
            raise _NotStrict
        return written

    def _reference(self, part: JsonObject) -> JsonObject:
        target = part["$ref"]
        if not isinstance(target, str) or not target.startswith(_LOCAL):
            raise _NotStrict
        # Strict mode takes nothing beside a reference.
        return {"$ref": target}

    def _enum(self, part: JsonObject) -> JsonObject:
        values = [part["const"]] if "const" in part else part.get("enum")
        if values is None:
            return {}
        if not isinstance(values, list) or not values:
            raise _NotStrict
        self._enum_values += len(values)
        self._characters += sum(len(value) for value in values if isinstance(value, str))
        # Strict mode refuses choices without a type.
        return {"type": part.get("type", cast(JsonValue, _types_of(values))), "enum": values}

    def _choice(self, part: JsonObject, depth: int) -> JsonObject:
        choices = part.get("anyOf", part.get("oneOf"))
        if choices is None:
            return {}
        if not isinstance(choices, list) or {"anyOf", "oneOf"} <= part.keys():
            raise _NotStrict
        return {"anyOf": [self.write(choice, depth) for choice in choices]}

    def _definitions(self, part: JsonObject) -> JsonObject:
        definitions = part.get("$defs")
        if not isinstance(definitions, dict):
            return {}
        self._characters += sum(map(len, definitions))
        return {"$defs": {name: self.write(definition, 1) for name, definition in definitions.items()}}

    def _object(self, part: JsonObject, depth: int) -> JsonObject:
        properties = part.get("properties", {})
        required = part.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise _NotStrict
        if not properties and part.get("additionalProperties") is not False:
            raise _NotStrict
        written: JsonObject = {}
        for name, schema in properties.items():
            written[name] = self.write(schema, depth + 1)
            if name not in required and not _takes_null(written[name]):
                raise _NotStrict
        self._properties += len(written)
        self._characters += sum(map(len, written))
        return {
            "type": part.get("type", "object"),
            "properties": written,
            "required": cast(JsonValue, list(written)),
            "additionalProperties": False,
        }


def _types_of(values: list[JsonValue]) -> list[str] | str:
    types = list(dict.fromkeys(_TYPES[type(value)] for value in values))
    return types if len(types) > 1 else types[0]


def _takes_null(written: JsonValue) -> bool:
    if not isinstance(written, dict):
        return False
    if "enum" in written:
        return None in cast("list[JsonValue]", written["enum"])
    choices = written.get("anyOf")
    if isinstance(choices, list):
        return any(_takes_null(choice) for choice in choices)
    types = written.get("type")
    return "null" in types if isinstance(types, list) else types == "null"


def _is_open_list(written: JsonObject) -> bool:
    types = written.get("type")
    return (types == "array" or (isinstance(types, list) and "array" in types)) and "items" not in written
