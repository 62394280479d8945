"""The part of a JSON Schema that a model can be held to while it writes a literal.

Two dialects come of the same schema: the plain one, and the strict one, in which every property
is required and no object is open (an optional property is nullable, a map a list of entries).
Bounds and patterns are left to the checker, which sees the whole schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.tidy_schema import closed_object

JsonSchema: TypeAlias = Mapping[str, Any]

MAX_DEPTH = 4
"""Levels below an input; strict schemas have ten in all, and the plan takes the others."""

MAX_CHOICES = 200
"""Values of one enum that a strict schema lists; all of its enums together may have a thousand."""

_SCALARS = ("string", "number", "integer", "boolean", "null")
_ANYTHING: tuple[str, ...] = ("string", "number", "boolean")


class LiteralSchemas:
    """Writes the schemas of literals for one root, to which `$ref` points."""

    def __init__(self, root: JsonSchema, *, strict: bool) -> None:
        self._root = root
        self._strict = strict

    def write(self, schema: object, depth: int = 0) -> dict[str, JsonValue] | None:
        """The schema to write a literal by, or None where none can be written."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return self._any_of([{"type": kind} for kind in _ANYTHING]) if schema is True else None
        found = cast("JsonSchema", schema)
        if isinstance(found.get("$ref"), str):
            return self.write(self.resolve(found), depth + 1)
        choices = [found["const"]] if "const" in found else found.get("enum")
        if isinstance(choices, list):
            return self._enum(cast("list[JsonValue]", choices))
        options = found.get("anyOf") or found.get("oneOf")
        if isinstance(options, list):
            return self._any_of([self.write(each, depth) for each in cast("list[object]", options)])
        kinds = found.get("type", list(_ANYTHING) if not found.get("properties") else "object")
        if isinstance(kinds, list):
            each = cast("list[str]", kinds)
            return self._any_of([self.write({**found, "type": kind}, depth) for kind in each])
        return self._of_kind(str(kinds), found, depth)

    def resolve(self, schema: JsonSchema) -> object:
        """What a `$ref` into the root points to; None where it points nowhere."""
        path = str(schema["$ref"]).removeprefix("#").split("/")[1:]
        target: Any = self._root if str(schema["$ref"]).startswith("#") else None
        for part in path:
            key = part.replace("~1", "/").replace("~0", "~")
            target = cast("JsonSchema", target).get(key) if isinstance(target, Mapping) else None
        return target

    def _of_kind(self, kind: str, schema: JsonSchema, depth: int) -> dict[str, JsonValue] | None:
        if kind in _SCALARS:
            return {"type": kind}
        if kind == "array":
            items = self.write(schema.get("items"), depth + 1)
            return {"type": "array", "items": items} if items else None
        return self._object(schema, depth) if kind == "object" else None

    def _object(self, schema: JsonSchema, depth: int) -> dict[str, JsonValue] | None:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return self._map(schema.get("additionalProperties"), depth)
        required = schema.get("required", ())
        written: dict[str, JsonValue] = {}
        for name, part in cast("JsonSchema", properties).items():
            one = self.write(part, depth + 1)
            if one is not None:
                written[name] = nullable(one) if self._strict and name not in required else one
            elif name in required:
                return None
        return closed_object(written, [name for name in written if self._strict or name in required])

    def _map(self, values: object, depth: int) -> dict[str, JsonValue] | None:
        value = self.write(True if values is None else values, depth + 2)
        if value is None:
            return None
        if not self._strict:
            return {"type": "object", "additionalProperties": value}
        return {"type": "array", "items": closed_object({"key": {"type": "string"}, "value": value})}

    def _enum(self, choices: list[JsonValue]) -> dict[str, JsonValue] | None:
        kinds = {_kind_of(each): None for each in choices}
        if not choices or None in kinds:
            return None
        if self._strict and len(choices) > MAX_CHOICES:
            return self._any_of([{"type": kind} for kind in kinds])
        return {"type": "string", "enum": choices} if [*kinds] == ["string"] else {"enum": choices}

    def _any_of(self, options: list[dict[str, JsonValue] | None]) -> dict[str, JsonValue] | None:
        known: list[JsonValue] = [each for each in options if each is not None]
        if not known:
            return None
        return cast("dict[str, JsonValue]", known[0]) if len(known) == 1 else {"anyOf": known}


def _kind_of(choice: JsonValue) -> str | None:
    match choice:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float():
            return "number"
        case _:
            return None


def nullable(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema, with null allowed too: how a strict schema says that something may be left out."""
    options = schema.get("anyOf")
    known = options if isinstance(options, list) else [cast("JsonValue", schema)]
    return schema if {"type": "null"} in known else {"anyOf": [*known, {"type": "null"}]}


def read_strict(value: JsonValue, schema: object, schemas: LiteralSchemas) -> JsonValue:
    """A value written by a strict schema, as the schema itself has it: maps made of lists of
    entries, and nulls that stand for nothing left out."""
    if not isinstance(schema, Mapping):
        return value
    found = cast("JsonSchema", schema)
    if isinstance(found.get("$ref"), str):
        return read_strict(value, schemas.resolve(found), schemas)
    properties = cast("JsonSchema", found.get("properties") or {})
    match value:
        case dict():
            optional = properties.keys() - set(found.get("required", ()))
            return {
                name: read_strict(each, properties.get(name), schemas)
                for name, each in value.items()
                if each is not None or name not in optional
            }
        case list() if found.get("type") == "object" and not properties:
            return _read_map(value, found.get("additionalProperties"), schemas)
        case list():
            return [read_strict(each, found.get("items"), schemas) for each in value]
        case _:
            return value


def read_entries(entries: list[JsonValue]) -> JsonValue:
    """The object that a list of entries, each a key and a value, stands for; a list of anything else as
    it is."""
    read: dict[str, JsonValue] = {}
    for entry in entries:
        match entry:
            case {"key": str(key), "value": value}:
                read[key] = value
            case _:
                return entries
    return read


def _read_map(entries: list[JsonValue], values: object, schemas: LiteralSchemas) -> JsonValue:
    read = read_entries(entries)
    if not isinstance(read, dict):
        return read
    return {key: read_strict(value, values, schemas) for key, value in read.items()}
