"""What an expression may yield: types of JSON values, as far as a JSON Schema tells.

A type is a union of kinds. It is never narrower than the schema it was read from, so what the
checker proves holds for every value that the schema lets through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value: nothing is known."""


@dataclass(frozen=True, slots=True)
class Null:
    """null."""


@dataclass(frozen=True, slots=True)
class Truth:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number; with `whole`, one without a fraction."""

    whole: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text; with `choices`, one of these."""

    choices: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A list whose elements are all of one type, but for the first few where `first` says otherwise."""

    items: Type
    first: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object; one that is not `required` may be missing."""

    type: Type
    required: bool


@dataclass(frozen=True, slots=True)
class Object:
    """An object with fields that are named, and others of type `rest` where it is an open map.

    Without `rest`, only named fields may be referred to; a value may hold further ones all the
    same unless it is `sealed`.
    """

    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
    rest: Type | None = None
    sealed: bool = False


TypeKind: TypeAlias = Anything | Null | Truth | Number | Text | List | Object

MAX_KINDS = 24
"""Of one union; a wider one is taken for anything."""


class Type:
    """A union of kinds. One read from a schema is worked out when it is first looked at, which
    is what lets a schema speak of itself."""

    __slots__ = ("_kinds", "_read")

    def __init__(
        self, kinds: Iterable[TypeKind] = (), *, read: Callable[[], tuple[TypeKind, ...]] | None = None
    ) -> None:
        self._kinds: tuple[TypeKind, ...] | None = None if read else tuple(kinds)
        self._read = read

    @property
    def kinds(self) -> tuple[TypeKind, ...]:
        """The kinds of value that this may be; none at all where no value is possible."""
        if self._kinds is None:
            try:
                self._kinds = self._read() if self._read else ()
            except RecursionError:
                # A schema nested beyond all reason: nothing is known of its values.
                self._kinds = (Anything(),)
            self._read = None
        return self._kinds

    def without(self, kind: type[TypeKind]) -> Type:
        """This type less one kind of value."""
        kept = tuple(each for each in self.kinds if not isinstance(each, kind))
        return self if len(kept) == len(self.kinds) else Type(kept)

    def has(self, kind: type[TypeKind]) -> bool:
        """Whether a value may be of that kind, as far as is known; anything may be."""
        return any(isinstance(each, (kind, Anything)) for each in self.kinds)

    def __str__(self) -> str:
        return describe(self)


ANYTHING = Type((Anything(),))
NEVER = Type(())
NULL = Type((Null(),))
TRUTH = Type((Truth(),))
NUMBER = Type((Number(),))
WHOLE = Type((Number(whole=True),))
TEXT = Type((Text(),))


def list_of(items: Type) -> Type:
    """The type of lists of such items."""
    return Type((List(items),))


def union(types: Iterable[Type]) -> Type:
    """The type of what is of any of these types."""
    members = tuple(types)
    return members[0] if len(members) == 1 else Type(merge(kind for each in members for kind in each.kinds))


def merge(kinds: Iterable[TypeKind]) -> tuple[TypeKind, ...]:
    """The kinds, those of one sort made one where that loses nothing that matters."""
    merged: dict[object, TypeKind] = {}
    choices: set[str] | None = set()
    for kind in kinds:
        sort = type(kind)
        if sort is Anything:
            return (kind,)
        if isinstance(kind, Text):
            merged[sort] = kind
            if kind.choices is None:
                choices = None
            elif choices is not None:
                choices.update(kind.choices)
        elif isinstance(kind, Number):
            merged[sort] = Number(kind.whole and merged.get(sort, kind) == kind)
        else:
            merged[id(kind) if sort in (List, Object) else sort] = kind
        if len(merged) > MAX_KINDS:
            return (Anything(),)
    if Text in merged:
        merged[Text] = Text(None if choices is None else frozenset(choices))
    return tuple(merged.values())


MAX_CHOICES = 20
"""Choices that a sentence lists."""


def describe(type_: Type, depth: int = 2) -> str:
    """The type in words, for a sentence."""
    if not type_.kinds:
        return "nothing at all"
    return " or ".join(_describe_kind(kind, depth) for kind in type_.kinds)


def _describe_kind(kind: TypeKind, depth: int) -> str:
    match kind:
        case Anything():
            return "anything"
        case Null():
            return "null"
        case Truth():
            return "a boolean"
        case Number():
            return "an integer" if kind.whole else "a number"
        case Text(None):
            return "a string"
        case Text(choices):
            shown = sorted(choices or ())
            named = ", ".join(f'"{each}"' for each in shown[:MAX_CHOICES])
            return f"one of {named}" + (", …" if len(shown) > MAX_CHOICES else "")
        case List():
            return _describe_list(kind, depth)
        case Object():
            names = list(kind.fields)
            if not depth or not names:
                return "an object"
            return "an object with " + ", ".join(names[:6]) + ("…" if len(names) > 6 else "")


_PLURALS = {
    "a string": "strings",
    "a number": "numbers",
    "an integer": "integers",
    "a list": "lists",
    "an object": "objects",
    "a boolean": "booleans",
}


def _describe_list(kind: List, depth: int) -> str:
    if not depth or kind.first:
        return "a list"
    items = describe(kind.items, depth - 1)
    return f"a list of {_PLURALS[items]}" if items in _PLURALS else f"a list (of {items})"
