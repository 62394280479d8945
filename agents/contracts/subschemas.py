"""Where in a JSON Schema other schemas lie, and how large a schema may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, cast

SchemaObject: TypeAlias = dict[str, Any]

ONE_SCHEMA = frozenset(
    {
        *("items", "additionalItems", "contains", "unevaluatedItems"),
        *("additionalProperties", "propertyNames", "unevaluatedProperties", "contentSchema"),
        *("not", "if", "then", "else"),
    }
)
"""Keywords whose value is a schema."""
LIST_OF_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems", "items"})
"""Keywords whose value is a list of schemas; `items` in old drafts alone."""
MAP_OF_SCHEMAS = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"}
)
"""Keywords whose value is an object of schemas; in `dependencies`, with lists of names among them."""

MAX_VALUES = 200_000
"""Objects, lists, texts, numbers and so on in a schema."""
MAX_LEVELS = 100
"""Objects and lists within each other in a schema."""


def map_subschemas(schema: SchemaObject, change: Callable[[SchemaObject], SchemaObject]) -> SchemaObject:
    """The schema with each schema right below it changed; the same object where none is."""
    changed = {key: _changed_part(key, value, change) for key, value in schema.items()}
    return changed if any(changed[key] is not value for key, value in schema.items()) else schema


def _changed_part(key: str, value: Any, change: Callable[[SchemaObject], SchemaObject]) -> Any:
    if isinstance(value, list) and key in LIST_OF_SCHEMAS:
        olds = cast("list[object]", value)
        parts = [_changed(each, change) for each in olds]
        return parts if any(part is not old for part, old in zip(parts, olds, strict=True)) else olds
    if not isinstance(value, dict):
        return value
    if key in ONE_SCHEMA:
        return change(cast("SchemaObject", value))
    if key in MAP_OF_SCHEMAS:
        named = cast("dict[str, Any]", value)
        new = {name: _changed(each, change) for name, each in named.items()}
        return new if any(new[name] is not each for name, each in named.items()) else named
    return value


def _changed(value: Any, change: Callable[[SchemaObject], SchemaObject]) -> Any:
    return change(cast("SchemaObject", value)) if isinstance(value, dict) else value


def size_problem(schema: object) -> str | None:
    """What makes a schema too large to work with; None where nothing does."""
    waiting: list[tuple[Any, int]] = [(schema, 1)]
    count = 0
    while waiting:
        value, level = waiting.pop()
        if not isinstance(value, (dict, list)):
            continue
        if level > MAX_LEVELS:
            return f"is nested deeper than {MAX_LEVELS} levels"
        parts = cast("list[object]", list(value.values()) if isinstance(value, dict) else value)
        count += len(parts)
        if count > MAX_VALUES:
            return f"has more than {MAX_VALUES:,} values"
        waiting += [(each, level + 1) for each in parts]
    return None
