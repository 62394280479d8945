"""The schema of a call for a catalog: a capability's name over its inputs, within the limits of strict mode.

Equal inputs are described once. Where the catalog is too large all the same, the largest inputs are
written untyped, as a list of entries; the checker still knows what they have to be.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.models.strict_schema import MAX_ENUM_VALUES, MAX_NAME_CHARACTERS, MAX_PROPERTIES

from .literal_schema import LiteralSchemas, nullable

TEXT: JsonObject = {"type": "string"}
UNTYPED = "untyped"
"""The definition of inputs whose types the schema leaves to the checker."""
REFERENCE = "reference"
"""The definition of a text that is one expression in braces."""

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
    for capability in catalog:
        groups[json.dumps(inputs_schema(capability))].append(capability.name)
    definitions, inputs = _described(groups, _too_large(groups))
    calls = [closed_object({each.name: inputs[each.name]}) for each in catalog]
    if _names(catalog).share > _RESERVED:
        calls = [closed_object({"capability": TEXT, "inputs": reference_to(UNTYPED)})]
    return {**definitions, "call": calls[0] if len(calls) == 1 else {"anyOf": cast("JsonValue", calls)}}


def inputs_schema(capability: Capability) -> JsonObject:
    """The inputs of a capability: those that it needs, or all of them, where null leaves one out."""
    schemas = LiteralSchemas(capability.input_schema, strict=True)
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    required = cast("list[str]", capability.input_schema.get("required") or [])
    every = {name: _input_schema(schemas.write(part)) for name, part in properties.items()}
    needed = closed_object({name: every[name] for name in every if name in required})
    if every.keys() <= set(required):
        return needed
    whole = closed_object({name: one if name in required else nullable(one) for name, one in every.items()})
    return {"anyOf": [needed, whole]}


def takes_text(schema: object, schemas: LiteralSchemas) -> bool:
    """Whether a literal of the schema may be a text of any wording."""
    written = schemas.write(schema)
    return written is not None and _is_text(written)


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
    if _is_text(literal):
        return literal
    options = literal.get("anyOf")
    known = options if isinstance(options, list) else [cast("JsonValue", literal)]
    return {"anyOf": [*known, reference_to(REFERENCE)]}


def _is_text(literal: JsonObject) -> bool:
    options = literal.get("anyOf")
    return TEXT in options if isinstance(options, list) else literal == TEXT


def _too_large(groups: Mapping[str, Sequence[str]]) -> set[str]:
    """The inputs to write untyped, the largest first, until the rest is within the limits."""
    sizes = {written: size_of(json.loads(written)) for written in groups}
    names = Size(
        sum(map(len, groups.values())), 0, sum(len(each) for group in groups.values() for each in group)
    )
    total = _total(sizes.values()).plus(names)
    untyped: set[str] = set()
    # sorted() is stable, so the same catalog always makes the same schema.
    for written in sorted(groups, key=lambda each: -sizes[each].share):
        if total.share <= _RESERVED:
            break
        total = total.plus(sizes[written], -1)
        untyped.add(written)
    return untyped


def _described(
    groups: Mapping[str, Sequence[str]], untyped: Set[str]
) -> tuple[JsonObject, dict[str, JsonObject]]:
    """The definitions that calls share, and what stands for the inputs of each capability, by its name."""
    definitions: JsonObject = {REFERENCE: {"type": "string", "pattern": r"^\{.+\}$"}}
    if untyped:
        definitions[UNTYPED] = _untyped()
    inputs: dict[str, JsonObject] = {}
    for written, names in groups.items():
        one: JsonObject = reference_to(UNTYPED) if written in untyped else json.loads(written)
        if written not in untyped and len(names) > 1:
            name = f"i{len(definitions)}"
            definitions[name], one = one, reference_to(name)
        inputs |= dict.fromkeys(names, one)
    return definitions, inputs


def _names(catalog: Sequence[Capability]) -> Size:
    return Size(len(catalog), 0, sum(len(each.name) for each in catalog))


def _untyped() -> JsonObject:
    value: JsonObject = {"type": ["string", "number", "boolean", "null"]}
    return {"type": "array", "items": closed_object({"key": TEXT, "value": value})}


def _total(sizes: Iterable[Size]) -> Size:
    total = Size()
    for each in sizes:
        total = total.plus(each)
    return total
