"""Which fields the structs of a document have, so that those at their defaults can be left out, and those
that are unknown be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, cast

import msgspec

_ABSENT = object()

FieldShape: TypeAlias = "Fields | ListOf | RowOf | DictOf"


class Fields:
    """The fields of a struct or a dataclass, by name: what stands in them, and their defaults in JSON."""

    def __init__(self, shapes: Mapping[str, FieldShape | None], defaults: Mapping[str, object]) -> None:
        self.names = frozenset(shapes)
        self._shapes = {name: shape for name, shape in shapes.items() if shape is not None}
        self._defaults = defaults

    def without_defaults(self, value: Any) -> Any:
        """A value in JSON without what a reader would put there anyway."""
        if not isinstance(value, dict):
            return value
        kept: dict[str, Any] = {}
        for name, each in cast("dict[str, Any]", value).items():
            shape = self._shapes.get(name)
            entry = each if shape is None else shape.without_defaults(each)
            if name not in self._defaults or entry != self._defaults[name]:
                kept[name] = entry
        return kept

    def unknown(self, value: Any, pointer: str = "") -> Iterator[tuple[str, str, frozenset[str]]]:
        """What has no place in a value: where it stands, its name, and the names that there are."""
        if not isinstance(value, dict):
            return
        entries = cast("dict[str, Any]", value)
        if not self.names >= entries.keys():
            for name in [name for name in entries if name not in self.names]:
                yield f"{pointer}/{escaped(name)}", name, self.names
        for name, shape in self._shapes.items():
            if name in entries:
                yield from shape.unknown(entries[name], f"{pointer}/{name}")


class ListOf:
    """A list whose entries have fields."""

    def __init__(self, entry: FieldShape) -> None:
        self._entry = entry

    def without_defaults(self, value: Any) -> Any:
        """A value in JSON without what a reader would put there anyway."""
        if not isinstance(value, list):
            return value
        return [self._entry.without_defaults(each) for each in cast("list[object]", value)]

    def unknown(self, value: Any, pointer: str = "") -> Iterator[tuple[str, str, frozenset[str]]]:
        """What has no place in a value."""
        if isinstance(value, list):
            for at, each in enumerate(cast("list[object]", value)):
                yield from self._entry.unknown(each, f"{pointer}/{at}")


class RowOf:
    """A list with a fixed number of entries, some of which have fields."""

    def __init__(self, entries: Sequence[FieldShape | None]) -> None:
        self._entries = entries

    def without_defaults(self, value: Any) -> Any:
        """A value in JSON without what a reader would put there anyway."""
        if not isinstance(value, list) or len(value := cast("list[object]", value)) != len(self._entries):
            return value
        pairs = zip(self._entries, value, strict=True)
        return [each if shape is None else shape.without_defaults(each) for shape, each in pairs]

    def unknown(self, value: Any, pointer: str = "") -> Iterator[tuple[str, str, frozenset[str]]]:
        """What has no place in a value."""
        if not isinstance(value, list):
            return
        for at, each in enumerate(cast("list[object]", value)):
            if at >= len(self._entries):
                yield f"{pointer}/{at}", str(at), frozenset(map(str, range(len(self._entries))))
            elif (shape := self._entries[at]) is not None:
                yield from shape.unknown(each, f"{pointer}/{at}")


class DictOf:
    """An object with any keys, whose values have fields."""

    def __init__(self, entry: FieldShape) -> None:
        self._entry = entry

    def without_defaults(self, value: Any) -> Any:
        """A value in JSON without what a reader would put there anyway."""
        if not isinstance(value, dict):
            return value
        return {
            key: self._entry.without_defaults(each) for key, each in cast("dict[str, Any]", value).items()
        }

    def unknown(self, value: Any, pointer: str = "") -> Iterator[tuple[str, str, frozenset[str]]]:
        """What has no place in a value."""
        if isinstance(value, dict):
            for key, each in cast("dict[str, Any]", value).items():
                yield from self._entry.unknown(each, f"{pointer}/{escaped(key)}")


@cache
def fields_of(type_: type[Any]) -> Fields:
    """The fields of a struct type, its tag included."""
    shape = _shape_of(msgspec.inspect.type_info(type_))
    assert isinstance(shape, Fields)
    return shape


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _shape_of(info: msgspec.inspect.Type) -> FieldShape | None:
    match info:
        case msgspec.inspect.Metadata(type=inner):
            return _shape_of(inner)
        case msgspec.inspect.UnionType(types=types):
            return next((shape for each in types if (shape := _shape_of(each)) is not None), None)
        case msgspec.inspect.ListType(item_type=inner) | msgspec.inspect.VarTupleType(item_type=inner):
            entry = _shape_of(inner)
            return None if entry is None else ListOf(entry)
        case msgspec.inspect.DictType(value_type=inner):
            entry = _shape_of(inner)
            return None if entry is None else DictOf(entry)
        case msgspec.inspect.StructType(array_like=True, fields=fields):
            return RowOf([_shape_of(field.type) for field in fields])
        case msgspec.inspect.StructType() | msgspec.inspect.DataclassType():
            return _fields(info)
        case _:
            return None


def _fields(info: msgspec.inspect.StructType | msgspec.inspect.DataclassType) -> Fields:
    shapes = {field.encode_name: _shape_of(field.type) for field in info.fields}
    defaults: dict[str, object] = {}
    for field in info.fields:
        default = _default(field)
        if default is not _ABSENT:
            shape = shapes[field.encode_name]
            defaults[field.encode_name] = default if shape is None else shape.without_defaults(default)
    if isinstance(info, msgspec.inspect.StructType) and info.tag_field is not None:
        shapes[info.tag_field] = None
    return Fields(shapes, defaults)


def _default(field: msgspec.inspect.Field) -> object:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.json.decode(msgspec.json.encode(field.default))
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.json.decode(msgspec.json.encode(field.default_factory()))
    return _ABSENT
