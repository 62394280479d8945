"""From a JSON Schema (draft 2020-12) to a type that no valid value falls outside of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from callsheet.agents.contracts.references import target_of

from .types import (
    ANYTHING,
    NEVER,
    Anything,
    Field,
    List,
    Null,
    Number,
    Object,
    Text,
    Truth,
    Type,
    TypeKind,
    merge,
)

SchemaOrBool = Mapping[str, Any] | bool

_SIMPLE: Mapping[str, TypeKind] = {
    "null": Null(),
    "boolean": Truth(),
    "number": Number(),
    "integer": Number(whole=True),
    "string": Text(),
}


def type_of_schema(schema: SchemaOrBool) -> Type:
    """The type of the values that a schema lets through, worked out as it is looked at.

    What a type cannot say (`not`, `if`, ranges, patterns, lengths) is left out, which makes the
    type wider than the schema, never narrower. A schema that says no `type` lets anything through.
    """
    return SchemaReader(schema).type_of(schema)


class SchemaReader:
    """Reads the types of one schema and of everything in it, each once."""

    def __init__(self, root: SchemaOrBool) -> None:
        self._root = root
        self._types: dict[int, Type] = {}
        self._reading: set[int] = set()

    def type_of(self, schema: Any) -> Type:
        """The type of a schema that lies in the root."""
        if schema is False:
            return NEVER
        if not _is_object(schema) or self._is_foreign(schema):
            return ANYTHING
        known = self._types.get(id(schema))
        if known is None:
            known = self._types[id(schema)] = Type(read=lambda: self._kinds(schema))
        return known

    def _kinds(self, schema: Mapping[str, Any]) -> tuple[TypeKind, ...]:
        """What every keyword of the schema allows at once."""
        if id(schema) in self._reading:
            # The schema refers to itself without a level between: nothing is known.
            return ANYTHING.kinds
        self._reading.add(id(schema))
        try:
            kinds = ANYTHING.kinds
            for constraint in self._constraints(schema):
                kinds = meet(kinds, constraint)
            return kinds
        finally:
            self._reading.discard(id(schema))

    def _constraints(self, schema: Mapping[str, Any]) -> list[tuple[TypeKind, ...]]:
        found = [self._typed(schema)] if "type" in schema else []
        if "$ref" in schema:
            found.append(self.type_of(self._resolve(schema["$ref"])).kinds)
        if "const" in schema:
            found.append(merge([_kind_of_value(schema["const"])]))
        if _is_list(values := schema.get("enum")):
            found.append(merge(map(_kind_of_value, values)))
        for keyword in ("anyOf", "oneOf"):
            if _is_list(members := schema.get(keyword)):
                found.append(merge(kind for member in members for kind in self.type_of(member).kinds))
        if _is_list(members := schema.get("allOf")):
            found += [self.type_of(member).kinds for member in members]
        return found

    def _typed(self, schema: Mapping[str, Any]) -> tuple[TypeKind, ...]:
        names = schema["type"]
        return merge(self._kind(name, schema) for name in ([names] if isinstance(names, str) else names))

    def _kind(self, name: str, schema: Mapping[str, Any]) -> TypeKind:
        if name == "object":
            return self._object(schema)
        if name == "array":
            first = schema.get("prefixItems")
            return List(
                self.type_of(schema.get("items", True)),
                tuple(map(self.type_of, first)) if _is_list(first) else (),
            )
        return _SIMPLE.get(name, Anything())

    def _object(self, schema: Mapping[str, Any]) -> Object:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required: frozenset[str] = frozenset(schema.get("required") or ())
        fields = {key: Field(self.type_of(each), key in required) for key, each in properties.items()}
        additional = schema.get("additionalProperties")
        if schema.get("patternProperties"):
            return Object(fields, ANYTHING)
        if additional is None:
            return Object(fields, None if fields else ANYTHING)
        if additional is False:
            return Object(fields, None, sealed=True)
        return Object(fields, self.type_of(additional))

    def _resolve(self, reference: Any) -> Any:
        """The schema that a `#/…` reference names, or True (anything) where it names none here."""
        found = target_of(reference, self._root)
        return True if found is None else found

    def _is_foreign(self, schema: Mapping[str, Any]) -> bool:
        """Whether this is a schema of its own within the root, where `#` means itself."""
        return "$id" in schema and schema is not self._root


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def meet(left: tuple[TypeKind, ...], right: tuple[TypeKind, ...]) -> tuple[TypeKind, ...]:
    """Kinds that hold every value of both unions, and as little besides as can be said."""
    if any(isinstance(kind, Anything) for kind in left):
        return right
    if any(isinstance(kind, Anything) for kind in right):
        return left
    both = [_meet(one, other) for one in left for other in right]
    return merge(kind for kind in both if kind is not None)


def _meet(left: TypeKind, right: TypeKind) -> TypeKind | None:
    match left, right:
        case (Null(), Null()) | (Truth(), Truth()):
            return left
        case Number(), Number():
            return Number(left.whole or right.whole)
        case Text(choices), Text(None):
            return Text(choices)
        case Text(None), Text():
            return right
        case Text(first), Text(second):
            shared = (first or frozenset()) & (second or frozenset())
            return Text(shared) if shared else None
        case List(), List():
            return right if left.items is ANYTHING and not left.first else left
        case Object(), Object():
            return _meet_objects(left, right)
        case _:
            return None


def _meet_objects(left: Object, right: Object) -> Object:
    names = [*left.fields, *(name for name in right.fields if name not in left.fields)]
    fields = {name: _meet_fields(left.fields.get(name), right.fields.get(name)) for name in names}
    # A side that names no field of its own and is open only says that this is an object.
    rest = left.rest if right.rest is not None and not right.fields else right.rest
    rest = right.rest if left.rest is not None and not left.fields else rest
    return Object(fields, rest, left.sealed or right.sealed)


def _meet_fields(left: Field | None, right: Field | None) -> Field:
    known = left or right or Field(ANYTHING, False)
    return Field(known.type, any(side is not None and side.required for side in (left, right)))


def _kind_of_value(value: Any) -> TypeKind:
    match value:
        case None:
            return Null()
        case bool():
            return Truth()
        case int() | float():
            return Number(whole=float(value).is_integer() if abs(value) < 2**53 else isinstance(value, int))
        case str():
            return Text(frozenset({value}))
        case list():
            return List(ANYTHING)
        case dict():
            return Object({}, ANYTHING)
        case _:
            return Anything()
