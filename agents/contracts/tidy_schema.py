"""A JSON Schema as a planner wants it: closed, without noise, its references written out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import JsonValue

from .capability import JsonObject

_REFERENCE = "#/$defs/"
_ONE_SCHEMA = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else", "contains")
_LIST_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAP_OF_SCHEMAS = ("properties", "patternProperties", "dependentSchemas")


def closed_object(
    properties: Mapping[str, JsonValue], required: Iterable[str] | None = None
) -> dict[str, JsonValue]:
    """The schema of an object with these properties and no others: all of them, or those `required`."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def tidy(schema: Mapping[str, Any]) -> JsonObject:
    """The same schema for a small reader: no generated titles, every definition in the place where
    it is used (only recursive ones stay under `$defs`), and objects that list their properties take
    no others unless they say so."""
    return _Tidying(schema.get("$defs", {})).whole(schema)


class _Tidying:
    """One pass over one schema; remembers which definitions are open, and which turned out recursive."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._open: list[str] = []
        self._recursive: set[str] = set()

    def whole(self, schema: Mapping[str, Any]) -> JsonObject:
        tidied = self._schema({key: value for key, value in schema.items() if key != "$defs"})
        definitions: dict[str, Any] = {}
        while missing := sorted(self._recursive - definitions.keys()):
            definitions |= {name: self._definition(name) for name in missing}
        return {**tidied, "$defs": definitions} if definitions else tidied

    def _definition(self, name: str) -> JsonObject:
        self._open.append(name)
        try:
            return self._schema(self._definitions[name])
        finally:
            self._open.pop()

    def _schema(self, schema: Mapping[str, Any]) -> JsonObject:
        if "$ref" in schema:
            return self._follow(schema)
        tidied = {key: self._part(key, value) for key, value in schema.items() if key != "title"}
        if "properties" in tidied:
            tidied.setdefault("additionalProperties", False)
        return tidied

    def _follow(self, schema: Mapping[str, Any]) -> JsonObject:
        name = str(schema["$ref"]).removeprefix(_REFERENCE)
        beside = self._schema({key: value for key, value in schema.items() if key != "$ref"})
        if name in self._open:
            self._recursive.add(name)
            return {"$ref": _REFERENCE + name, **beside}
        return {**self._definition(name), **beside}

    def _part(self, key: str, value: Any) -> Any:
        if key in _ONE_SCHEMA and isinstance(value, dict):
            return self._schema(cast("JsonObject", value))
        if key in _LIST_OF_SCHEMAS:
            return [self._schema(each) for each in value]
        if key in _MAP_OF_SCHEMAS:
            return {name: self._schema(each) for name, each in value.items()}
        return value
