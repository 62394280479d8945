"""The texts and numbers of a JSON document, each with what its name says, and the document with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeAlias

from pydantic import JsonValue

from .names import Sort, sort_of

_INNER = frozenset(("value", "password", "secret", "token", "key"))
"""The members of an object that may have the secret for which the object is named."""

Scalar: TypeAlias = str | int | float


def scalars(document: JsonValue) -> Iterator[tuple[Sort | None, Scalar]]:
    """Every key, text and number in the order in which they stand, each with the sort of secret that its key
    names. A list gives its name to what it holds, an object to its `value`, `key` and the like, and `name`
    that of the `value` beside it."""
    waiting: list[tuple[Sort | None, JsonValue]] = [(None, document)]
    while waiting:
        sort, value = waiting.pop()
        match value:
            case bool() | None:
                pass
            case str() | int() | float():
                yield sort, value
            case [str(name), str() | int() | float() as named]:
                # As in a list of headers.
                named_sort = sort_of(name)
                waiting += ((named_sort or sort, named), (None if named_sort else sort, name))
            case list() | tuple():
                waiting += ((sort, element) for element in reversed(value))
            case dict():
                for key, member in reversed(value.items()):
                    waiting += ((_sort_of_member(value, key, sort), member), (None, key))


def rewritten(
    document: JsonValue, text: Callable[[str], str], number: Callable[[int | float], JsonValue]
) -> JsonValue:
    """A new document with other texts and numbers, which are asked for in their order, the keys of an object
    before its values. Where two keys become one, a number behind them tells them apart."""
    match document:
        case bool() | None:
            return document
        case str():
            return text(document)
        case int() | float():
            return number(document)
        case list() | tuple():  # msgspec writes the arrays of a request as tuples
            elements: list[JsonValue] = []
            # No comprehensions: for Python, each would be a call more on every level.
            for element in document:
                elements.append(rewritten(element, text, number))
            return elements
    members: dict[str, JsonValue] = {}
    for key, member in document.items():
        name = text(key)
        others = (f"{name} ({place})" for place in count(2))
        members[name if name not in members else next(each for each in others if each not in members)] = (
            member
        )
    for key, member in members.items():
        members[key] = rewritten(member, text, number)
    return members


def _sort_of_member(members: dict[str, JsonValue], key: str, outer: Sort | None) -> Sort | None:
    named = members.get("name", members.get("key"))
    if key == "value" and isinstance(named, str):
        return sort_of(named) or outer
    if outer is Sort.COOKIE and "value" not in members:
        return Sort.COOKIE
    return sort_of(key) or (outer if key.lower() in _INNER else None)
