"""Known secrets, and all places of a text where one of them stands."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from os.path import commonprefix
from typing import TypeAlias

from .values import MIN_SECRET, Secret

_MAX_HEAD = 256
"""In characters: of a longer secret as much is found as stands in the text, from its beginning on."""

Place: TypeAlias = tuple[int, int, Secret]
"""Where a secret begins and ends in a text."""


class SecretIndex:
    """Finds any number of secrets in one pass. The first secret keeps a form that two secrets share."""

    def __init__(self) -> None:
        self._owners: dict[str, Secret] = {}
        self._by_head: dict[str, list[str]] = {}
        self._heads: re.Pattern[str] | None = None

    def get(self, form: str) -> Secret | None:
        """The secret that is written so."""
        return self._owners.get(form)

    def add(self, secret: Secret) -> None:
        """From now on, this secret is found."""
        for form in _forms(secret.text):
            if form not in self._owners:
                self._owners[form] = secret
                self._by_head.setdefault(form[:_MAX_HEAD], []).append(form)
                self._heads = None

    def places(self, text: str) -> Iterator[Place]:
        """From left to right and without overlaps; where several secrets begin, the longest."""
        if self._heads is None:
            if not self._owners:
                return
            self._heads = re.compile(self._any_of(list(self._by_head)))
        end = 0
        while found := self._heads.search(text, end):
            start = found.start()
            forms = self._by_head[found[0]]
            standing = (commonprefix((form, text[start : start + len(form)])) for form in forms)  # noqa: RUF071
            size, form = max(zip(map(len, standing), forms, strict=True))
            end = start + size
            yield start, end, self._owners[form]

    def _any_of(self, heads: Sequence[str], depth: int = 0) -> str:
        """A pattern for any of these, which begin alike: it tries no more branches than there are characters
        to go on with, and the longest first."""
        if len(heads) == 1 or depth == MIN_SECRET:
            return "|".join(self._rest(head, depth) for head in sorted(heads, key=len, reverse=True))
        following: dict[str, list[str]] = {}
        for head in heads:
            following.setdefault(head[depth : depth + 1], []).append(head)
        return "|".join(
            f"{re.escape(each)}(?:{self._any_of(following[each], depth + 1)})"
            for each in sorted(following, reverse=True)
        )

    def _rest(self, head: str, depth: int) -> str:
        """A number is no part of a longer one, and a short code no part of a word."""
        is_code = len(head) < MIN_SECRET and self._owners[head].is_code
        more = r"\w" if is_code else r"\d" if head.isdecimal() else ""
        alone = f"(?!{more})(?<!{more}{re.escape(head)})" if more else ""
        return re.escape(head[depth:]) + alone


def _forms(text: str) -> Iterator[str]:
    yield text
    # A shorter one is a match of a pattern of the user: encoded it would be found everywhere.
    if len(text) >= MIN_SECRET:
        yield from _other_cases(text)
        yield text.replace(" ", "+")
        data = text.encode("utf-8", "surrogatepass")
        for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
            yield encoded.decode()
            yield encoded.decode().rstrip("=")


def _other_cases(text: str) -> Iterator[str]:
    """As programs write it that want their texts in another case. What is letters alone may be a word, which
    would be found in any text."""
    yield text.upper()
    if not text.isalpha():
        yield from (text.lower(), text.title(), text.capitalize(), text.swapcase())
