"""How else a text can be written: with the escapes of JSON, of addresses and of HTML, and in base64.

A reading is a text with one layer of escapes taken off, and knows where in the text it comes from.
"""

from __future__ import annotations

import base64
import html
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_LAYERS = 3
BASE64_LAYERS = 2
"""How often base64 may have been put into base64."""

_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Escapes:
    """One kind of escapes. None of them is without the character `mark`."""

    mark: str
    pattern: re.Pattern[str]
    plain: Callable[[re.Match[str]], str]


def _from_json(found: re.Match[str]) -> str:
    escape = found[0]
    match escape[1]:
        case "\\":
            return escape[::2]
        case "u" if len(escape) > 6:
            return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be")
        case "u" | "U":
            return chr(int(escape[2:], 16))
        case "x":
            return _from_bytes(escape.replace("\\x", ""))
        case letter:
            return _CONTROLS.get(letter, letter)


def _from_percent(found: re.Match[str]) -> str:
    escape = found[0]
    return chr(int(escape[1:], 16)) if len(escape) == 3 else _from_bytes(escape.replace("%", ""))


def _from_bytes(digits: str) -> str:
    plain = bytes.fromhex(digits)
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("latin-1")


_JSON = Escapes(
    "\\",
    re.compile(
        r"(?:\\\\)++|\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}"
        r"|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}"
        r"|x[0-7][0-9a-fA-F]|x[89a-fA-F][0-9a-fA-F](?:\\x[89a-fA-F][0-9a-fA-F])*+|[bfnrt]|[^\w\s])",
        re.ASCII,
    ),
    _from_json,
)
_PERCENT = Escapes("%", re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])++"), _from_percent)
_HTML = Escapes(
    "&",
    re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"),
    lambda found: html.unescape(found[0]),
)

# With the ends of lines that programs put into it, far from each other.
_RUN = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+(?:(?<=[A-Za-z0-9+/_-]{60})\r?\n[A-Za-z0-9+/_-]++)*+={0,2}"
)
_STANDARD = str.maketrans("-_", "+/", "\r\n=")
_WORDING = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){8,}+"
)


class Reading:
    """What a text says; or what another reading says, the outer one, once its escapes are taken off."""

    def __init__(self, text: str, outer: Reading | None = None, escapes: Escapes | None = None) -> None:
        self.text = text
        self._outer = outer
        self._escapes = escapes

    def without(self, escapes: Escapes) -> Reading:
        """What this reading says without these escapes."""
        return Reading(escapes.pattern.sub(escapes.plain, self.text), self, escapes)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of this reading stands in the text itself, with the whole of its escapes."""
        if self._outer is None:
            return start, end
        starts, ends, outer_starts, outer_ends = self._turns
        first = bisect_right(starts, start) - 1
        if first >= 0:
            beyond = start - ends[first]
            start = outer_ends[first] + beyond if beyond >= 0 else outer_starts[first]
        last = bisect_left(starts, end) - 1
        if last >= 0:
            end = outer_ends[last] + max(0, end - ends[last])
        return self._outer.origin(start, end)

    @cached_property
    def _turns(self) -> tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]:
        """Of each escape, where it starts and ends: plain in this reading, and written in the outer one."""
        assert self._outer is not None and self._escapes is not None
        starts, ends, outer_starts, outer_ends = array("Q"), array("Q"), array("Q"), array("Q")
        saved = 0
        for found in self._escapes.pattern.finditer(self._outer.text):
            start, end = found.span()
            starts.append(start - saved)
            saved += end - start - len(self._escapes.plain(found))
            ends.append(end - saved)
            outer_starts.append(start)
            outer_ends.append(end)
        return starts, ends, outer_starts, outer_ends


def readings(text: str) -> list[Reading]:
    """The text, and what it says without its escapes: of each kind, and layer by layer."""
    found = latest = [Reading(text)]
    seen = {text}
    for _ in range(_LAYERS):
        inner = [
            reading.without(escapes)
            for reading in latest
            for escapes in (_JSON, _PERCENT, _HTML)
            if escapes.mark in reading.text
        ]
        latest = [
            reading for reading in {each.text: each for each in inner}.values() if reading.text not in seen
        ]
        if not latest:
            break
        seen.update(reading.text for reading in latest)
        found = found + latest
    return found


def unescaped(text: str) -> str:
    """The text without one layer of the escapes of JSON and of program code."""
    return _JSON.pattern.sub(_JSON.plain, text)


def runs(text: str) -> Iterator[re.Match[str]]:
    """What may be base64 in a text, in any of its alphabets and over any number of lines."""
    return _RUN.finditer(text)


def contents(run: str) -> Iterator[str]:
    """The text that a run of base64 holds, in the four ways to divide it: what stands before its true
    beginning may have become a part of it."""
    # Names and hexadecimal numbers are often written in small letters only, base64 of a text hardly ever.
    if run.islower():
        return
    letters = run.translate(_STANDARD)
    for beginning in range(4):
        rest = letters[beginning:]
        # One character says too little for a byte.
        rest = rest[:-1] if len(rest) % 4 == 1 else rest
        wording = _WORDING.findall(base64.b64decode(rest + "=" * (-len(rest) % 4)))
        if wording:
            yield b"\n".join(wording).decode("utf-8", "replace")
