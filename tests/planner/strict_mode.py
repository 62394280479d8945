"""The rules of strict structured outputs, read off a schema one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FORBIDDEN = frozenset(
    ("allOf", "not", "if", "then", "else", "oneOf", "default", "prefixItems", "patternProperties")
)
MAX_PROPERTIES = 5_000
MAX_LEVELS = 10
MAX_ENUM_VALUES = 1_000
MAX_CHARACTERS = 120_000
MAX_CHARACTERS_OF_AN_ENUM = 15_000


def broken_rules(schema: Any) -> list[str]:
    """A sentence for each rule that a schema breaks."""
    broken = [] if schema.get("type") == "object" else ["the root is no object"]
    parts = list(_parts(schema))
    for part in parts:
        broken += [f"{key} is not allowed" for key in FORBIDDEN & part.keys()]
        if "$ref" in part and (len(part) > 1 or _resolved(part, schema) is None):
            broken.append(f"{part} is no bare reference to a definition")
        if not part.keys() & {"type", "anyOf", "$ref"}:
            broken.append(f"{part} says nothing")
        if part.get("type") == "array" and "items" not in part:
            broken.append(f"{part} is an open list")
        if part.get("type") == "object" or "properties" in part:
            broken += _broken_by_object(part)
    return [*broken, *_broken_limits(parts, schema)]


def _broken_by_object(part: Any) -> Iterator[str]:
    if part.get("additionalProperties") is not False:
        yield f"{part} is an open object"
    if set(part.get("required", ())) != set(part.get("properties", ())):
        yield f"{part} does not require all of its properties"


def _broken_limits(parts: list[Any], schema: Any) -> Iterator[str]:
    names = [name for part in parts for name in part.get("properties", ())]
    choices = [choice for part in parts for choice in part.get("enum", ())]
    for part in parts:
        texts = [len(each) for each in part.get("enum", ()) if isinstance(each, str)]
        if len(texts) > 250 and sum(texts) > MAX_CHARACTERS_OF_AN_ENUM:
            yield f"{sum(texts)} characters in one enum of {len(texts)}"
    characters = sum(
        len(each) for each in (*names, *choices, *schema.get("$defs", ())) if isinstance(each, str)
    )
    levels = _levels(schema)
    counted = (
        ("properties", len(names), MAX_PROPERTIES),
        ("enum values", len(choices), MAX_ENUM_VALUES),
        ("characters of names and choices", characters, MAX_CHARACTERS),
        ("levels", levels, MAX_LEVELS),
    )
    for what, count, most in counted:
        if count > most:
            yield f"{count} {what}, {most} allowed"


def _parts(schema: Any) -> Iterator[Any]:
    """The schema and every schema in it, definitions included."""
    yield schema
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from _parts(part)
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            yield from _parts(part)
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            yield from _parts(schema[key])


def _levels(schema: Any) -> int:
    """How deep the schema is: a property or an element is a level deeper. Strict mode takes what refers to
    itself, so references are not followed, and each definition is counted from its own first level."""
    beside = [_levels(each) for key in ("anyOf", "$defs") for each in _values(schema.get(key, ()))]
    below = [_levels(each) for each in schema.get("properties", {}).values()]
    if "items" in schema:
        below.append(_levels(schema["items"]))
    return max([1, *beside, *(each + 1 for each in below)])


def _values(parts: Any) -> Any:
    return parts.values() if isinstance(parts, dict) else parts


def _resolved(part: Any, root: Any) -> Any:
    return root.get("$defs", {}).get(part["$ref"].removeprefix("#/$defs/"))
