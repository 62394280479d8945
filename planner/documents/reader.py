"""JSON and YAML documents, read as data only.

The YAML is that of version 1.2's core schema, so that `no` and `2024-01-31` are texts. Aliases,
tags and repeated keys are refused: a document says each thing once, and it says nothing but data.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Never, cast

import yaml
from pydantic import JsonValue
from yaml.reader import ReaderError

from .core_schema import FLOAT, INT, MAX_NESTING, TAG, TOO_DEEP
from .errors import DocumentError
from .source_document import SourceDocument
from .source_lines import SourceLines

MAX_BYTES = 50_000_000
_MIN_ROOM = 45_000_000
_ROOM_A_BYTE = 4
"""What the values of a document may take, in bytes: of a small one 45 MB, of others four times its size. Real
documents take twice theirs; `[[],[],...` takes forty times."""

_WORDS: dict[str, JsonValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TYPES = {"null": (NoneType,), "bool": (bool,), "int": (int,), "float": (float, int)}


def read_document(path: Path) -> JsonValue:
    """The value of the document in a file. Raises DocumentError."""
    return read_source(path).value


def read_source(path: Path) -> SourceDocument:
    """The document in a file: JSON where its name ends in .json, else YAML. Raises DocumentError."""
    try:
        # Not by the size that the file states: a pipe or a device states none, and may never end.
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DocumentError(str(path), f"the file is larger than {MAX_BYTES // 1_000_000} MB")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DocumentError(str(path), f"it cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DocumentError(str(path), "it is not UTF-8 text", line) from None
    read = read_json if path.suffix.lower() == ".json" else read_yaml
    return SourceDocument(str(path), read(text, str(path)), _LinesOnDemand(text).line)


def read_json(text: str, source: str = "the text") -> JsonValue:
    """The value of a JSON text. Raises DocumentError with the line where it goes wrong."""

    def no_repeats(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            ((repeated, _),) = Counter(key for key, _ in pairs).most_common(1)
            raise DocumentError(source, f"the key {repeated!r:.80} occurs twice in one object")
        room.take(_OBJECT + sum(_ENTRY + _size(value) for value in entries.values()))
        return entries

    def no_constants(name: str) -> Never:
        raise DocumentError(source, f"{name} is not valid JSON")

    room = _Room(text, source)
    # Of lists only this is known while they are read.
    room.take(_LIST * text.count("[") + _ITEM * text.count(","))
    try:
        return cast(
            JsonValue,
            json.loads(text, object_pairs_hook=no_repeats, parse_constant=no_constants, parse_float=_finite),
        )
    except json.JSONDecodeError as error:
        raise DocumentError(source, f"this is not valid JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise DocumentError(source, "it is nested too deeply") from None
    except ValueError:
        raise DocumentError(source, "it has a number that is too large") from None


def read_yaml(text: str, source: str = "the text") -> JsonValue:
    """The value of a YAML text. Raises DocumentError with the line where it goes wrong."""
    try:
        return _YamlReader(text, source).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        # libyaml looks ahead, and may refuse the depth itself before a single level has been read.
        is_deep = "nesting depth" in str(error.problem)
        problem = TOO_DEEP if is_deep else f"this is not valid YAML: {error.problem}"
        raise DocumentError(source, problem, line) from None
    except ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        problem = f"{error.reason} (#x{error.character:04x})"
        raise DocumentError(source, f"this is not valid YAML: {problem}", line) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise DocumentError(source, "it has a lone surrogate (half a character)", line) from None


class _LinesOnDemand:
    """Goes through the text again when a line is first asked for: most documents have no finding."""

    def __init__(self, text: str) -> None:
        self._text = text

    def line(self, pointer: str) -> int | None:
        return self._lines.line(pointer)

    @cached_property
    def _lines(self) -> SourceLines:
        return SourceLines(self._text)


_LIST, _ITEM, _OBJECT, _ENTRY = 72, 8, 80, 60
"""In bytes: an empty list, a value in it, an empty object, a value in that."""


def _size(value: JsonValue) -> int:
    """What a value takes that holds no others; an object or a list was counted for itself."""
    # Python keeps one of each text of a single character.
    is_shared = isinstance(value, str) and len(value) <= 1
    return sys.getsizeof(value) if isinstance(value, str | float) and not is_shared else 0


class _Room:
    """Counts what the values of a document take while it is read. Raises DocumentError once that is too
    much: some documents take fifty times their own size."""

    def __init__(self, text: str, source: str) -> None:
        self._left = max(_MIN_ROOM, _ROOM_A_BYTE * len(text))
        self._source = source

    def take(self, size: int, line: int | None = None) -> None:
        """Count what takes this many bytes."""
        self._left -= size
        if self._left < 0:
            problem = "it has so many values that they take many times its size in memory; divide it"
            raise DocumentError(self._source, problem, line)


class _YamlReader:
    """Builds the value while the parser's events pass, which is quicker than composing its nodes first.
    The parser does not recurse, so that depth is refused before anything does."""

    def __init__(self, text: str, source: str) -> None:
        self._next: Callable[[], Any] = yaml.CSafeLoader(text).get_event
        self._source = source
        self._room = _Room(text, source)

    def document(self) -> JsonValue:
        """The only document; null where there is none."""
        self._next()  # The stream begins,
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), 0)
        self._next()  # and the document ends.
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            raise self._no_yaml(event, "only one document is allowed, and another one begins here")
        return value

    def _value(self, event: Any, depth: int) -> JsonValue:
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
            self._take(_size(value), event)
            return value
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, "aliases (*name) are not allowed; repeat the value instead")
        if depth == MAX_NESTING:
            raise self._error(event, TOO_DEEP)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _mapping(self, start: Any, depth: int) -> JsonValue:
        self._require_tag(start, "map")
        self._take(_OBJECT, start)
        entries: dict[str, JsonValue] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._value(event, depth)
            if not isinstance(key, str):
                raise self._no_yaml(event, "keys must be strings")
            if key in entries:
                raise self._no_yaml(event, f"this key occurs twice: {key!r:.80}")
            self._take(_ENTRY, event)
            entries[key] = self._value(self._next(), depth)
        return entries

    def _sequence(self, start: Any, depth: int) -> JsonValue:
        self._require_tag(start, "seq")
        self._take(_LIST, start)
        items: list[JsonValue] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            self._take(_ITEM, event)
            items.append(self._value(event, depth))
        return items

    def _scalar(self, event: Any) -> JsonValue:
        is_plain, is_quoted = event.implicit
        if is_quoted:
            return str(event.value)
        try:
            return _plain_value(event.value) if is_plain else self._tagged(event)
        except ValueError:
            raise self._error(event, "it has a number that is too large") from None

    def _tagged(self, event: Any) -> JsonValue:
        kind = event.tag.removeprefix(TAG)
        if kind in ("str", "!"):
            return str(event.value)
        if kind not in _TYPES:
            raise self._unknown_tag(event)
        value = _plain_value(event.value)
        if type(value) not in _TYPES[kind]:
            raise self._no_yaml(event, f"{event.value!r:.80} is not a valid {kind}")
        return float(cast(float, value)) if kind == "float" else value

    def _take(self, size: int, event: Any) -> None:
        self._room.take(size, event.start_mark.line + 1)

    def _require_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", TAG + kind):
            raise self._unknown_tag(event)

    def _unknown_tag(self, event: Any) -> DocumentError:
        return self._no_yaml(event, f"the tag {event.tag!r:.80} is not allowed")

    def _no_yaml(self, event: Any, problem: str) -> DocumentError:
        return self._error(event, f"this is not valid YAML: {problem}")

    def _error(self, event: Any, problem: str) -> DocumentError:
        return DocumentError(self._source, problem, event.start_mark.line + 1)


def _plain_value(text: str) -> JsonValue:
    """What a string without quotes is in the core schema. Raises ValueError for too large a number."""
    if INT.match(text):
        return int(text)
    if FLOAT.match(text):
        return _finite(text)
    return _WORDS.get(text, text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("JSON has no infinity")
    return number
