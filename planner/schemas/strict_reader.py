"""Reads values that a model wrote by a strict schema, as the schema itself has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from .literal_schema import REST, map_values
from .schema_parts import JsonSchema, SchemaParts, is_of_type, split_items


class StrictReader:
    """Maps are made of lists of entries, tuples of objects of their places; nulls that stand for nothing left
    out are dropped. What is written as the schema has it, by a model that is held to none, stays."""

    def __init__(self, root: JsonSchema) -> None:
        self._parts = SchemaParts(root)

    def read(self, value: JsonValue, schema: object) -> JsonValue:
        """The value, by that option of the schema that it was written by."""
        if not isinstance(value, (dict, list)):
            return value
        options = self._parts.options(schema)
        chosen = [each for each in options if self._fits_simple(value, each)]
        likely = chosen or [each for each in options if _is_of_kind(value, each)]
        return self._read_simple(value, likely[0]) if likely else value

    def fits(self, value: JsonValue, schema: object) -> bool:
        """Whether a model may mean a value of the schema with this, bounds aside."""
        return any(self._fits_simple(value, each) for each in self._parts.options(schema))

    def takes_text(self, schema: object) -> bool:
        """Whether a text of any wording keeps to the schema, bounds aside."""
        options = self._parts.options(schema)
        return any("enum" not in each and each.get("type") in (None, "string") for each in options)

    def _read_simple(self, value: JsonValue, schema: JsonSchema) -> JsonValue:
        properties = cast("JsonSchema", schema.get("properties") or {})
        match value, schema.get("type"):
            case dict(), "array":
                return self._read_tuple(value, schema)
            case dict(), _:
                return self._read_fields(value, schema, properties)
            case list(), "object" if not properties:
                read = read_entries(value)
                return self._read_fields(read, schema, {}) if isinstance(read, dict) else read
            case list(), _:
                first, rest = split_items(schema)
                padded = [*first, *([rest] * len(value))]
                return [self.read(each, part) for each, part in zip(value, padded, strict=False)]
            case _:
                return value

    def _read_fields(
        self, value: dict[str, JsonValue], schema: JsonSchema, properties: JsonSchema
    ) -> JsonValue:
        optional = properties.keys() - set(schema.get("required", ()))
        others = map_values(schema)
        return {
            name: self.read(each, properties.get(name, others))
            for name, each in value.items()
            if each is not None or name not in optional
        }

    def _read_tuple(self, value: dict[str, JsonValue], schema: JsonSchema) -> JsonValue:
        first, rest = split_items(schema)
        items = [self.read(value[str(at)], part) for at, part in enumerate(first)]
        others = value.get(REST, [])
        return [*items, *(self.read(each, rest) for each in others)] if isinstance(others, list) else value

    def _fits_simple(self, value: JsonValue, schema: JsonSchema) -> bool:
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            # An expression; what it yields is the checker's concern.
            return True
        if "enum" in schema:
            return value in schema["enum"]
        kind = schema.get("type")
        match value:
            case dict() if kind == "array":
                return self._fits_tuple(value, schema)
            case dict():
                return kind == "object" and self._fits_object(value, schema)
            case list() if kind == "object":
                read = read_entries(value)
                is_map = "properties" not in schema and isinstance(read, dict)
                return is_map and self._fits_object(cast("dict[str, JsonValue]", read), schema)
            case list():
                first, rest = split_items(schema)
                padded = [*first, *([rest] * len(value))]
                return kind == "array" and all(map(self.fits, value, padded))
            case _:
                return kind is None or is_of_type(value, kind)

    def _fits_object(self, value: Mapping[str, JsonValue], schema: JsonSchema) -> bool:
        properties = cast("JsonSchema", schema.get("properties") or {})
        required = set(schema.get("required", ()))
        others = map_values(schema)
        # An object with properties that says nothing of others is written with those alone.
        is_closed = others is False or (properties and "additionalProperties" not in schema)
        if not required <= value.keys() or (is_closed and not value.keys() <= properties.keys()):
            return False
        return all(
            (each is None and name in properties and name not in required)
            or self.fits(each, properties.get(name, others))
            for name, each in value.items()
        )

    def _fits_tuple(self, value: Mapping[str, JsonValue], schema: JsonSchema) -> bool:
        first, rest = split_items(schema)
        places = {str(at): part for at, part in enumerate(first)}
        if not first or not places.keys() <= value.keys() <= {*places, REST}:
            return False
        others = value.get(REST, [])
        return (
            all(self.fits(value[place], part) for place, part in places.items())
            and isinstance(others, list)
            and all(self.fits(each, rest) for each in others)
        )


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


def _is_of_kind(value: JsonValue, schema: JsonSchema) -> bool:
    kind = schema.get("type")
    if isinstance(value, dict):
        return kind == "object"
    return kind == "array" or (kind == "object" and not schema.get("properties"))
