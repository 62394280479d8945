"""What a text says behind one layer of encoding: the escapes of JSON, those of URLs, or base64."""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# Those of one character are taken off one by one, so that a secret that begins or ends between two of them
# has an end.
_JSON = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[bfnrt]|[^\w\s])",
    re.ASCII,
)
_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])++")
# With the ends of lines that programs put into it, far from each other. What is short needs its `=`: reading
# every word would take three times as long.
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{11,15}+={1,2}"
    r"|[A-Za-z0-9+/_-]{16,}+(?:(?<=[A-Za-z0-9+/_-]{60})\r?\n[A-Za-z0-9+/_-]++)*+={0,2})"
)
# The same on lines of any width, perhaps indented or quoted as in a mail.
_LINES = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}+(?:\r?\n[ \t>|]*+[A-Za-z0-9+/_-]++)++(={0,2})")
_LINE = re.compile(r"[A-Za-z0-9+/_-]++")
_STANDARD = str.maketrans("-_", "+/", "\r\n= \t>|")
_WORDING = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){8,}+"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says. `places` are where its stretches begin, here and in the text, by turns one that is
    written as it is, and one that is written otherwise and cannot be divided."""

    text: str
    places: tuple[Sequence[int], Sequence[int]] = ((0,), (0,))
    is_base64: bool = False

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of this reading stands in the text, with the whole of what is written otherwise."""
        here, there = self.places
        first, last = bisect_right(here, start) - 1, bisect_left(here, end)
        begin = there[first] if first % 2 else there[first] + start - here[first]
        if last == len(here):
            return begin, there[-1] + end - here[-1]
        return begin, there[last] - (here[last] - end if last % 2 else 0)


def in_base64(text: str) -> Iterator[Reading]:
    """What each run of base64 holds."""
    for run in _BASE64.finditer(text):
        if content := "\n".join(_contents(run[0])):
            yield Reading(content, ((0, 0, len(content)), (0, *run.span())), is_base64=True)
    for start, end in _blocks(text):
        if content := "\n".join(_contents(text[start:end])):
            yield Reading(content, ((0, 0, len(content)), (0, start, end)), is_base64=True)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where lines of base64 begin and end that are as wide as each other, but for the last, which may be
    narrower and have the `=`."""
    for found in _LINES.finditer(text):
        begin, width, count = 0, 0, 0
        for line in _LINE.finditer(text, found.start(), found.start(1)):
            start, end = line.span()
            if not width or end - start > width:
                begin, width, count = start, end - start, 0
            count += 1
            if end - start < width or end == found.start(1):
                if count > 1:
                    yield begin, found.end(1) if end == found.start(1) else end
                width = 0


def _without(mark: str, escapes: re.Pattern[str], text: str) -> Iterator[Reading]:
    if mark not in text:
        return
    pieces: list[str] = []
    here, there = [0], [0]
    for found in escapes.finditer(text):
        piece = _plain(found[0])
        pieces += (text[there[-1] : found.start()], piece)
        start = here[-1] + found.start() - there[-1]
        here += (start, start + len(piece))
        there += found.span()
    yield Reading("".join(pieces) + text[there[-1] :], (here, there))


without_json = partial(_without, "\\", _JSON)
_without_percents = partial(_without, "%", _PERCENT)


def readings(text: str) -> Iterator[Reading]:
    """All that the text says, and itself last: what is meant is found before the way it is written."""
    yield from without_json(text)
    yield from _without_percents(text)
    yield from in_base64(text)
    yield Reading(text)


def _plain(escape: str) -> str:
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if escape[1] == "u":
        return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
    return _CONTROLS.get(escape[1], escape[1])


def _contents(run: str) -> Iterator[str]:
    """The text in it, in the four ways to divide it: what stands before its true beginning may have become
    a part of it."""
    # Names and hexadecimal numbers are often written in small letters only, base64 of a text hardly ever.
    characters = "" if run.islower() else run.translate(_STANDARD)
    for beginning in range(4):
        # One character more than groups of four says too little for a byte.
        size = len(characters) - beginning
        rest = characters[beginning : len(characters) - (size % 4 == 1)]
        for wording in _WORDING.findall(base64.b64decode(rest + "=" * (-len(rest) % 4))):
            yield wording.decode("utf-8", "replace")
