"""Sample texts: as long as a schema has them, of its format, and after its pattern.

They are offers. Whoever takes one asks a validator whether the schema has it so.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from types import MappingProxyType
from typing import Any, TypeAlias

LONGEST = 100_000
"""Longer texts are not made."""

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "date": "2024-01-{0:02}",
        "date-time": "2024-01-{0:02}T12:00:00Z",
        "time": "{0:02}:00:00Z",
        "duration": "P{0}D",
        "email": "person{0}@example.org",
        "idn-email": "person{0}@example.org",
        "hostname": "host{0}.example.org",
        "idn-hostname": "host{0}.example.org",
        "ipv4": "192.0.2.{0}",
        "ipv6": "2001:db8::{0}",
        "uri": "https://example.org/{0}",
        "uri-reference": "https://example.org/{0}",
        "uri-template": "https://example.org/{0}",
        "iri": "https://example.org/{0}",
        "iri-reference": "https://example.org/{0}",
        "uuid": "00000000-0000-4000-8000-{0:012}",
        "json-pointer": "/{0}",
        "relative-json-pointer": "{0}",
        "regex": "^{0}$",
    }
)
"""How texts of the formats look that JSON Schema names, with a number from 1 to 12 in each; hosts and
addresses are those that are kept free for examples (RFC 2606, 5737, 3849)."""

_STRETCHES = (1, 0, *range(2, 17))
_TURNS = 12
_LIKED = string.ascii_lowercase + "1234567890" + string.ascii_uppercase + "-_. " + string.punctuation
"""The characters that are tried first, where a pattern leaves a choice."""

_Writer: TypeAlias = Callable[[int, int], str]
"""A part of a pattern: a text for a stretch (how often it repeats what it may) and a turn (which of its
choices it takes)."""

_Test: TypeAlias = Callable[[str], bool]

_SETS: Mapping[str, _Test] = MappingProxyType(
    {
        "d": lambda each: each in string.digits,
        "w": lambda each: each in string.ascii_letters + string.digits + "_",
        "s": lambda each: each in string.whitespace,
    }
)
_CONTROLS: Mapping[str, str] = MappingProxyType(
    {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
)
_NO_WIDTH = frozenset("bBAzZG")
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|x\{([0-9a-fA-F]+)\}")
_PROPERTY = re.compile(r"([pP])(?:\{(\w+)\}|(\w))")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})[?+]?")
_GROUP = re.compile(r"\?(?:P?<(?![=!])\w+>|[a-z-]*:)")
_LOOK = re.compile(r"\?<?[=!]")
_FLAGS = re.compile(r"\?[a-z-]+(?=\))")


def sample_texts(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Texts for a field of this name, the most telling first, all of them different.

    They keep to `minLength` and `maxLength` unless a format or a pattern says how they look.
    """
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", LONGEST))
    if least > LONGEST:
        return
    seen = set[str]()
    for text in _texts(name, schema, least, most):
        if text not in seen:
            seen.add(text)
            yield text


def _texts(name: str, schema: Mapping[str, Any], least: int, most: int) -> Iterator[str]:
    if (looks := FORMATS.get(schema.get("format", ""))) is not None:
        yield from (looks.format(number) for number in range(1, 13))
    elif "pattern" not in schema:
        yield from (_numbered(name, number, least, most) for number in count(1))
    if "pattern" in schema:
        words = (name, name.capitalize(), name.upper(), "1", "a", "A")
        yield from (_numbered(word, 1, least, most) for word in words)
        yield from _after_pattern(schema["pattern"], least, most)


def _numbered(name: str, number: int, least: int, most: int) -> str:
    """The name, more than once where that is too short; the second such text has a 2, and so on."""
    tail = f" {number}" if number > 1 else ""
    if tail and most <= len(tail):
        return str(number)[:most]
    room = most - len(tail)
    words = name or "text"
    times = max(1, -(-(least - len(tail) + 1) // (len(words) + 1)))
    return " ".join([words] * times)[:room] + tail


def _after_pattern(pattern: str, least: int, most: int) -> Iterator[str]:
    with suppress(_Unreadable):
        write = _Pattern(pattern).writer
        # What says nothing at all comes last.
        for wanted in (True, False):
            for turn in range(_TURNS):
                for stretch in dict.fromkeys((*_STRETCHES, least, least // 2, most)):
                    with suppress(_TooLong):
                        text = write(stretch, turn)
                        if bool(text) is wanted:
                            yield text


class _Unreadable(Exception):
    """A pattern uses something that is not followed here, such as a back reference."""


class _TooLong(Exception):
    """A pattern was stretched too far."""


class _Pattern:
    """A regular expression (ECMA 262, as far as schemas use it), read from left to right.

    What stands around a text, or looks ahead or behind, is passed over: the validator sees to it.
    """

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self.writer = self._alternatives()
        if self._at < len(pattern):
            raise _Unreadable

    def _alternatives(self) -> _Writer:
        options = [self._sequence()]
        while self._takes("|"):
            options.append(self._sequence())
        return lambda stretch, turn: options[turn % len(options)](stretch, turn)

    def _sequence(self) -> _Writer:
        parts: list[_Writer] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return lambda stretch, turn: "".join([part(stretch, turn) for part in parts])

    def _repeated(self, part: _Writer) -> _Writer:
        found = self._matches(_QUANTIFIER)
        if found is None:
            return part
        sign, least, comma, most = found.groups()
        low = int(least or sign == "+")
        high = 1 if sign == "?" else int(most or (least if least and not comma else LONGEST))
        return lambda stretch, turn: _times(part(stretch, turn), min(max(low, stretch), high))

    def _atom(self) -> _Writer:
        match self._next():
            case "(":
                return self._group()
            case "[":
                return _one_of(self._set())
            case "\\":
                return self._escape()
            case ".":
                return _one_of(lambda each: each not in "\r\n")
            case "^" | "$":
                return _constantly("")
            case literal:
                return _constantly(literal)

    def _group(self) -> _Writer:
        looks = self._matches(_LOOK) is not None
        if not looks and self._matches(_FLAGS) is None and self._matches(_GROUP) is None and self._peek("?"):
            raise _Unreadable
        inner = self._alternatives()
        if not self._takes(")"):
            raise _Unreadable
        return _constantly("") if looks else inner

    def _escape(self) -> _Writer:
        if self._text[self._at : self._at + 1] in _NO_WIDTH:
            self._at += 1
            return _constantly("")
        escaped = self._escaped()
        return _constantly(escaped) if isinstance(escaped, str) else _one_of(escaped)

    def _escaped(self) -> str | _Test:
        """The character, or the characters, that a backslash and what follows it stand for."""
        if found := self._matches(_CODE):
            return chr(int(next(filter(None, found.groups())), 16))
        if found := self._matches(_PROPERTY):
            category = found[2] or found[3]
            return _turned(lambda each: unicodedata.category(each).startswith(category), found[1] == "P")
        letter = self._next()
        if letter.lower() in _SETS:
            return _turned(_SETS[letter.lower()], letter.isupper())
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isalnum():
            raise _Unreadable
        return letter

    def _set(self) -> _Test:
        turned = self._takes("^")
        tests: list[_Test] = []
        while not self._takes("]"):
            first = self._member()
            if isinstance(first, str) and self._peek("-") and not self._peek("-]"):
                tests.append(self._range(first))
            else:
                tests.append(_among(first))
        return _turned(lambda each: any(test(each) for test in tests), turned)

    def _member(self) -> str | _Test:
        letter = self._next()
        return self._escaped() if letter == "\\" else letter

    def _range(self, first: str) -> _Test:
        self._at += 1
        last = self._member()
        if isinstance(last, str):
            return lambda each: first <= each <= last
        # After `a-\w` the minus stands for itself.
        return lambda each: each in (first, "-") or last(each)

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise _Unreadable
        self._at += 1
        return self._text[self._at - 1]

    def _peek(self, sign: str) -> bool:
        return self._text.startswith(sign, self._at)

    def _takes(self, sign: str) -> bool:
        found = self._peek(sign)
        self._at += len(sign) if found else 0
        return found

    def _matches(self, expected: re.Pattern[str]) -> re.Match[str] | None:
        found = expected.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found


def _one_of(test: _Test) -> _Writer:
    choices = [each for each in _LIKED if test(each)]
    if not choices:
        # Below the surrogates, which no JSON has.
        choices = [next(filter(test, map(chr, range(0xD800))), "")]
    if choices == [""]:
        raise _Unreadable
    return lambda stretch, turn: choices[turn % len(choices)]


def _constantly(text: str) -> _Writer:
    return lambda stretch, turn: text


def _times(text: str, wanted: int) -> str:
    if wanted * len(text) > LONGEST:
        raise _TooLong
    return text * wanted


def _among(member: str | _Test) -> _Test:
    return (lambda each: each == member) if isinstance(member, str) else member


def _turned(test: _Test, turned: bool) -> _Test:
    return (lambda each: not test(each)) if turned else test
