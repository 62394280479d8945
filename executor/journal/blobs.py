"""Attachments: what is large in an entry of the journal lies beside it, once, under its SHA-256.

The entry keeps `null` in its place. Where each value belongs stands in a column of its own, so that
nothing in anybody's data can be mistaken for a reference.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import msgspec

from callsheet.executor.run.errors import EventUnreadable

from .schema import one_row

LIMIT = 64 * 1024
"""In bytes of JSON: what is no larger stays where it is."""
DEEPEST = 100
"""How many members deep a value of its own is looked for."""
JsonPath: TypeAlias = tuple[str | int, ...]
"""The members, from the outside in, that lead to a value."""

_HOLE = msgspec.Raw(b"null")
_encoder = msgspec.json.Encoder()
_members: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_parts: msgspec.json.Decoder[list[tuple[list[str | int], str]]] = msgspec.json.Decoder(
    list[tuple[list[str | int], str]]
)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """JSON in two columns, `body` and `parts`, and the blobs that go with it, by SHA-256. `parts` is a
    list of [place, SHA-256], outer ones first; None where the whole stands in `body`."""

    body: str
    parts: str | None = None
    blobs: tuple[tuple[str, str], ...] = ()


def detach(data: bytes) -> Entry:
    """Divide the JSON of an object. Of values that lie within each other the innermost that is over the
    limit goes, so that the same text in two places is the same blob; then whatever of the outer ones
    is still over it."""
    if len(data) <= LIMIT:
        return Entry(data.decode())
    body, taken = _thin(data, ())
    blobs = [(hashlib.sha256(value).hexdigest(), value.decode()) for _, value in taken]
    parts = [(place, name) for (place, _), (name, _) in zip(taken, blobs, strict=True)]
    # Outer ones first: an inner value is put into an outer one that is there already.
    parts.reverse()
    return Entry(body.decode(), _encoder.encode(parts).decode() if parts else None, tuple(blobs))


def _thin(data: bytes, place: JsonPath) -> tuple[bytes, list[tuple[JsonPath, bytes]]]:
    """A value without what was taken out of it, and that, inner ones first."""
    if data[:1] == b'"' or len(place) >= DEEPEST:
        return data, []
    taken: list[tuple[JsonPath, bytes]] = []
    if data[:1] == b"{":
        members = _members.decode(data)
        for name, member in members.items():
            members[name] = _thin_member(member, (*place, name), taken)
        return (_encoder.encode(members) if taken else data), taken
    elements = _elements.decode(data)
    for index, element in enumerate(elements):
        elements[index] = _thin_member(element, (*place, index), taken)
    return (_encoder.encode(elements) if taken else data), taken


def _thin_member(value: msgspec.Raw, place: JsonPath, taken: list[tuple[JsonPath, bytes]]) -> msgspec.Raw:
    if len(memoryview(value)) <= LIMIT:
        return value
    rest, inner = _thin(bytes(value), place)
    taken += inner
    if len(rest) <= LIMIT:
        return msgspec.Raw(rest)
    taken.append((place, rest))
    return _HOLE


def store(connection: sqlite3.Connection, entry: Entry) -> None:
    """Keep the blobs of an entry, each unless it is there already."""
    statement = "INSERT INTO blobs (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING"
    connection.executemany(statement, entry.blobs)


def fetch(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Attachments:
    """All the blobs that there are for these entries."""
    attachments = Attachments()
    for name in attachments.missing(entries):
        row = one_row(connection, "SELECT body FROM blobs WHERE sha256 = ?", name)
        if row is not None:
            attachments.give(name, row[0])
    return attachments


class Attachments:
    """The blobs that one reading needs. Give it those that are missing, and each is decoded once."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def missing(self, entries: Sequence[Entry]) -> list[str]:
        """The names of the blobs that these entries refer to, and that were not given yet."""
        names = {name for entry in entries for _, name in _parts_of(entry)}
        return sorted(names.difference(self._bodies))

    def give(self, name: str, body: str) -> None:
        """The body of a blob."""
        self._bodies[name] = body

    def attach(self, entry: Entry) -> Any:
        """The whole value of an entry. The same blob gives the same object, unless something else is to
        be put into it. Raises EventUnreadable for a blob that is missing."""
        parts = _parts_of(entry)
        try:
            whole: Any = msgspec.json.decode(entry.body)
            for number, (place, name) in enumerate(parts):
                filled = any(inner[: len(place)] == place for inner, _ in parts[number + 1 :])
                _put(whole, place, self._decoded(name, place) if filled else self._shared(name, place))
        except (msgspec.DecodeError, LookupError, TypeError) as error:
            raise EventUnreadable(f"its large values do not fit: {error}") from None
        return whole

    def _shared(self, name: str, place: Sequence[str | int]) -> Any:
        if name not in self._values:
            self._values[name] = self._decoded(name, place)
        return self._values[name]

    def _decoded(self, name: str, place: Sequence[str | int]) -> Any:
        body = self._bodies.get(name)
        if body is None:
            where = ".".join(map(str, place))
            raise EventUnreadable(f"its {where} is in the blob {name}, which is missing")
        return msgspec.json.decode(body)


def _parts_of(entry: Entry) -> list[tuple[list[str | int], str]]:
    if entry.parts is None:
        return []
    try:
        return _parts.decode(entry.parts)
    except msgspec.DecodeError as error:
        raise EventUnreadable(f"its list of large values is invalid: {error}") from None


def _put(whole: Any, place: Sequence[str | int], value: Any) -> None:
    *way, last = place
    for member in way:
        whole = whole[member]
    cast("dict[str | int, Any]", whole)[last] = value
