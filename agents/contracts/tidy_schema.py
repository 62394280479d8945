"""A JSON Schema as a planner wants it: closed, without noise, and written in as many words as it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from pydantic import JsonValue

from .capability import JsonObject
from .subschemas import map_subschemas

_REFERENCE = "#/$defs/"

_Definitions: TypeAlias = Mapping[str, JsonObject]


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
    """The same schema for a small reader: no generated titles, and objects that list their properties take
    no others unless they say so.

    A definition that is used once, and not by itself, stands where it is used; the others stay under `$defs`,
    so that the schema is never longer than it was. What the whole refers to stands at the top.
    """
    tidied = _tidied(dict(schema))
    definitions = cast("_Definitions", tidied.pop("$defs", {}))
    for _ in definitions:
        if (top := _target(tidied, definitions)) is not None:
            tidied = _beside(definitions[top], tidied)
    return _place(tidied, definitions)


def _tidied(schema: dict[str, Any]) -> dict[str, Any]:
    bare = {key: value for key, value in schema.items() if key != "title"}
    tidied = {**map_subschemas(bare, _tidied)}
    if "properties" in tidied:
        tidied.setdefault("additionalProperties", False)
    return tidied


def _place(root: JsonObject, definitions: _Definitions) -> JsonObject:
    """Each definition where it is used, if that is in one place and not within itself; else under `$defs`."""
    uses = {name: Counter(_references(each, definitions)) for name, each in definitions.items()}
    counts, waiting = (
        Counter(_references(root, definitions)),
        [*dict.fromkeys(_references(root, definitions))],
    )
    for name in waiting:
        waiting += [each for each in uses[name] if each not in counts]
        counts.update(uses[name])
    # Definitions that are used once, and in a circle, are reached by none that is kept.
    kept = {name: definitions[name] for name in waiting if counts[name] > 1}
    inlined = definitions.keys() - kept.keys()
    placed = cast("JsonObject", _inlined(root, definitions, inlined))
    below = {name: _inlined(kept[name], definitions, inlined) for name in sorted(kept)}
    return {**placed, "$defs": below} if below else placed


def _inlined(part: Any, definitions: _Definitions, names: Iterable[str]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, definitions, names) for each in cast("list[object]", part)]
    if not isinstance(part, dict):
        return part
    schema = cast("JsonObject", part)
    name = _target(schema, definitions)
    if name is not None and name in names:
        schema = _beside(definitions[name], schema)
    return {key: _inlined(value, definitions, names) for key, value in schema.items()}


def _beside(definition: JsonObject, reference: JsonObject) -> JsonObject:
    return {**definition, **{key: value for key, value in reference.items() if key != "$ref"}}


def _references(part: Any, definitions: _Definitions) -> Iterator[str]:
    if isinstance(part, list):
        for each in cast("list[object]", part):
            yield from _references(each, definitions)
    elif isinstance(part, dict):
        schema = cast("JsonObject", part)
        if (name := _target(schema, definitions)) is not None:
            yield name
        for value in schema.values():
            yield from _references(value, definitions)


def _target(schema: JsonObject, definitions: _Definitions) -> str | None:
    """The definition that a schema refers to."""
    name = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
    return name if name in definitions else None
