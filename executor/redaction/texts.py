"""The texts and numbers of a JSON document, each with what its name says, and the document with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

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
    """A new document with other texts and numbers, which are asked for in their order, the keys of an object
    before its values. Where two keys become one, a number behind them tells them apart."""
    whole: list[JsonValue] = [document]
    unfinished: list[tuple[Any, Iterator[Any]]] = [(whole, iter((0,)))]
    while unfinished:
        container, places = unfinished[-1]
        for place in places:
            value: JsonValue = container[place]
            match value:
                case list() as elements:
                    container[place] = inner = elements.copy()
                    unfinished.append((inner, iter(range(len(inner)))))
                    break
                case dict() as members:
                    container[place] = renamed = _with_keys(members, text)
                    unfinished.append((renamed, iter(tuple(renamed))))
                    break
                case str() as old:
                    container[place] = text(old)
                case bool() | None:
                    pass
                case int() | float():
                    container[place] = number(value)
        else:
            unfinished.pop()
    return whole[0]


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
