"""The numbers in an event that are Callsheet's own, and never secret: its times, counts and prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeAlias, cast

import msgspec

Keeps: TypeAlias = Callable[[Any, Any], Any]
"""Gives back the first of two values, with the numbers of the second where they are Callsheet's own."""


@cache
def keeps_numbers_of(kind: type[Any]) -> Keeps:
    """What puts the numbers of an event of this kind back into its entries in JSON."""
    return _keeps(msgspec.inspect.type_info(kind)) or _first


def _keeps(info: msgspec.inspect.Type) -> Keeps | None:
    match info:
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return _second
        case msgspec.inspect.Metadata(type=inner):
            return _keeps(inner)
        case msgspec.inspect.UnionType(types=types):
            return next((keeps for each in types if (keeps := _keeps(each)) is not None), None)
        case msgspec.inspect.ListType(item_type=inner) | msgspec.inspect.VarTupleType(item_type=inner):
            keeps = _keeps(inner)
            return None if keeps is None else partial(_entries, keeps)
        case msgspec.inspect.TupleType(item_types=types):
            return _of_row([_keeps(each) for each in types])
        case msgspec.inspect.StructType(array_like=True, fields=fields):
            return _of_row([_keeps(field.type) for field in fields])
        case msgspec.inspect.StructType(fields=fields) | msgspec.inspect.DataclassType(fields=fields):
            named = {field.encode_name: _keeps(field.type) for field in fields}
            members = {name: keeps for name, keeps in named.items() if keeps is not None}
            return partial(_members, members) if members else None
        case _:
            return None


def _of_row(entries: Sequence[Keeps | None]) -> Keeps | None:
    return partial(_row, entries) if any(entries) else None


def _first(value: Any, _: Any) -> Any:
    return value


def _second(_: Any, original: Any) -> Any:
    return original


def _entries(keeps: Keeps, value: Any, original: Any) -> Any:
    if not isinstance(value, list):
        return value
    pairs = zip(cast("list[object]", value), original, strict=True)
    return [keeps(*pair) for pair in pairs]


def _row(entries: Sequence[Keeps | None], value: Any, original: Any) -> Any:
    if not isinstance(value, list):
        return value
    triples = zip(entries, cast("list[object]", value), original, strict=False)
    return [each if keeps is None else keeps(each, its) for keeps, each, its in triples]


def _members(members: Mapping[str, Keeps], value: Any, original: Any) -> Any:
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    kept = {name: keeps(entries[name], original[name]) for name, keeps in members.items() if name in entries}
    return {**entries, **kept}
