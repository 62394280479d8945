"""Known secrets, and all places of a text where one of them stands, plain or encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .names import Sort
from .values import SHORTEST

LONGEST_FORM = 4096
"""In characters: a longer secret is looked for in pieces, so that no place of a text costs more than that."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, what kind of thing it is, and the environment variable that has it, if one has."""

    text: str
    kind: str
    variable: str | None = None

    @property
    def is_long(self) -> bool:
        """Whether it is found in several pieces."""
        return len(self.text) >= LONGEST_FORM + SHORTEST

    @property
    def stands_alone(self) -> bool:
        """Whether it is so short that it is found as a word only."""
        return self.kind == Sort.CODE and len(self.text) < SHORTEST


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret stands in a text."""

    start: int
    end: int
    secret: Secret


class SecretIndex:
    """Finds any number of secrets in one pass. Whoever comes first owns a form that two secrets share."""

    def __init__(self) -> None:
        self._owners: dict[str, Secret] = {}
        self._by_head: dict[str, list[str]] = {}
        self._heads: re.Pattern[str] | None = None

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, form: str) -> bool:
        return form in self._owners

    def add(self, secret: Secret) -> None:
        """From now on, this secret is found in all its forms."""
        for form in _forms(secret.text):
            if form not in self._owners:
                self._owners[form] = secret
                self._by_head.setdefault(form[:SHORTEST], []).append(form)
                self._heads = None

    def owner(self, form: str) -> Secret | None:
        """The secret that this is a form of."""
        return self._owners.get(form)

    def places(self, text: str) -> Iterator[Place]:
        """Where secrets stand, from left to right and without overlaps; where several begin, the longest."""
        if not self._owners:
            return
        heads, position = self._pattern(), 0
        while found := heads.search(text, position):
            form = next((form for form in self._beginning(text, found.start())), None)
            position = found.start() + len(form or " ")
            if form:
                yield Place(found.start(), position, self._owners[form])

    def _beginning(self, text: str, start: int) -> Iterator[str]:
        """The forms that begin at a place of a text, the longest first."""
        for size in range(SHORTEST, 0, -1):
            for form in self._by_head.get(text[start : start + size], ()):
                if text.startswith(form, start) and not self._is_within_more(form, text, start):
                    yield form

    def _is_within_more(self, form: str, text: str, start: int) -> bool:
        """Whether the form is only a part of a number, or of a word where it has to be a whole one."""
        if self._owners[form].stands_alone:
            return _is_within(form, text, start, _is_of_word)
        return form.isdigit() and _is_within(form, text, start, str.isdigit)

    def _pattern(self) -> re.Pattern[str]:
        if self._heads is None:
            for forms in self._by_head.values():
                forms.sort(key=len, reverse=True)
            self._heads = re.compile(any_of(self._by_head))
        return self._heads


def base64_forms(text: str) -> Iterator[str]:
    """The whole of it in base64, with and without padding, and the characters that are always in it,
    whatever stands before it and behind it; in the standard and in the URL-safe alphabet."""
    data = _bytes(text)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        padded = encode(data).decode()
        yield padded
        yield padded.rstrip("=")
        for before, shared in ((0, 0), (1, 2), (2, 3)):
            whole = (before + len(data)) * 8 // 6
            yield encode(bytes(before) + data).decode()[shared:whole]


def _forms(text: str) -> Iterator[str]:
    if len(text) < SHORTEST:
        # Somebody's pattern asks for it; encoded it would be found everywhere.
        yield text
        return
    for piece in _pieces(text):
        yield piece
        yield piece.replace(" ", "+")
        yield _bytes(piece).hex()
        yield _bytes(piece).hex().upper()
        yield from base64_forms(piece)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start >= LONGEST_FORM + SHORTEST:
        yield text[start : start + LONGEST_FORM]
        start += LONGEST_FORM
    yield text[start:]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_within(form: str, text: str, start: int, continues: Callable[[str], bool]) -> bool:
    end = start + len(form)
    return continues(text[max(0, start - 1) : start]) or continues(text[end : end + 1])


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words that tries no more branches than there are characters to begin with.
    Of two words that begin alike the shorter is enough for it."""
    tails: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""
        tails.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(head) + any_of(rest) for head, rest in sorted(tails.items())]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
