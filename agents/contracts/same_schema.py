"""References within a JSON Schema: whether two say the same when theirs are followed, and what the fields are
of one that refers to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from .references import target_of
from .subschemas import MAP_OF_SCHEMAS, SchemaObject

_DEFINITIONS = frozenset({"$defs", "definitions"})
_VALUES = frozenset({"default", "const", "enum", "examples"})


def same_schema(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    roots: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None,
    *,
    ignoring: Collection[str] = (),
) -> bool:
    """Whether both say the same when each reference is followed, some keywords aside. References point into
    `roots`, which are the schemas themselves where none are given.

    Definitions that refer to each other are compared as in Amadio and Cardelli, "Subtyping recursive types"
    (1993): a pair that is being compared is equal until something differs. So the time is in proportion to
    what is written, not to what it stands for.
    """
    return _Comparison(*(roots or (one, other)), frozenset(ignoring) | _DEFINITIONS).same(one, other)


def with_fields_at_top(schema: SchemaObject) -> SchemaObject:
    """The schema of an object, with the fields named at its top that `$ref` and `allOf` there speak of: it
    says the same, and whoever lists the fields finds them."""
    own = _as_object(schema.get("properties"))
    properties, required = own, dict[str, None]()
    waiting, followed = [schema], set[str]()
    for part in waiting:
        properties = {**_as_object(part.get("properties")), **properties}
        required |= dict.fromkeys(each for each in _as_list(part.get("required")) if isinstance(each, str))
        waiting += [_as_object(each) for each in _as_list(part.get("allOf"))]
        reference = part.get("$ref")
        if isinstance(reference, str) and reference not in followed:
            followed.add(reference)
            target = _target(reference, schema)
            waiting += [target] if target is not None else []
    # What is malformed stays so, for the validator to say.
    if properties.keys() == own.keys():
        return schema
    return {**schema, "properties": properties, **({"required": [*required]} if required else {})}


class _Comparison:
    def __init__(self, root: Mapping[str, Any], other: Mapping[str, Any], ignoring: frozenset[str]) -> None:
        self._roots = (root, other)
        self._ignoring = ignoring
        self._assumed: set[tuple[int, int]] = set()

    def same(self, one: Any, other: Any, key: str = "") -> bool:
        """Whether two values are the same that stand under a keyword (empty for a schema)."""
        if key == "required":
            return sorted(map(str, one)) == sorted(map(str, other))
        if type(one) is not type(other) or key in _VALUES:
            return bool(one == other)
        if isinstance(one, list):
            parts, others = cast("list[object]", one), cast("list[object]", other)
            return len(parts) == len(others) and all(map(self.same, parts, others))
        if not isinstance(one, dict):
            return bool(one == other)
        pair = (id(one), id(other))
        if pair in self._assumed:
            return True
        self._assumed.add(pair)
        if key in MAP_OF_SCHEMAS:
            return one.keys() == other.keys() and all(self.same(one[name], other[name]) for name in one)
        return self._same_schemas(cast("SchemaObject", one), cast("SchemaObject", other))

    def _same_schemas(self, one: SchemaObject, other: SchemaObject) -> bool:
        left, right = self._plain(one, self._roots[0]), self._plain(other, self._roots[1])
        return left.keys() == right.keys() and all(self.same(left[key], right[key], key) for key in left)

    def _plain(self, schema: SchemaObject, root: Mapping[str, Any]) -> SchemaObject:
        """What a schema says, with what it refers to, beside what it says itself."""
        followed: set[str] = set()
        while (reference := schema.get("$ref")) is not None and reference not in followed:
            followed.add(str(reference))
            target = _target(str(reference), root)
            if target is None:
                break
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return {key: value for key, value in schema.items() if key not in self._ignoring}


def _as_object(value: object) -> SchemaObject:
    return cast("SchemaObject", value) if isinstance(value, dict) else {}


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _target(reference: str, root: Mapping[str, Any]) -> SchemaObject | None:
    found = target_of(reference, root)
    return dict(cast("SchemaObject", found)) if isinstance(found, Mapping) else None
