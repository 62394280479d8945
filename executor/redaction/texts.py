"""The texts and numbers of a JSON document, each with what its name says, and the document with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from pydantic import JsonValue

from .names import Sort, sort_of

_INNER = frozenset(("value", "password", "secret", "token", "key"))
"""The members of an object that may have the secret for which the object is named."""

Scalar: TypeAlias = str | int | float
_Named: TypeAlias = tuple[Sort | None, JsonValue]


def scalars(document: JsonValue) -> Iterator[tuple[Sort | None, Scalar]]:
    """Every key, text and number in the order in which they stand, each with the sort of secret that its key
    names. A list gives its name to what it holds, an object to its `value`, `key` and the like, and `name`
    that of the `value` beside it."""
    # No recursion: a document may be nested more deeply than Python is.
    waiting: list[_Named] = [(None, document)]
    while waiting:
        sort, value = waiting.pop()
        if isinstance(value, (str, int, float)):
            if not isinstance(value, bool):
                yield sort, value
        elif isinstance(value, list):
            waiting += [each for element in reversed(value) for each in _element(element, sort)]
        elif isinstance(value, dict):
            for key, member in reversed(value.items()):
                waiting += ((_sort_of_member(value, key, sort), member), (None, key))


def rewritten(
    document: JsonValue, text: Callable[[str], str], number: Callable[[int | float], JsonValue]
) -> JsonValue:
    """A new document with other texts and numbers. Where two keys become one, a number behind them tells
    them apart."""
    unfinished: list[list[JsonValue] | dict[str, JsonValue]] = []

    def copy(value: JsonValue) -> JsonValue:
        match value:
            case str():
                return text(value)
            case bool():
                return value
            case int() | float():
                return number(value)
            case list():
                unfinished.append(elements := list(value))
                return elements
            case dict():
                unfinished.append(members := _with_keys(value, text))
                return members
            case _:
                return value

    whole = copy(document)
    while unfinished:
        match unfinished.pop():
            case list() as elements:
                elements[:] = map(copy, elements)
            case members:
                members.update({key: copy(member) for key, member in members.items()})
    return whole


def _element(value: JsonValue, sort: Sort | None) -> tuple[_Named, ...]:
    """An element of a list. A text and another or a number, in a list of their own, are a name and its value,
    as in headers."""
    match value:
        case [str(name), str() | int() | float() as named]:
            return (sort_of(name) or sort, named), (None, name)
        case _:
            return ((sort, value),)


def _sort_of_member(members: dict[str, JsonValue], key: str, outer: Sort | None) -> Sort | None:
    named = members.get("name", members.get("key"))
    if key == "value" and isinstance(named, str):
        return sort_of(named) or outer
    if outer is Sort.COOKIE and "value" not in members:
        return Sort.COOKIE
    return sort_of(key) or (outer if key.lower() in _INNER else None)


def _with_keys(members: dict[str, JsonValue], text: Callable[[str], str]) -> dict[str, JsonValue]:
    renamed: dict[str, JsonValue] = {}
    for key, member in members.items():
        name = other = text(key)
        count = 1
        while other in renamed:
            count += 1
            other = f"{name} ({count})"
        renamed[other] = member
    return renamed
