"""Orders: what a hostile text wants done, written so that a model which obeys can be played by a program.

An order is `OBEY[verb|name|key=value|…]END`. It may stand in a text openly, or encoded in any way that a
model may see through, or that may reach it although nobody sees it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

Verb = Literal["call", "replace", "drop", "accept", "give_up", "say"]

_ORDER = re.compile(r"OBEY\[(.{1,400}?)\]END", re.IGNORECASE | re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,}")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0300-\u036f]|\x1b\\[[0-9;]*m")
_TAGS = range(0xE0000, 0xE0080)
_SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))


@dataclass(frozen=True, slots=True)
class Order:
    """Do `verb` with `name`: a capability to call, or a step to replace or drop.

    The `entries` are inputs; those whose name begins with `@` are other entries of the step: `@capability` of
    the one that replaces, `@times` for more of the same, `@approval`, `@max_retries`.
    """

    verb: Verb
    name: str = ""
    entries: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        parts = (self.verb, self.name, *(f"{key}={value}" for key, value in self.entries))
        return f"OBEY[{'|'.join(parts)}]END"


def call(capability: str, **inputs: str) -> Order:
    """Use a capability."""
    return Order("call", capability, tuple(inputs.items()))


@lru_cache(maxsize=200)
def find_orders(text: str) -> tuple[Order, ...]:
    """Every order in a text, in whatever way it is encoded, each once."""
    found = (each[1] for reading in _readings(text) for each in _ORDER.finditer(reading))
    return tuple(dict.fromkeys(order for each in found if (order := _read(each)) is not None))


def hide_in_tags(text: str) -> str:
    """The text in characters that nobody sees (U+E0000)."""
    return "".join(chr(_TAGS.start + ord(each)) for each in text)


def hide_in_selectors(text: str) -> str:
    """The text in variation selectors, a byte each."""
    return "".join(chr(_SELECTORS[byte]) for byte in text.encode())


def _read(written: str) -> Order | None:
    verb, *rest = written.split("|")
    name, *entries = rest or [""]
    pairs = tuple((key, value) for key, _, value in (each.partition("=") for each in entries))
    match verb.lower():
        case "call" | "replace" | "drop" | "accept" | "give_up" | "say" as known:
            return Order(known, name, pairs)
        case _:
            return None


def _readings(text: str) -> Iterator[str]:
    """The text, and what a clever reader makes of it."""
    plain = _ESCAPED.sub(lambda each: chr(int(each[1], 16)) if each[1] else each[2], text)
    for reading in (text, plain):
        yield reading
        yield html.unescape(reading)
        yield unquote(reading)
        yield unicodedata.normalize("NFKC", _INVISIBLE.sub("", reading))
        yield reading[::-1]
        yield codecs.encode(reading, "rot13")
        yield from _hidden(reading)
    for found in _BASE64.finditer(text):
        yield _decoded(base64.b64decode, found[0] + "==")
    for found in _HEX.finditer(text):
        yield _decoded(bytes.fromhex, found[0])


def _hidden(text: str) -> Iterator[str]:
    yield "".join(chr(ord(each) - _TAGS.start) for each in text if ord(each) in _TAGS)
    places = {code: byte for byte, code in enumerate(_SELECTORS)}
    yield bytes(places[ord(each)] for each in text if ord(each) in places).decode(errors="replace")


def _decoded(decode: Callable[[str], bytes], text: str) -> str:
    try:
        return decode(text).decode(errors="replace")
    except (ValueError, binascii.Error):
        return ""
