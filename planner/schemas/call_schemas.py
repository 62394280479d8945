"""The schema of a call for a catalog: a capability's name beside its inputs, in the limits of strict mode.

Calls with equal inputs are described once. Where the catalog is too large all the same, the largest inputs
are written untyped, as a list of entries; the checker still knows what they have to be.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.models.strict_schema import MAX_ENUM_VALUES, MAX_NAME_CHARACTERS, MAX_PROPERTIES

from .literal_schema import LiteralSchemas, nullable, options_of

TEXT: JsonObject = {"type": "string"}
UNTYPED = "untyped"
"""The definition of inputs whose types the schema leaves to the checker."""
REFERENCE = "reference"
"""The definition of a text that is one expression in braces."""

MAX_NAMES = 250
"""In one enum: strict mode counts the characters of larger ones."""

_USE = "use"
_CAPABILITY = "capability"
"""What the name stands under where an input is called `use`: the inputs then stand under `inputs`."""
_UNTYPED_CALL: JsonObject = {_CAPABILITY: TEXT, "inputs": {"$ref": f"#/$defs/{UNTYPED}"}}
_REFERRED = re.compile(r'"#/\$defs/([^"]+)"')

_RESERVED = 0.95
"""The part of strict mode's limits that calls may use up; the plan around them needs the rest."""


class Size(NamedTuple):
    """What strict mode limits, counted in one schema."""

    properties: int = 0
    enum_values: int = 0
    characters: int = 0

    def plus(self, other: Size, times: int = 1) -> Size:
        """Both together, the other so many times."""
        return Size(*(mine + times * its for mine, its in zip(self, other, strict=True)))

    @property
    def share(self) -> float:
        """The largest part of any limit that it uses up."""
        limits = (MAX_PROPERTIES, MAX_ENUM_VALUES, MAX_NAME_CHARACTERS)
        return max(count / limit for count, limit in zip(self, limits, strict=True))


def call_definitions(catalog: Sequence[Capability]) -> JsonObject:
    """The `$defs` of a plan's schema; the one called `call` is the call itself."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    definitions: JsonObject = {REFERENCE: {"type": "string", "pattern": r"^\{.+\}$"}, UNTYPED: _untyped()}
    for capability in catalog:
        schemas = LiteralSchemas(capability.input_schema, strict=True)
        groups[json.dumps(_calls(capability, schemas))].append(capability.name)
        definitions |= schemas.definitions
    untyped = _too_large(groups, definitions)
    calls = [
        call
        for written, names in groups.items()
        if written not in untyped
        for call in _named(json.loads(written), names)
    ]
    calls += _named([_UNTYPED_CALL], [name for written in untyped for name in groups[written]])
    if _total(map(size_of, calls)).share > _RESERVED:
        calls = [closed_object({"capability": TEXT, "inputs": reference_to(UNTYPED)})]
    return {**definitions, "call": calls[0] if len(calls) == 1 else {"anyOf": cast("JsonValue", calls)}}


def _calls(capability: Capability, schemas: LiteralSchemas) -> list[JsonObject]:
    """The ways to write a call, without the name of the capability: with the inputs that it needs alone,
    where it has several others, or with all of them, where null leaves one out."""
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    every = {name: _input_schema(schemas.write(part)) for name, part in properties.items()}
    needed: JsonObject = {name: every[name] for name in every if name in required}
    whole: JsonObject = {name: one if name in required else nullable(one) for name, one in every.items()}
    # One null costs an answer less than a second way to write the call costs the schema.
    ways = [whole] if len(whole) <= len(needed) + 1 else [needed, whole]
    if _USE in every:
        return [{_CAPABILITY: TEXT, "inputs": closed_object(inputs)} for inputs in ways]
    return [{_USE: TEXT, **inputs} for inputs in ways]


def _named(ways: Sequence[JsonObject], names: Sequence[str]) -> Iterator[JsonObject]:
    """The calls of capabilities whose inputs are alike."""
    for start in range(0, len(names), MAX_NAMES):
        name: JsonObject = {"type": "string", "enum": list(names[start : start + MAX_NAMES])}
        for way in ways:
            key = next(iter(way))
            yield closed_object({**way, key: name})


def reference_to(name: str) -> JsonObject:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def size_of(schema: JsonValue) -> Size:
    """What the schema counts, its references not followed."""
    match schema:
        case list():
            return _total(map(size_of, schema))
        case dict():
            own = Size()
            if isinstance(properties := schema.get("properties"), dict):
                own = Size(len(properties), 0, sum(map(len, properties)))
                return own.plus(_total(map(size_of, properties.values())))
            if isinstance(choices := schema.get("enum"), list):
                own = Size(0, len(choices), sum(len(each) for each in choices if isinstance(each, str)))
            return own.plus(_total(size_of(part) for key, part in schema.items() if key != "enum"))
        case _:
            return Size()


def _input_schema(literal: JsonObject | None) -> JsonObject:
    if literal is None:
        return reference_to(REFERENCE)
    options = options_of(literal)
    return literal if TEXT in options else {"anyOf": [*options, reference_to(REFERENCE)]}


def _too_large(groups: Mapping[str, Sequence[str]], definitions: JsonObject) -> list[str]:
    """The calls to write untyped, the largest first, until the rest is within the limits."""
    sizes = {
        written: _total(size_of(call) for call in _named(json.loads(written), names)).plus(
            _total(size_of(definitions[name]) for name in _referred(written, definitions))
        )
        for written, names in groups.items()
    }
    total = _total(sizes.values())
    untyped: list[str] = []
    # sorted() is stable, so the same catalog always makes the same schema.
    for written in sorted(groups, key=lambda each: -sizes[each].share):
        if total.share <= _RESERVED:
            break
        names = Size(0, len(groups[written]), sum(map(len, groups[written])))
        total = total.plus(sizes[written], -1).plus(names)
        untyped.append(written)
    return untyped


def _referred(written: str, definitions: JsonObject) -> set[str]:
    """The definitions that a schema refers to, by whatever way round."""
    found: set[str] = set()
    waiting = [written]
    while waiting:
        named = set(_REFERRED.findall(waiting.pop())) - found
        found |= named
        waiting += [json.dumps(definitions[name]) for name in named]
    return found


def _untyped() -> JsonObject:
    value: JsonObject = {"type": ["string", "number", "boolean", "null"]}
    return {"type": "array", "items": closed_object({"key": TEXT, "value": value})}


def _total(sizes: Iterable[Size]) -> Size:
    total = Size()
    for each in sizes:
        total = total.plus(each)
    return total
