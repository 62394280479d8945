"""JSON values written as YAML that people read, diff and edit."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import yaml
from pydantic import JsonValue

from .core_schema import MAX_NESTING, RESOLVERS, TAG, TOO_DEEP

_STEP = 2
"""Spaces by which a level of a compact document is indented."""
_WIDTH = 100
_MAX_TOGETHER = 4
_MAX_IN_FLOW = 90
_MAX_IN_KEY = 1_000
"""A reader need not look further than 1,024 characters for the colon of a key (YAML 1.2.2, 7.4.2)."""
_PLAIN = re.compile(r"[^\W\d](?:[\w ./()+*=<>'-]*[\w./()+*=<>'-])?\Z")
_OLD_WORDS = frozenset(("y", "yes", "n", "no", "on", "off", "true", "false", "null"))
_FOLD = re.compile(r"(.{60,90}[^ ]) (?=[^ ])")
_UNPRINTABLE = re.compile(
    "[^\t\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What stands in quotes only, written out: controls, and what YAML 1.1 takes for the end of a line."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


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
        raise ValueError(TOO_DEEP)
    return "\n".join(_lines(value, "", 0)) + "\n"


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
    elif (flow := _flow(value, _MAX_IN_FLOW)) is not None:
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
            if len(name) > _MAX_IN_KEY:
                name = f"? {name[:-2]}\n{' ' * indent}: "
            yield from _lines(each, lead + name, indent + _STEP)
            lead = " " * indent


def _is_figure(value: JsonValue) -> bool:
    """A number, or a few that belong together."""
    if isinstance(value, list):
        return len(value) <= _MAX_TOGETHER and all(isinstance(each, int | float) for each in value)
    return isinstance(value, int | float)


def _packed_lines(figures: list[JsonValue], lead: str, margin: str) -> Iterator[str]:
    """A list of figures, as many on a line as there is room for."""
    line, end = f"{lead}[", ""
    for figure in figures:
        part = _flow(figure, sys.maxsize) or ""
        if len(line) + len(end) + len(part) > _MAX_IN_FLOW:
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
    return dumper.represent_scalar(f"{TAG}str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


for _kind, _pattern, _first in RESOLVERS:
    # PyYAML's stubs leave this method untyped.
    _Dumper.add_implicit_resolver(TAG + _kind, _pattern, list(_first))  # pyright: ignore[reportUnknownMemberType]
_Dumper.add_representer(str, _represent_text)
