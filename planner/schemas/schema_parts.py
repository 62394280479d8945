"""A JSON Schema taken apart into simple ones: no reference, union, intersection or list of types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.references import target_of

JsonSchema: TypeAlias = Mapping[str, Any]

MAX_OPTIONS = 64
"""Of one union, when all that is nested in it is written out."""

_COMBINING = ("$ref", "allOf", "anyOf", "oneOf")
_OF_OBJECTS = ("properties", "required", "additionalProperties", "patternProperties", "propertyNames")
_OF_LISTS = ("items", "prefixItems")
_SHAPE = frozenset(("type", "enum", "const", *_COMBINING, *_OF_OBJECTS, *_OF_LISTS))


def shape_of(schema: JsonSchema) -> dict[str, Any]:
    """What a schema says about the shape of a value: without notes, bounds and patterns."""
    return {key: value for key, value in schema.items() if key in _SHAPE}


class SchemaParts:
    """Takes apart the schemas under one root, to which `$ref` points."""

    def __init__(self, root: JsonSchema) -> None:
        self._root = root
        self._by_reference: dict[str, list[JsonSchema]] = {}

    def resolve(self, schema: JsonSchema) -> object:
        """What a `$ref` into the root points to; None where it points nowhere."""
        return target_of(schema["$ref"], self._root)

    def options(self, schema: object) -> list[JsonSchema]:
        """Simple schemas; a value keeps to the schema where it keeps to one of them, but for bounds.

        Each has a `type`, an `enum`, or neither and lets everything through. What contradicts itself has no
        options.
        """
        if not isinstance(schema, Mapping):
            return [{}] if schema is True else []
        found = shape_of(cast("JsonSchema", schema))
        own = {key: value for key, value in found.items() if key not in _COMBINING}
        options: list[JsonSchema] = list(_of_one_type(own))
        for others in self._combined(found):
            merged = (_merged(one, other) for one in options for other in others)
            options = [each for each in merged if each is not None][:MAX_OPTIONS]
        return options

    def _combined(self, schema: JsonSchema) -> Iterator[list[JsonSchema]]:
        """The options of each schema that has to hold besides."""
        if "$ref" in schema:
            yield self._referred(schema)
        for each in cast("Sequence[object]", schema.get("allOf", ())):
            yield self.options(each)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                yield [each for choice in schema[key] for each in self.options(choice)]

    def _referred(self, schema: JsonSchema) -> list[JsonSchema]:
        target = str(schema["$ref"])
        if target not in self._by_reference:
            # A reference that leads to itself, and to nothing else, lets nothing through.
            self._by_reference[target] = []
            self._by_reference[target] = self.options(self.resolve(schema))
        return self._by_reference[target]


def kind_of_scalar(value: JsonValue) -> str | None:
    """The JSON Schema type of a value; None for lists and objects."""
    match value:
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


def is_of_type(value: JsonValue, kind: str) -> bool:
    """Whether a value is of a JSON Schema type."""
    match value:
        case list():
            return kind == "array"
        case dict():
            return kind == "object"
        case _:
            found = kind_of_scalar(value)
            return kind == found or (kind == "integer" and found == "number" and float(value) % 1 == 0)  # type: ignore[arg-type]


def _of_one_type(schema: dict[str, Any]) -> Iterator[JsonSchema]:
    """The schema for each of its types; where there is none, as what it speaks of tells."""
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
    kinds = schema.get("type")
    if isinstance(kinds, list):
        yield from (each for kind in kinds for each in _of_one_type({**schema, "type": kind}))
    elif "enum" in schema:
        choices = [each for each in schema["enum"] if kinds is None or is_of_type(each, kinds)]
        if choices:
            yield {"enum": choices}
    elif kinds is None and schema.keys() & {"properties", "additionalProperties", "patternProperties"}:
        yield {**schema, "type": "object"}
    elif kinds is None and schema.keys() & {"items", "prefixItems"}:
        yield {**schema, "type": "array"}
    else:
        yield schema


def _merged(one: JsonSchema, other: JsonSchema) -> JsonSchema | None:
    """Both simple schemas at once; None where they contradict each other."""
    choices, others = (each.get("enum") for each in (one, other))
    if choices is not None or others is not None:
        return _merged_choices(one, other)
    kinds = {each["type"] for each in (one, other) if "type" in each}
    if kinds == {"number", "integer"}:
        kinds = {"integer"}
    if len(kinds) > 1:
        return None
    merged: dict[str, Any] = {"type": kinds.pop()} if kinds else {}
    if required := [*dict.fromkeys([*one.get("required", ()), *other.get("required", ())])]:
        merged["required"] = required
    return {**merged, **_merged_fields(one, other), **_merged_items(one, other)}


def _merged_choices(one: JsonSchema, other: JsonSchema) -> JsonSchema | None:
    choices, others = (each.get("enum") for each in (one, other))
    if choices is not None and others is not None:
        both = [each for each in choices if each in others]
    else:
        kind = (other if others is None else one).get("type")
        both = [each for each in choices or others or () if kind is None or is_of_type(each, kind)]
    return {"enum": both} if both else None


def _merged_fields(one: JsonSchema, other: JsonSchema) -> JsonSchema:
    """Properties that only one of the two knows have to suit what the other says of all others."""
    merged: dict[str, Any] = {}
    names = dict.fromkeys([*one.get("properties", ()), *other.get("properties", ())])
    fields = {name: _both(_field(one, name), _field(other, name)) for name in names}
    if names:
        merged["properties"] = {name: part for name, part in fields.items() if part is not False}
    for key in ("additionalProperties", "propertyNames"):
        if key in one or key in other:
            merged[key] = _both(one.get(key, True), other.get(key, True))
    if patterns := {**_patterns(one, other), **_patterns(other, one)}:
        merged["patternProperties"] = patterns
    return merged


def _patterns(schema: JsonSchema, other: JsonSchema) -> JsonSchema:
    """The properties that a schema tells by patterns; none where the other names all that it lets in."""
    is_closed = other.get("additionalProperties") is False and "patternProperties" not in other
    return {} if is_closed else cast("JsonSchema", schema.get("patternProperties", {}))


def _field(schema: JsonSchema, name: str) -> object:
    properties = schema.get("properties", {})
    if name in properties or "patternProperties" in schema:
        return properties.get(name, True)
    return schema.get("additionalProperties", True)


def _merged_items(one: JsonSchema, other: JsonSchema) -> JsonSchema:
    merged: dict[str, Any] = {}
    (first, rest), (others, other_rest) = (split_items(each) for each in (one, other))
    count = max(len(first), len(others))
    if count:
        padded = ([*each, *([last] * count)][:count] for each, last in ((first, rest), (others, other_rest)))
        merged["prefixItems"] = [_both(mine, its) for mine, its in zip(*padded, strict=True)]
    if count or "items" in one or "items" in other:
        merged["items"] = _both(rest, other_rest)
    return merged


def split_items(schema: JsonSchema) -> tuple[list[object], object]:
    """The schemas of the first items, one by one, and that of all others."""
    return list(schema.get("prefixItems", ())), schema.get("items", True)


def _both(one: object, other: object) -> object:
    if one is False or other is False:
        return False
    if one in (True, {}) or one == other:
        return other
    return one if other in (True, {}) else {"allOf": [one, other]}
