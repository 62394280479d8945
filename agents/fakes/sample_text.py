"""Sample texts: named after their field, of a format, or after a simple pattern.

They are offers: the sampler has a validator refuse those that the schema does not allow.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "date": "2024-01-{0:02}",
        "date-time": "2024-01-{0:02}T12:00:00Z",
        "time": "{0:02}:00:00Z",
        "duration": "P{0}D",
        **dict.fromkeys(("email", "idn-email", "name-email"), "person{0}@example.org"),
        **dict.fromkeys(("hostname", "idn-hostname"), "host{0}.example.org"),
        **dict.fromkeys(("ipv4", "ipvanyaddress", "ipv4network", "ipvanynetwork"), "192.0.2.{0}"),
        **dict.fromkeys(("ipv6", "ipv6network"), "2001:db8::{0}"),
        **dict.fromkeys(("uri", "uri-reference", "iri", "iri-reference"), "https://example.org/{0}"),
        **dict.fromkeys(("uuid", "uuid4"), "00000000-0000-4000-8000-{0:012}"),
        "json-pointer": "/{0}",
        "regex": "^{0}$",
    }
)
"""A text for each format that JSON Schema or pydantic names, with a number from 1 to 12 in it; hosts and
addresses are those that are reserved for examples (RFC 2606, 5737, 3849)."""

MAX_LENGTH = 100_000
"""Longer texts are not made."""

_LIKED = string.ascii_lowercase + "1234567890" + string.ascii_uppercase + "-_. " + string.punctuation
_TIMES = r"(?:([*+?])|\{(\d++)(,?)(\d*+)\})?\??"
_GROUP = re.compile(r"(?<!\\)\((?:\?:|\?P?<\w+>)?([^()|]*+)(?:\|[^()]*+)?\)" + _TIMES)
_PIECE = re.compile(r"(\[\^?(?:\\.|[^\]\\])*+(?:\]|\Z)|\\.|.)" + _TIMES, re.DOTALL)


def sample_texts(name: str, turn: int, schema: Mapping[str, Any]) -> Iterator[str]:
    """Texts for a field of this name, the most telling first; those of another turn (from 0) differ, where
    neither a pattern nor the length forbids it."""
    least, most = min(int(schema.get("minLength", 0)), MAX_LENGTH), int(schema.get("maxLength", MAX_LENGTH))
    if (looks := FORMATS.get(schema.get("format", ""))) is not None:
        yield looks.format(turn % 12 + 1)
        return
    yield _named(name, turn, least, most)
    if pattern := schema.get("pattern"):
        yield from (name.capitalize(), name.upper(), "1", "a", "A")
        for stretch in dict.fromkeys((1, 2, 3, least)):
            # `re` reads a pattern otherwise than ECMA 262 does; no character fits what was read wrongly.
            with suppress(re.error, FutureWarning, StopIteration):
                yield _written(pattern, stretch)


def _named(name: str, turn: int, least: int, most: int) -> str:
    """The name, more than once where that is too short; the second such text has a 2, and so on."""
    tail = f" {turn + 1}" if turn else ""
    times = -(-(least - len(tail) + 1) // (len(name) + 1))
    return (" ".join([name] * max(1, times))[: max(0, most - len(tail))] + tail)[:most]


def _written(pattern: str, stretch: int) -> str:
    """A text after a pattern of characters, sets of them, and groups, of each the first alternative; what
    may be repeated without end is repeated `stretch` times."""
    while group := _GROUP.search(pattern):
        inner = _repeated(group[1], stretch, *group.groups()[1:])
        pattern = pattern[: group.start()] + inner + pattern[group.end() :]
    text = ""
    for piece, *times in _PIECE.findall(pattern.split("|")[0]):
        if piece not in ("^", "$", r"\b"):
            text += _repeated(next(each for each in _LIKED if re.fullmatch(piece, each)), stretch, *times)
    return text


def _repeated(part: str, stretch: int, sign: str | None, *range_: str | None) -> str:
    """A part as often as a pattern says: by a sign, or by a range of (least, comma, most)."""
    least, comma, most = range_
    fixed = int(least) if least else int(sign != "?" and sign != "*")
    times = max(fixed, stretch) if comma or sign in ("*", "+") else fixed
    return part * min(times, int(most or MAX_LENGTH), MAX_LENGTH // max(1, len(part)))
