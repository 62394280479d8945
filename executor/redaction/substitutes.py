"""Numbers that stand in for secret ones, so that a number stays a number, as one and in texts: a 1, zeros and
a running number at the end, with as many digits as the secret has."""

from __future__ import annotations

import math
import re
from zlib import crc32

from .texts import Scalar
from .values import MIN_CODE

_MAX_DIGITS = 256
"""What is longer is a text."""
_WHOLE = re.compile(rf"[1-9][0-9]{{{MIN_CODE - 1},{_MAX_DIGITS - 1}}}")
# So many digits come out of a number as they were put in.
_FRACTION = re.compile(rf"(?=[0.]*+(?:[0-9]\.?){{{MIN_CODE},15}}\Z)[0-9]+\.[0-9]+")
_WRITTEN = re.compile(r"[+-]?0*([0-9]+)(?:\.([0-9]+))?")
_ROUND = re.compile(r"(?<![0-9])10[0-9]++")


def plain(number: int | float) -> str:
    """A number as JSON writes it, but for its sign, and for a fraction of zero; empty for one that is too
    long, or none in JSON."""
    if isinstance(number, int):
        return str(abs(number)) if number.bit_length() < 3 * _MAX_DIGITS else ""
    return repr(abs(number)).removesuffix(".0") if math.isfinite(number) else ""


def plain_text(text: str) -> str:
    """The same for a number in a text; empty for any other text."""
    found = _WRITTEN.fullmatch(text, 0, _MAX_DIGITS)
    if not found:
        return ""
    return plain(float(f"{found[1]}.{found[2]}")) if found[2] else found[1]


def digits_of(text: str) -> int:
    """How many digits a number has; 0 for a text that is not what JSON would write for a number."""
    is_fraction = _FRACTION.fullmatch(text) is not None and repr(float(text)) == text
    return len(text.replace(".", "").lstrip("0")) if is_fraction or _WHOLE.fullmatch(text) else 0


def substitute(secret: str, end: int) -> str:
    """A number with as many digits as another, and with this number at its end."""
    number = str(10 ** (digits_of(secret) - 1) + end)
    return repr(float(f"{number}e-{len(secret.partition('.')[2])}")) if "." in secret else number


def end_of(variable: str, digits: int) -> int:
    """Where the running number of a variable begins. It is made of its name: so it is the same in every
    document, and in one where it stands already."""
    places: int = 10 ** _room(digits) - 1
    return crc32(variable.encode()) % places


def substitutes_in(value: Scalar) -> set[str]:
    """All numbers in a text, or that a number is, that look as if they stood in for another."""
    numbers = _ROUND.findall(value) if isinstance(value, str) else (plain(value),)
    return set(filter(is_substitute, numbers))


def is_substitute(text: str) -> bool:
    """Whether a number looks as if it stood in for another."""
    if not text.startswith("10") or not (MIN_CODE <= len(text) <= _MAX_DIGITS and text.isdecimal()):
        return False
    zeros = len(text) - _room(len(text))
    return not text[1:zeros].strip("0") and bool(text[zeros:].strip("0"))


def _room(digits: int) -> int:
    """How many digits the running number may have, so that hardly a secret looks like a substitute."""
    return (digits - 1) // 2
