"""Questions about types: what a known value is of, what an element may be, what may be equal."""

from __future__ import annotations

from typing import cast

from .types import (
    ANYTHING,
    NEVER,
    NULL,
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    Anything,
    Field,
    List,
    Null,
    Number,
    Object,
    Text,
    Type,
    TypeKind,
    list_of,
    union,
)


def type_of_value(value: object, depth: int = 8) -> Type:
    """The type of a value that is known, as narrow as a type can be down to `depth` levels."""
    match value:
        case None:
            return NULL
        case bool():
            return TRUTH
        case int() | float():
            return WHOLE if isinstance(value, int) or value.is_integer() else NUMBER
        case str():
            return Type((Text(frozenset((value,))),)) if len(value) <= 100 else TEXT
        case list() if depth:
            elements = cast("list[object]", value)
            types = [type_of_value(each, depth - 1) for each in elements]
            return list_of(union(types) if types else NEVER)
        case dict() if depth:
            entries = cast("dict[str, object]", value)
            fields = {key: Field(type_of_value(each, depth - 1), True) for key, each in entries.items()}
            return Type((Object(fields, None, sealed=True),))
        case _:
            return ANYTHING


def may_be_equal(left: Type, right: Type) -> bool:
    """Whether some value of the one type may equal some value of the other."""
    return any(_kinds_may_be_equal(one, other) for one in left.kinds for other in right.kinds)


def _kinds_may_be_equal(left: TypeKind, right: TypeKind) -> bool:
    match left, right:
        case (Anything(), _) | (_, Anything()):
            return True
        case Text(frozenset() as first), Text(frozenset() as second):
            return bool(first & second)
        case _:
            return type(left) is type(right)


def choices_of(kind: TypeKind) -> frozenset[str]:
    """The texts that a value of this kind is one of; empty where it may be any."""
    return kind.choices or frozenset() if isinstance(kind, Text) else frozenset()


def some(type_: Type, kind: type[TypeKind]) -> bool:
    """Whether a value is known to be able to be of that kind."""
    return any(isinstance(each, kind) for each in type_.kinds)


def all_whole(type_: Type) -> bool:
    """Whether every value is a whole number."""
    return bool(type_.kinds) and all(isinstance(kind, Number) and kind.whole for kind in type_.kinds)


def element_of(kind: TypeKind) -> Type:
    """The type of what an index or an iteration finds in a value of that kind."""
    match kind:
        case List(items, first):
            return union([items, *first]) if first else items
        case Text():
            return TEXT
        case Object(fields, rest, sealed):
            others = [rest] if rest is not None else [] if sealed else [ANYTHING]
            return union([*(each.type for each in fields.values()), *others])
        case Null():
            return NEVER
        case _:
            return ANYTHING
