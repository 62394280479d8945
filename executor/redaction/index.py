"""Known secrets, and all places of a text where one of them stands."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .names import Sort
from .values import MIN_SECRET

MAX_FORM = 4096
"""In characters: a longer secret is looked for in pieces, so that no place of a text costs more than that."""
# No piece is so short that it would be found everywhere.
_PIECE = re.compile(rf".{{1,{MAX_FORM}}}(?:.{{1,{MIN_SECRET - 1}}}\Z)?", re.DOTALL)
_OF_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, what kind of thing it is, in words that do not tell it, and the environment variable that
    has it, if one has."""

    text: str
    kind: str
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret stands in a text."""

    start: int
    end: int
    secret: Secret


class SecretIndex:
    """Finds any number of secrets in one pass. The first secret keeps a form that two secrets share."""

    def __init__(self) -> None:
        self._owners: dict[str, Secret] = {}
        self._by_head: dict[str, list[str]] = {}
        self._heads: re.Pattern[str] | None = None

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, form: str) -> bool:
        return form in self._owners

    def add(self, secret: Secret) -> None:
        """From now on, this secret is found."""
        for form in _forms(secret.text):
            if form not in self._owners:
                self._owners[form] = secret
                self._by_head.setdefault(form[:MIN_SECRET], []).append(form)
                self._heads = None

    def places(self, text: str) -> Iterator[Place]:
        """Where secrets stand, from left to right and without overlaps; where several begin, the longest."""
        if not self._owners:
            return
        heads, position = self._pattern(), 0
        while found := heads.search(text, position):
            form = self._form_at(text, found.start())
            position = found.start() + len(form or " ")
            if form:
                yield Place(found.start(), position, self._owners[form])

    def _form_at(self, text: str, start: int) -> str | None:
        for size in range(MIN_SECRET, 0, -1):
            for form in self._by_head.get(text[start : start + size], ()):
                if text.startswith(form, start) and not self._is_within_more(form, text, start):
                    return form
        return None

    def _is_within_more(self, form: str, text: str, start: int) -> bool:
        """Whether the form is only a part of a number, or of a word where it is a short code."""
        around = text[max(0, start - 1) : start] + text[start + len(form) : start + len(form) + 1]
        if self._owners[form].kind == Sort.CODE and len(form) < MIN_SECRET:
            return _OF_WORD.search(around) is not None
        return form.isdigit() and any(map(str.isdigit, around))

    def _pattern(self) -> re.Pattern[str]:
        if self._heads is None:
            for forms in self._by_head.values():
                forms.sort(key=len, reverse=True)
            self._heads = re.compile(_any_of(self._by_head))
        return self._heads


def _forms(text: str) -> Iterator[str]:
    if len(text) < MIN_SECRET:
        # A pattern of the user asks for it; encoded it would be found everywhere.
        yield text
        return
    for piece in _PIECE.findall(text):
        yield piece
        yield piece.replace(" ", "+")
    data = text.encode("utf-8", "surrogatepass")
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words that tries no more branches than there are characters to begin with.
    Of two words that begin alike the shorter is enough for it."""
    tails: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""
        tails.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(head) + _any_of(rest) for head, rest in sorted(tails.items())]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
