"""The ways of keeping to a JSON Schema: each a schema without references, choices or parts.

`anyOf` of two objects is two ways; `allOf` of two is one, with what both ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import unquote

from callsheet.agents.contracts.capability import JsonObject

_HOME = "urn:callsheet:sampled"
"""What the schema that samples are made of is called, so that its parts can refer to it from anywhere."""

_NOT_OF_A_WAY = frozenset({"$ref", "allOf", "anyOf", "oneOf", "$id", "$defs"})
_BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"const", "enum", "default", "examples"})

Schema: TypeAlias = Mapping[str, Any]


class Way(NamedTuple):
    """One way of keeping to a schema, and the references that were followed to it."""

    schema: Schema
    followed: frozenset[str]


class Ways:
    """Finds the ways of keeping to one schema and to the parts of it.

    `whole` is a schema that means all of that one. A reference in a part means the same from anywhere.
    """

    def __init__(self, root: JsonObject) -> None:
        named = {key: value for key, value in root.items() if key not in ("$id", "$schema")}
        self._root: JsonObject = {**_from_anywhere(named), "$id": _HOME}
        self.whole: JsonObject = {"$ref": f"{_HOME}#"}

    def of(self, schema: Any, followed: frozenset[str] = frozenset()) -> Iterator[Way]:
        """The ways, those that are null last; none where there is no way but by a reference that was
        `followed` before: such a schema contains itself."""
        if isinstance(schema, bool):
            if schema:
                yield Way({}, followed)
            return
        parts: list[Sequence[Any]] = [[each] for each in schema.get("allOf", ())]
        parts += [sorted(schema[key], key=_is_null) for key in ("anyOf", "oneOf") if key in schema]
        reference = schema.get("$ref")
        if reference is not None:
            if reference in followed:
                return
            followed |= {reference}
            parts.insert(0, [self._target(reference)])
        plain = {key: value for key, value in schema.items() if key not in _NOT_OF_A_WAY}
        yield from self._combined(Way(plain, followed), parts, followed)

    def standing_alone(self, schema: Any) -> JsonObject:
        """A part of the schema as one of its own, with what it refers to."""
        alone: JsonObject = {"allOf": [schema]}
        return {**alone, "$defs": {"home": self._root}} if _refers(schema) else alone

    def _combined(self, way: Way, parts: list[Sequence[Any]], followed: frozenset[str]) -> Iterator[Way]:
        if not parts:
            yield way
            return
        for option in parts[0]:
            for each in self.of(option, followed):
                joined = Way(_both(way.schema, each.schema), way.followed | each.followed)
                if joined.schema.get("type") != []:
                    yield from self._combined(joined, parts[1:], followed)

    def _target(self, reference: str) -> Any:
        """What a reference means; anything, where it is of a kind that is not followed here."""
        name, _, path = reference.partition("#")
        if name != _HOME or path[:1] not in ("", "/"):
            return True
        target: Any = self._root
        for part in unquote(path).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            target = target[int(key) if isinstance(target, list) else key]
        return target


def _from_anywhere(schema: Any) -> Any:
    """The schema with references that mean the same wherever it stands."""
    if isinstance(schema, list):
        return [_from_anywhere(each) for each in cast("Sequence[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    return {key: _keyword(key, value) for key, value in cast("JsonObject", schema).items()}


def _keyword(key: str, value: Any) -> Any:
    if key == "$ref":
        return _HOME + value if value.startswith("#") else value
    if key in _VALUES:
        return value
    if key in _BY_NAME:
        return {name: _from_anywhere(each) for name, each in value.items()}
    return _from_anywhere(value)


def _refers(schema: Any) -> bool:
    if isinstance(schema, dict):
        parts = cast("JsonObject", schema)
        return "$ref" in parts or any(_refers(each) for each in parts.values())
    return isinstance(schema, list) and any(_refers(each) for each in cast("Sequence[Any]", schema))


def _is_null(schema: Any) -> bool:
    return schema in ({"type": "null"}, {"const": None}, {"enum": [None]})


def _both(one: Schema, other: Schema) -> Schema:
    """What keeps to both, as far as that helps to find it; where they differ in wording, as the one says."""
    merged = {**other, **one}
    for key in one:
        if key in other and key in _JOINED:
            merged[key] = _JOINED[key](one[key], other[key])
    if names := {**one.get("properties", {}), **other.get("properties", {})}:
        merged["properties"] = {name: _all_of(_of_field(name, one), _of_field(name, other)) for name in names}
    return merged


def _all_of(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    if one is True or other is True:
        return other if one is True else one
    return {"allOf": [one, other]}


def _of_field(name: str, schema: Schema) -> Any:
    """What a schema asks of a field that the other one may have named; patterns are left to the validator."""
    rest = True if "patternProperties" in schema else schema.get("additionalProperties", True)
    return schema.get("properties", {}).get(name, rest)


def _by_name(one: JsonObject, other: JsonObject) -> JsonObject:
    both = {name: _all_of(one[name], other[name]) for name in one if name in other}
    return {**one, **other, **both}


def _in_order(one: list[Any], other: list[Any]) -> list[Any]:
    return [_all_of(*pair) for pair in zip_longest(one, other, fillvalue=True)]


def _either(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *(each for each in other if each not in one)]


def _shared(one: list[Any], other: list[Any]) -> list[Any]:
    return [each for each in one if each in other]


def _kinds(one: Any, other: Any) -> list[str]:
    mine, theirs = (_with_whole([each] if isinstance(each, str) else each) for each in (one, other))
    shared = _shared(mine, theirs)
    # What may be any number for both may be whole; that is said by `number` already.
    return [each for each in shared if each != "integer" or "number" not in shared]


def _with_whole(kinds: list[str]) -> list[str]:
    return [*kinds, "integer"] if "number" in kinds and "integer" not in kinds else kinds


_JOINED: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "type": _kinds,
        "enum": _shared,
        "required": _either,
        "prefixItems": _in_order,
        "uniqueItems": lambda one, other: one or other,
        "patternProperties": _by_name,
        **dict.fromkeys(("items", "additionalProperties", "propertyNames", "contains"), _all_of),
        **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
        **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    }
)
"""How the two values of a keyword become one."""
