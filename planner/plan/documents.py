"""JSON and YAML documents, read as data only and written so that people can read them.

The YAML is that of version 1.2's core schema, so that `no` and `2024-01-31` are texts. Aliases,
tags and repeated keys are refused: a document says each thing once, and it says nothing but data.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Never, cast

import yaml
from pydantic import JsonValue
from yaml.reader import ReaderError

from .errors import DocumentError

MAX_BYTES = 50_000_000
MAX_NESTING = 64

_TOO_DEEP = f"it is nested more than {MAX_NESTING} deep"
_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_RESOLVERS = (
    ("bool", _BOOL, "tTfF"),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", _NULL, ["~", "n", "N", ""]),
)
_WORDS: dict[str, JsonValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TYPES = {"null": (NoneType,), "bool": (bool,), "int": (int,), "float": (float, int)}

_STEP = 2
"""Spaces by which a level of a compact document is indented."""
_WIDTH = 100
_MOST_TOGETHER = 4
_MOST_IN_FLOW = 90
_MOST_IN_KEY = 1_000
"""Nobody has to look further than 1,024 characters for the colon of a key (YAML 1.2.2, 7.4.2)."""
_PLAIN = re.compile(r"[^\W\d](?:[\w ./()+*=<>'-]*[\w./()+*=<>'-])?\Z")
_OLD_WORDS = frozenset(("y", "yes", "n", "no", "on", "off", "true", "false", "null"))
_FOLD = re.compile(r"(.{60,90}[^ ]) (?=[^ ])")
_UNPRINTABLE = re.compile(
    "[^\t\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What stands in quotes only, written out: controls, and what YAML 1.1 takes for the end of a line."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def read_document(path: Path) -> JsonValue:
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
        raise DocumentError(str(path), "it is no UTF-8 text", line) from None
    if path.suffix.lower() == ".json":
        return read_json(text, str(path))
    return read_yaml(text, str(path))


def read_json(text: str, source: str = "the text") -> JsonValue:
    """The value of a JSON text. Raises DocumentError with the line where it goes wrong."""

    def no_repeats(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            ((repeated, _),) = Counter(key for key, _ in pairs).most_common(1)
            raise DocumentError(source, f"the key {repeated!r:.80} stands twice in one object")
        return entries

    def no_constants(name: str) -> Never:
        raise DocumentError(source, f"{name} is no JSON")

    try:
        return cast(
            JsonValue,
            json.loads(text, object_pairs_hook=no_repeats, parse_constant=no_constants, parse_float=_finite),
        )
    except json.JSONDecodeError as error:
        raise DocumentError(source, f"this is no JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise DocumentError(source, "it is nested too deeply") from None
    except ValueError:
        raise DocumentError(source, "it holds a number that is too large") from None


def read_yaml(text: str, source: str = "the text") -> JsonValue:
    """The value of a YAML text. Raises DocumentError with the line where it goes wrong."""
    try:
        return _YamlReader(text, source).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        # libyaml looks ahead, and may refuse the depth itself before a single level has been read.
        is_deep = "nesting depth" in str(error.problem)
        problem = _TOO_DEEP if is_deep else f"this is no YAML: {error.problem}"
        raise DocumentError(source, problem, line) from None
    except ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        problem = f"{error.reason} (#x{error.character:04x})"
        raise DocumentError(source, f"this is no YAML: {problem}", line) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise DocumentError(source, "it holds half a character (a lone surrogate)", line) from None


def write_yaml(value: JsonValue, *, compact: bool = False) -> str:
    """The YAML of a value, which `read_yaml` gives back: keys in their order, long texts as blocks.

    With `compact`, each list and mapping that holds no text of several lines, and takes no more than 90
    characters so, stands on one line: `{at: 0.5, step: s1}`; of figures, as many as fit stand on each. A
    text of several lines is then a block wherever YAML can hold it there unchanged, also where its lines
    end in spaces; and ValueError is raised for what could not be read back: infinities, lone surrogates,
    more than 64 levels.
    """
    if not compact:
        return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    if _is_too_deep(value):
        raise ValueError(_TOO_DEEP)
    return "\n".join(_lines(value, "", 0)) + "\n"


class _YamlReader:
    """Builds the value while the parser's events pass, which is quicker than composing its nodes first.
    The parser does not recurse, so that depth is refused before anything does."""

    def __init__(self, text: str, source: str) -> None:
        self._next: Callable[[], Any] = yaml.CSafeLoader(text).get_event
        self._source = source

    def document(self) -> JsonValue:
        """The only document; null where there is none."""
        self._next()  # The stream begins,
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), 0)
        self._next()  # and the document ends.
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            raise self._no_yaml(event, "but found another document")
        return value

    def _value(self, event: Any, depth: int) -> JsonValue:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, "aliases (*name) are not allowed; write the value out")
        if depth == MAX_NESTING:
            raise self._error(event, _TOO_DEEP)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _mapping(self, start: Any, depth: int) -> JsonValue:
        self._require_tag(start, "map")
        entries: dict[str, JsonValue] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._value(event, depth)
            if not isinstance(key, str):
                raise self._no_yaml(event, "a key is a text")
            if key in entries:
                raise self._no_yaml(event, f"this key stands twice: {key!r:.80}")
            entries[key] = self._value(self._next(), depth)
        return entries

    def _sequence(self, start: Any, depth: int) -> JsonValue:
        self._require_tag(start, "seq")
        items: list[JsonValue] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, depth))
        return items

    def _scalar(self, event: Any) -> JsonValue:
        is_plain, is_quoted = event.implicit
        if is_quoted:
            return str(event.value)
        try:
            return _plain_value(event.value) if is_plain else self._tagged(event)
        except ValueError:
            raise self._error(event, "it holds a number that is too large") from None

    def _tagged(self, event: Any) -> JsonValue:
        kind = event.tag.removeprefix(_TAG)
        if kind in ("str", "!"):
            return str(event.value)
        if kind not in _TYPES:
            raise self._unknown_tag(event)
        value = _plain_value(event.value)
        if type(value) not in _TYPES[kind]:
            raise self._no_yaml(event, f"{event.value!r:.80} is no {kind}")
        return float(cast(float, value)) if kind == "float" else value

    def _require_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            raise self._unknown_tag(event)

    def _unknown_tag(self, event: Any) -> DocumentError:
        return self._no_yaml(event, f"could not determine a constructor for the tag {event.tag!r:.80}")

    def _no_yaml(self, event: Any, problem: str) -> DocumentError:
        return self._error(event, f"this is no YAML: {problem}")

    def _error(self, event: Any, problem: str) -> DocumentError:
        return DocumentError(self._source, problem, event.start_mark.line + 1)


def _plain_value(text: str) -> JsonValue:
    """What a text without quotes is in the core schema. Raises ValueError for a number that is too large."""
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return _finite(text)
    return _WORDS.get(text, text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("JSON has no infinity")
    return number


def _is_too_deep(value: JsonValue) -> bool:
    level = [value]
    for _ in range(MAX_NESTING):
        level = [inner for each in level for inner in _values(each)]
    return any(isinstance(each, (dict, list)) for each in level)


def _values(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _lines(value: JsonValue, lead: str, indent: int) -> Iterator[str]:
    """The lines of a value behind `lead`; what does not fit there stands below, from `indent` on."""
    if isinstance(value, str):
        yield from _text_lines(value, lead, " " * max(indent, _STEP))
    elif (flow := _flow(value, _MOST_IN_FLOW)) is not None:
        yield lead + flow
    elif isinstance(value, list) and all(map(_is_figure, value)):
        yield from _packed_lines(value, lead, " " * max(indent, _STEP))
    elif isinstance(value, (dict, list)):
        if lead.endswith(": "):
            yield lead.rstrip()
            # The items of a list stand right below their key.
            indent -= _STEP if isinstance(value, list) else 0
            lead = " " * indent
        for name, each in _entries(value, "- "):
            if len(name) > _MOST_IN_KEY:
                name = f"? {name[:-2]}\n{' ' * indent}: "
            yield from _lines(each, lead + name, indent + _STEP)
            lead = " " * indent


def _is_figure(value: JsonValue) -> bool:
    """A number, or a few that belong together."""
    if isinstance(value, list):
        return len(value) <= _MOST_TOGETHER and all(isinstance(each, int | float) for each in value)
    return isinstance(value, int | float)


def _packed_lines(figures: list[JsonValue], lead: str, margin: str) -> Iterator[str]:
    """A list of figures, as many on a line as there is room for."""
    line, end = f"{lead}[", ""
    for figure in figures:
        part = _flow(figure, sys.maxsize) or ""
        if len(line) + len(end) + len(part) > _MOST_IN_FLOW:
            yield line + end.rstrip()
            line, end = margin, ""
        line, end = f"{line}{end}{part}", ", "
    yield f"{line}]"


def _entries(value: dict[str, JsonValue] | list[JsonValue], item: str) -> Iterator[tuple[str, JsonValue]]:
    """Each value behind what stands in front of it."""
    if isinstance(value, list):
        return ((item, each) for each in value)
    return ((f"{_on_one_line(key)}: ", each) for key, each in value.items())


def _text_lines(text: str, lead: str, margin: str) -> Iterator[str]:
    """A block where the text has several lines that can stand there, else one line, quoted and folded
    where it is long."""
    if _has_lines(text) and not _UNPRINTABLE.search(text):
        # Without the hint, spaces that come first would be taken for the margin.
        hint = _STEP if text[0] in " \t\n" else ""
        ending = "+" if text.endswith("\n\n") else "" if text.endswith("\n") else "-"
        yield f"{lead}|{hint}{ending}"
        yield from (margin + line if line else "" for line in text.removesuffix("\n").split("\n"))
    elif len(written := _on_one_line(text)) <= _WIDTH:
        yield lead + written
    else:
        yield lead + _FOLD.sub(rf"\1\n{margin}", _quoted(text))


def _has_lines(text: str) -> bool:
    return "\n" in text.rstrip("\n")


def _flow(value: JsonValue, room: int) -> str | None:
    """A value on one line; None where that takes more characters than `room`, or it holds a text of several
    lines. Of a large value no more is looked at than there is room for."""
    if isinstance(value, str):
        return None if len(value) > room or _has_lines(value) else _on_one_line(value)
    if not isinstance(value, (dict, list)):
        return _number_or_word(value)
    if 3 * len(value) > room:
        return None
    parts: list[str] = []
    for name, each in _entries(value, ""):
        part = _flow(each, room - len(name) - 2)
        if part is None or (room := room - len(name) - len(part) - 2) < 0:
            return None
        parts.append(name + part)
    inside = ", ".join(parts)
    return f"[{inside}]" if isinstance(value, list) else f"{{{inside}}}"


def _number_or_word(value: float | None) -> str:
    text = _JSON.encode(value)
    # Readers of YAML 1.1 take 1e-07 for a text.
    return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text


def _on_one_line(text: str) -> str:
    return text if _PLAIN.match(text) and text.casefold() not in _OLD_WORDS else _quoted(text)


def _quoted(text: str) -> str:
    # YAML has the escapes of JSON, but not its surrogates: the encoding refuses them.
    return _UNPRINTABLE.sub(lambda each: f"\\u{each[0].encode('utf-16-be').hex()}", _JSON.encode(text))


class _Dumper(yaml.CSafeDumper):
    """Quotes what any reader of YAML, old or new, might take for something else than a text."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if _has_lines(text) else None
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


for _kind, _pattern, _first in _RESOLVERS:
    # PyYAML's stubs leave this method untyped.
    _Dumper.add_implicit_resolver(_TAG + _kind, _pattern, list(_first))  # pyright: ignore[reportUnknownMemberType]
_Dumper.add_representer(str, _represent_text)
