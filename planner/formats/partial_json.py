"""Reads a JSON text while it is being written: the elements of one array in it, as they arrive."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import TypeAlias, TypeVar

from pydantic import JsonValue

from callsheet.agents.models.json_answer import MAX_NESTING, read_json_answer

_T = TypeVar("_T")
_Reading: TypeAlias = Generator[None, str, _T]
"""Reads as far as there is text, and is sent the next piece where it ends."""

_BLANKS = re.compile(r"\s*")
_SPACES = re.compile(r"[ \t\n\r]*")
_LETTERS = re.compile(r"[A-Za-z]*")
_PROSE = re.compile(r"[^{\[]*")
_THOUGHT = re.compile(r"[^>]*")
_CHARACTERS = re.compile(r'[^"\\]*')
_INSIDE = re.compile(r'[^"{}\[\]]*')
_SCALAR = re.compile(r'[^\s,:"{}\[\]]*')
_CLOSING = {"{": "}", "[": "]"}
_CONSTANTS = frozenset({"true", "false", "null", "NaN", "Infinity"})
_OPENING_THOUGHT = "<think>"
_CLOSING_THOUGHT = "</think"


class ArrayReader:
    """The array under a path of keys in the one JSON object that a model writes.

    What `read_json_answer` takes before the object is taken here: a thought, prose, a code fence. What
    it refuses ends the reading: `is_broken` is then True. `is_ended` says that no element can come any
    more, for that or because the array, or an object without it, is complete; what follows is not
    looked at. Every character is looked at once and every element decoded once, so that the cost is in
    proportion to the text, however it is split.
    """

    def __init__(self, key: str, *keys: str) -> None:
        self.is_broken = False
        self.is_ended = False
        self._found: list[JsonValue] = []
        self._text = _Text()
        self._reading = self._answer((key, *keys))
        next(self._reading)

    def feed(self, text: str) -> list[JsonValue]:
        """Take the next piece of the text, and return the elements that are complete with it, in order."""
        if text and not self.is_ended:
            self._go_on(text)
        found, self._found = self._found, []
        return found

    def _go_on(self, text: str) -> None:
        try:
            self._reading.send(text)
        except StopIteration:
            self.is_ended = True
        except ValueError:
            self.is_ended = self.is_broken = True

    def _answer(self, path: tuple[str, ...]) -> _Reading[None]:
        yield from self._skip_thought()
        if (yield from self._find_object()):
            yield from self._object(path, 1)

    def _skip_thought(self) -> _Reading[None]:
        yield from self._text.run(_BLANKS)
        for letter in _OPENING_THOUGHT:
            if (yield from self._text.peek()) != letter:
                return
            yield from self._text.take()
        while not (yield from self._text.run(_THOUGHT)).endswith(_CLOSING_THOUGHT):
            yield from self._text.take()

    def _find_object(self) -> _Reading[bool]:
        """Go behind the bracket that opens the object; False where another value comes before it."""
        while True:
            yield from self._text.run(_PROSE)
            bracket = yield from self._text.take()
            following = yield from self._next()
            if bracket == "{" and following in '"}':
                return True
            if bracket == "[" and (yield from self._is_value(following)):
                return False

    def _is_value(self, first: str) -> _Reading[bool]:
        """Whether what follows a bracket in prose is an element of an array, or a word."""
        if first.isascii() and first.isalpha():
            return (yield from self._text.run(_LETTERS)) in _CONSTANTS
        return first in '{["]-0123456789'

    def _object(self, path: tuple[str, ...], depth: int) -> _Reading[None]:
        """The members of an object that was opened, up to the first of the path. `depth` counts the
        containers that are open."""
        if (yield from self._next()) == "}":
            return
        seen: set[JsonValue] = set()
        while True:
            key = yield from self._key()
            if key in seen:
                raise ValueError("a key twice in one object")
            seen.add(key)
            if key == path[0]:
                return (yield from self._enter(path[1:], depth))
            yield from self._value(depth)
            if (yield from self._mark(",}")) == "}":
                return

    def _key(self) -> _Reading[str]:
        yield from self._mark('"')
        key = _decode('"' + (yield from self._rest_of_text()))
        yield from self._mark(":")
        return str(key)

    def _enter(self, path: tuple[str, ...], depth: int) -> _Reading[None]:
        """Go into the value under a key of the path, where it is what the path wants."""
        wanted = "{" if path else "["
        if (yield from self._next()) != wanted:
            return
        yield from self._text.take()
        yield from self._object(path, depth + 1) if path else self._elements(depth + 1)

    def _elements(self, depth: int) -> _Reading[None]:
        if (yield from self._next()) == "]":
            return
        while True:
            element = yield from self._value(depth)
            self._found.append(element)
            if (yield from self._mark(",]")) == "]":
                return

    def _value(self, depth: int) -> _Reading[JsonValue]:
        match (yield from self._next()):
            case "{" | "[":
                written = yield from self._container(depth)
            case '"':
                yield from self._text.take()
                written = '"' + (yield from self._rest_of_text())
            case _:
                written = yield from self._text.run(_SCALAR)
        return _decode(written)

    def _container(self, depth: int) -> _Reading[str]:
        """The text of an array or an object, by its brackets alone."""
        parts: list[str] = []
        awaited: list[str] = []
        while awaited or not parts:
            parts.append((yield from self._text.run(_INSIDE)))
            mark = yield from self._text.take()
            parts.append(mark)
            if mark == '"':
                parts.append((yield from self._rest_of_text()))
            elif mark in _CLOSING:
                awaited.append(_CLOSING[mark])
                if depth + len(awaited) > MAX_NESTING:
                    raise ValueError("nested too deeply")
            elif mark != awaited.pop():
                raise ValueError("brackets that do not match")
        return "".join(parts)

    def _rest_of_text(self) -> _Reading[str]:
        """A text behind its opening quotation mark, with the closing one; its escapes as they stand."""
        parts: list[str] = []
        while True:
            parts.append((yield from self._text.run(_CHARACTERS)))
            mark = yield from self._text.take()
            parts.append(mark)
            if mark == '"':
                return "".join(parts)
            parts.append((yield from self._text.take()))

    def _mark(self, allowed: str) -> _Reading[str]:
        """The next character behind spaces, which has to be one of these."""
        mark = yield from self._next()
        if mark not in allowed:
            raise ValueError(f"none of {allowed}")
        return (yield from self._text.take())

    def _next(self) -> _Reading[str]:
        yield from self._text.run(_SPACES)
        return (yield from self._text.peek())


class _Text:
    """The last piece that came, and how far it is read."""

    def __init__(self) -> None:
        self._piece = ""
        self._at = 0

    def peek(self) -> _Reading[str]:
        """The next character, which stays."""
        while self._at == len(self._piece):
            self._piece, self._at = (yield), 0
        return self._piece[self._at]

    def take(self) -> _Reading[str]:
        """The next character."""
        character = yield from self.peek()
        self._at += 1
        return character

    def run(self, pattern: re.Pattern[str]) -> _Reading[str]:
        """The longest run of characters of a pattern, up to the first that is none of them."""
        parts: list[str] = []
        while True:
            yield from self.peek()
            match = pattern.match(self._piece, self._at)
            end = match.end() if match else self._at
            parts.append(self._piece[self._at : end])
            self._at = end
            if end < len(self._piece):
                return "".join(parts)


def _decode(text: str) -> JsonValue:
    """The value of a JSON text. Raises ValueError for what is none, or not portable."""
    # What reads answers would find a value amid prose; here the text has to be one.
    json.loads(text)
    return read_json_answer(text)
