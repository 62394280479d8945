"""Numbers that stand in for secret ones, so that a number stays a number, as one and in texts."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from decimal import Decimal
from zlib import crc32

from .index import SecretIndex
from .texts import Scalar
from .values import SHORTEST_CODE

_LONGEST = 256
"""In digits: what is longer is a text."""
_MOST_DIGITS = 15
"""Of a number with a fraction: any so many come out of it as they were put in."""
_WHOLE = re.compile(rf"[1-9][0-9]{{{SHORTEST_CODE - 1},{_LONGEST - 1}}}")
_FRACTION = re.compile(r"[0-9]{1,17}\.[0-9]{1,24}(?:e[+-][0-9]{1,3})?")
_WRITTEN = re.compile(r"[+-]?0*([0-9]+)(?:\.([0-9]+))?")
_ROUND = re.compile(r"(?<![0-9])10[0-9]++")


class Substitutes:
    """A 1, zeros and a running number at the end: with as many digits as the secret has, and nothing that
    stands anywhere else.

    For the value of a variable the end is made of its name. So it is the same in every document, and in one
    where it stands already.
    """

    def __init__(self, secrets: SecretIndex) -> None:
        self._secrets = secrets
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._latest: defaultdict[int, int] = defaultdict(int)

    def __contains__(self, text: str) -> bool:
        """Whether it is one, or looks like one."""
        return text in self._taken or _is_like(text)

    def avoid(self, value: Scalar) -> None:
        """Give to no secret what stands in a document already."""
        numbers = _ROUND.findall(value) if isinstance(value, str) else (plain(value),)
        self._taken.update(filter(_is_like, numbers))

    def substitute(self, secret: str, variable: str | None = None) -> str | None:
        """What to write for a secret; None for one that is no number."""
        if secret not in self._given:
            scale = scale_of(secret)
            if scale is None:
                return None
            number = self._free(*scale, variable)
            self._given[secret] = number
            self._taken.add(number)
        return self._given[secret]

    def _free(self, digits: int, exponent: int | None, variable: str | None) -> str:
        end = self._latest[digits] if variable is None else _end(variable, digits)
        text = ""
        while not text or text in self._taken or text in self._secrets:
            end += 1
            number = 10 ** (digits - 1) + end
            text = str(number) if exponent is None else repr(float(f"{number}e{exponent}"))
        if variable is None:
            self._latest[digits] = end
        return text


def plain(number: int | float) -> str:
    """A number as JSON writes it, but for its sign, and for a fraction of zero; empty for one that is too
    long, or none in JSON."""
    if isinstance(number, int):
        return str(abs(number)) if number.bit_length() < 3 * _LONGEST else ""
    return repr(abs(number)).removesuffix(".0") if math.isfinite(number) else ""


def plain_text(text: str) -> str:
    """The same for a number that somebody wrote; empty for any other text."""
    found = _WRITTEN.fullmatch(text, 0, _LONGEST)
    if not found:
        return ""
    return plain(float(f"{found[1]}.{found[2]}")) if found[2] else found[1]


def scale_of(text: str) -> tuple[int, int | None] | None:
    """How many digits a number has, and by what power of ten they are multiplied where it has a fraction;
    None for a text that is not what JSON would write for a number."""
    if _WHOLE.fullmatch(text):
        return len(text), None
    if not _FRACTION.fullmatch(text) or repr(float(text)) != text:
        return None
    _, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    surplus = max(0, len(digits) - _MOST_DIGITS)
    return (len(digits) - surplus, exponent + surplus) if len(digits) >= SHORTEST_CODE else None


def _is_like(text: str) -> bool:
    if not text.startswith("10") or not (SHORTEST_CODE <= len(text) <= _LONGEST and text.isdecimal()):
        return False
    zeros = len(text) - _room(len(text))
    return not text[1:zeros].strip("0") and bool(text[zeros:].strip("0"))


def _room(digits: int) -> int:
    """How many digits the running number may have, so that hardly a secret looks like a substitute."""
    return (digits - 1) // 2


def _end(variable: str, digits: int) -> int:
    places: int = 10 ** _room(digits) - 1
    return crc32(variable.encode()) % places
