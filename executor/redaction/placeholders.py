"""What stands in the place of a secret: `<secret:NAME>` for that of a variable, `<secret-1>` for another. For
a number, another with as many digits: a 1, zeros and a running number, which fills at most half of it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from zlib import crc32

from .index import SecretIndex
from .texts import Scalar
from .values import MIN_CODE, Secret

PLACEHOLDER = re.compile(r"(<secret(?::\w{1,256}|-\d{1,9})>)", re.ASCII)
NUMBERED = re.compile(r"<secret-(\d{1,9})>", re.ASCII)

_MAX_DIGITS = 256
"""What is longer is a text."""
_DIGITS = re.compile(rf"[0-9]{{{MIN_CODE},{_MAX_DIGITS}}}")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_SUBSTITUTE = re.compile(r"(?<![0-9])1(00++)([1-9][0-9]*+)")


def plain(number: int | float) -> str:
    """A number as JSON writes it, but for its sign, and for a fraction of zero; empty for one that is too
    long, or none in JSON."""
    if isinstance(number, int):
        return str(abs(number)) if number.bit_length() < 3 * _MAX_DIGITS else ""
    return repr(abs(number)).removesuffix(".0") if math.isfinite(number) else ""


def as_known(secret: Secret) -> Iterator[Secret]:
    """The secret as it is looked for: of a number its digits, whose sign and point stay where they are."""
    runs = _DIGITS.findall(secret.text) if _NUMBER.fullmatch(secret.text, 0, _MAX_DIGITS) else []
    for text in dict.fromkeys(
        each for run in runs for each in (run, run.lstrip("0")) if len(each) >= MIN_CODE
    ):
        yield Secret(text, secret.variable, secret.is_code)
    if not runs:
        yield secret


def is_number(secret: Secret) -> bool:
    """Whether a number stands in for it."""
    return _DIGITS.fullmatch(secret.text) is not None and secret.text[0] != "0"


class Placeholders:
    """Gives each secret its placeholder, the same every time, and none that stands anywhere else."""

    def __init__(self, secrets: SecretIndex) -> None:
        self._secrets = secrets
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()
        self._latest: defaultdict[int, int] = defaultdict(int)
        self.given: set[str] = set()
        """What was put anywhere so far."""

    def __contains__(self, text: str) -> bool:
        """Whether one is in the text, or the text is a number that looks like one."""
        return text in self._taken or PLACEHOLDER.search(text) is not None or text in _substitutes(text)

    def avoid(self, value: Scalar) -> None:
        """Give to no secret what stands in a document already."""
        text = value if isinstance(value, str) else plain(value)
        self._taken.update(_substitutes(text), (found[0] for found in NUMBERED.finditer(text)))

    def put(self, secret: Secret) -> str:
        """What stands for a secret, from now on in a document too."""
        placeholder = self.keep(secret)
        self.given.add(placeholder)
        return placeholder

    def keep(self, secret: Secret) -> str:
        """What is to stand for a secret."""
        if secret.text not in self._of:
            self._of[secret.text] = self._new(secret)
        return self._of[secret.text]

    def _new(self, secret: Secret) -> str:
        digits = len(secret.text) if is_number(secret) else 0
        if secret.variable and not digits:
            return f"<secret:{secret.variable}>"
        latest = self._latest[digits]
        if secret.variable:
            # Made of its name: so it is the same in every document, and in one where it stands already.
            latest = crc32(secret.variable.encode()) % int(10 ** ((digits - 1) // 2) - 1)
        for place in count(latest + 1):
            text = str(10 ** (digits - 1) + place) if digits else f"<secret-{place}>"
            if text not in self._taken and not self._secrets.get(text):
                break
        if not secret.variable:
            self._latest[digits] = place
        self._taken.add(text)
        return text


def _substitutes(text: str) -> set[str]:
    """All numbers in a text that look as if they stood in for another."""
    return {found[0] for found in _SUBSTITUTE.finditer(text) if len(found[1]) >= len(found[2])}
