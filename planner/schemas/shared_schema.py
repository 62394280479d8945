"""A strict schema with definitions for what it says more than once, and for what lies too deep in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.strict_schema import MAX_NESTING

from .literal_schema import WRITTEN

_REFERENCE = "#/$defs/"
_REFERENCE_CHARACTERS = 30
"""What a reference costs, and a definition besides what it says, in characters of JSON."""


def share(schema: JsonObject) -> JsonObject:
    """The same schema, shorter where that is possible, and no deeper than strict mode allows.

    A definition starts on the first level again: strict mode takes recursive schemas, so references are not
    followed when levels are counted. Definitions that nothing refers to are dropped.
    """
    definitions = cast("Mapping[str, JsonObject]", schema.get("$defs", {}))
    body = {key: part for key, part in schema.items() if key != "$defs"}
    return _Sharing(body, definitions).whole()


class _Sharing:
    """One pass over one schema."""

    def __init__(self, body: JsonObject, definitions: Mapping[str, JsonObject]) -> None:
        self._body = body
        self._given = definitions
        self._counts: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, JsonObject]] = []
        for part in (body, *definitions.values()):
            for child in _children(part):
                self._count(child)

    def whole(self) -> JsonObject:
        body = self._below(self._body, 1)
        definitions: JsonObject = {}
        while self._waiting:
            name, part = self._waiting.pop()
            definitions[name] = self._below(part, 1)
        return {**body, "$defs": definitions} if definitions else body

    def _count(self, part: JsonObject) -> None:
        text = json.dumps(part)
        self._counts[text] += 1
        if self._counts[text] == 1:
            for child in _children(part):
                self._count(child)

    def _write(self, part: JsonObject, level: int) -> JsonObject:
        if "$ref" in part:
            name = str(part["$ref"]).removeprefix(_REFERENCE)
            return self._refer(name, self._given[name], shortened=name.startswith(WRITTEN))
        text = json.dumps(part)
        is_too_deep = level >= MAX_NESTING and bool(part.keys() & {"properties", "items"})
        if is_too_deep or _is_worth_it(text, self._counts[text]):
            return self._refer(text, part, shortened=True)
        return self._below(part, level)

    def _refer(self, key: str, part: JsonObject, *, shortened: bool) -> JsonObject:
        if key not in self._names:
            self._names[key] = f"d{len(self._names)}" if shortened else key
            self._waiting.append((self._names[key], part))
        return {"$ref": _REFERENCE + self._names[key]}

    def _below(self, part: JsonObject, level: int) -> JsonObject:
        written = dict(part)
        if isinstance(properties := part.get("properties"), dict):
            written["properties"] = {
                name: self._write(cast("JsonObject", each), level + 1) for name, each in properties.items()
            }
        if isinstance(items := part.get("items"), dict):
            written["items"] = self._write(items, level + 1)
        if isinstance(options := part.get("anyOf"), list):
            written["anyOf"] = [self._write(cast("JsonObject", each), level) for each in options]
        return written


def _children(part: JsonObject) -> Iterator[JsonObject]:
    properties: Any = part.get("properties", {})
    yield from properties.values()
    for each in cast("list[JsonValue]", [part.get("items"), *cast("Any", part.get("anyOf", ()))]):
        if isinstance(each, dict):
            yield each


def _is_worth_it(text: str, count: int) -> bool:
    return (count - 1) * len(text) > (count + 1) * _REFERENCE_CHARACTERS
