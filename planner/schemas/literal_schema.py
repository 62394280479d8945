"""The part of a JSON Schema that a model can be held to while it writes a literal.

Two dialects come of the same schema: the plain one, and the strict one, in which every property
is required and no object is open (an optional property is nullable, a map a list of entries, a tuple an
object of its places). Bounds and patterns are left to the checker, which sees the whole schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.tidy_schema import closed_object

from .schema_parts import JsonSchema, SchemaParts, kind_of_scalar, shape_of, split_items

MAX_DEPTH = 4
"""Levels below an input in the plain dialect, in which references are written out."""

MAX_STRICT_DEPTH = 50
"""Levels in the strict dialect; what lies too deep for a strict schema gets a definition of its own."""

MAX_PARTS = 2_000
"""Of one schema in the strict dialect; strict schemas have 5,000 properties in all. What is beyond is an
expression."""

MAX_CHOICES = 200
"""Values of one enum that a strict schema lists; all of its enums together may have a thousand."""

REST = "rest"
"""The place of a tuple, in the strict dialect, that holds all items behind those that it describes."""

WRITTEN = "written-"
"""What the names of definitions begin with that are made here; who puts a schema together shortens them."""

_SCALARS = ("string", "number", "integer", "boolean", "null")
_ANYTHING: tuple[str, ...] = ("string", "number", "boolean")

_Written = dict[str, JsonValue]


class LiteralSchemas:
    """Writes the schemas of literals for one root, to which `$ref` points.

    In the strict dialect a reference stays one, so that what is recursive can be written to any depth:
    `definitions` has what is referred to, under names that are the same wherever the same is meant.
    """

    def __init__(self, root: JsonSchema, *, strict: bool) -> None:
        self._root = root
        self._parts = SchemaParts(root)
        self._strict = strict
        self._left = MAX_PARTS
        self._names: dict[str, str] = {}
        self._impossible: set[str] = set()
        self.definitions: dict[str, _Written] = {}

    def write(self, schema: object, depth: int = 0) -> _Written | None:
        """The schema to write a literal by, or None where none can be written."""
        if depth or not self._strict:
            return self._write(schema, depth)
        while True:
            impossible, definitions, self._left = set(self._impossible), dict(self.definitions), MAX_PARTS
            written = self._write(schema, depth)
            if self._impossible == impossible:
                return written
            # What was written on the way may refer to what turned out to be impossible.
            self.definitions = definitions

    def resolve(self, schema: JsonSchema) -> object:
        """What a `$ref` into the root points to; None where it points nowhere."""
        return self._parts.resolve(schema)

    def _write(self, schema: object, depth: int) -> _Written | None:
        if self._is_beyond(depth) and (self._strict or schema is not True):
            return None
        shape = shape_of(cast("JsonSchema", schema)) if isinstance(schema, Mapping) else {}
        if shape.keys() == {"$ref"}:
            return self._reference(shape, depth)
        for key in ("anyOf", "oneOf"):
            if shape.keys() == {key}:
                return _any_of([self._write(each, depth) for each in shape[key]])
        return _any_of([self._simple(each, depth) for each in self._parts.options(schema)])

    def _is_beyond(self, depth: int) -> bool:
        self._left -= self._strict
        return self._left < 0 or depth > (MAX_STRICT_DEPTH if self._strict else MAX_DEPTH)

    def _reference(self, schema: JsonSchema, depth: int) -> _Written | None:
        if not self._strict:
            return self._write(self.resolve(schema), depth + 1)
        name = self._name(str(schema["$ref"]))
        if name not in self.definitions and name not in self._impossible:
            # For the time that it takes to write it, it is taken to be possible.
            self.definitions[name] = {}
            written = self._write(self.resolve(schema), depth + 1)
            if written is None or self._leads_back(written, name):
                del self.definitions[name]
                self._impossible.add(name)
            else:
                self.definitions[name] = written
        return None if name in self._impossible else _refer_to(name)

    def _leads_back(self, written: _Written, name: str) -> bool:
        """Whether a choice is the definition of this name itself, with nothing between."""
        waiting, seen = [*options_of(written)], set[str]()
        for each in waiting:
            match each:
                case {"$ref": str(reference)} if reference not in seen:
                    seen.add(reference)
                    waiting += options_of(self.definitions.get(reference.rpartition("/")[2], {}))
                case _:
                    continue
        return f"#/$defs/{name}" in seen

    def _name(self, target: str) -> str:
        if target not in self._names:
            meant = [self._root.get("$defs"), self._root.get("definitions")]
            text = json.dumps([target, meant if target.count("/") == 2 else self._root], sort_keys=True)
            self._names[target] = f"{WRITTEN}{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        return self._names[target]

    def _simple(self, schema: JsonSchema, depth: int) -> _Written | None:
        if "enum" in schema:
            return self._enum(cast("list[JsonValue]", schema["enum"]))
        match schema.get("type"):
            case None:
                return _any_of([{"type": kind} for kind in _ANYTHING])
            case "array":
                return self._array(schema, depth)
            case "object":
                return self._object(schema, depth)
            case str(kind) if kind in _SCALARS:
                return {"type": kind}
            case _:
                return None

    def _array(self, schema: JsonSchema, depth: int) -> _Written | None:
        first, rest = split_items(schema)
        if first and self._strict:
            return self._tuple(first, rest, depth)
        if not self._strict and "items" not in schema:
            return None
        items = self._write(rest, depth + 1)
        return {"type": "array", "items": items} if items else None

    def _tuple(self, first: list[object], rest: object, depth: int) -> _Written | None:
        places = {str(at): self._write(part, depth + 1) for at, part in enumerate(first)}
        if rest not in (True, False) and (items := self._write(rest, depth + 2)):
            places[REST] = {"type": "array", "items": items}
        known = {place: part for place, part in places.items() if part is not None}
        return closed_object(known) if known.keys() == places.keys() else None

    def _object(self, schema: JsonSchema, depth: int) -> _Written | None:
        properties = cast("JsonSchema", schema.get("properties") or {})
        required = schema.get("required", ())
        if not properties and not required:
            return self._map(schema, depth)
        others = schema.get("additionalProperties", True)
        properties = {**dict.fromkeys(required, others), **properties}
        written: dict[str, JsonValue] = {}
        for name, part in properties.items():
            one = self._write(part, depth + 1)
            if one is not None:
                written[name] = nullable(one) if self._strict and name not in required else one
            elif name in required:
                return None
        return closed_object(written, [name for name in written if self._strict or name in required])

    def _map(self, schema: JsonSchema, depth: int) -> _Written | None:
        values = map_values(schema)
        if values is False:
            return closed_object({})
        value = self._write(values, depth + 2)
        if value is None:
            return None
        if not self._strict:
            return {"type": "object", "additionalProperties": value}
        names = self._write({"type": "string", **shape_of(schema.get("propertyNames") or {})}, depth + 2)
        return {"type": "array", "items": closed_object({"key": names or {"type": "string"}, "value": value})}

    def _enum(self, choices: list[JsonValue]) -> _Written | None:
        kinds = {kind_of_scalar(each): None for each in choices}
        if None in kinds:
            return None
        if choices == [None]:
            return {"type": "null"}
        if self._strict and len(choices) > MAX_CHOICES:
            return _any_of([{"type": kind} for kind in kinds])
        if not self._strict and [*kinds] != ["string"]:
            return {"enum": choices}
        # Strict mode refuses choices without a type.
        named = cast("list[JsonValue]", [*kinds])
        return {"type": named[0] if len(named) == 1 else named, "enum": choices}


def map_values(schema: JsonSchema) -> object:
    """What the values of an object without named properties have to be."""
    others = schema.get("additionalProperties", True)
    patterns = cast("JsonSchema", schema.get("patternProperties") or {})
    if not patterns:
        return others
    return {"anyOf": [*patterns.values(), *([] if others in (True, False) else [others])]}


def nullable(schema: _Written) -> _Written:
    """The schema, with null allowed too: how a strict schema says that something may be left out."""
    known = options_of(schema)
    return schema if {"type": "null"} in known else {"anyOf": [*known, {"type": "null"}]}


def options_of(written: _Written) -> list[JsonValue]:
    """What a schema that was written lets a model choose between."""
    options = written.get("anyOf")
    return options if isinstance(options, list) else [cast("JsonValue", written)]


def _refer_to(name: str) -> _Written:
    return {"$ref": f"#/$defs/{name}"}


def _any_of(options: list[_Written | None]) -> _Written | None:
    known: list[JsonValue] = []
    for option in options:
        known += [each for each in options_of(option or {}) if each and each not in known]
    if not known:
        return None
    return cast("_Written", known[0]) if len(known) == 1 else {"anyOf": known}
