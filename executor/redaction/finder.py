"""Looks for secrets in texts and numbers: for those that a pattern shows, and those that a name tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .index import Secret
from .names import Sort
from .patterns import find_secrets
from .spellings import readings
from .substitutes import plain
from .texts import Scalar
from .values import MIN_SECRET, named_secrets


class SecretFinder:
    """Finds secrets that were not known before. `patterns` are for secrets of further kinds: the group
    `secret`, or the whole match. It looks at each text once, so make a new one for each document."""

    def __init__(self, patterns: Sequence[re.Pattern[str]] = ()) -> None:
        self._patterns = patterns
        self._seen: set[tuple[type, Sort | None, Scalar]] = set()

    def find_secrets(self, sort: Sort | None, value: Scalar) -> Iterator[Secret]:
        """The secrets in a text; `sort` is what its name in the document says of it. Comes to each secret
        in its plainest reading first. A number is a secret as a whole or not at all."""
        seen = (type(value), sort, value)
        if seen in self._seen:
            return
        self._seen.add(seen)
        text = value if isinstance(value, str) else plain(value)
        yield from self._shown(text) if isinstance(value, str) else self._matched_whole(text)
        if sort is not None:
            yield from (Secret(secret, sort.value) for secret in named_secrets(sort, text))

    def _matched_whole(self, number: str) -> Iterator[Secret]:
        return (_match(number) for pattern in self._patterns if pattern.fullmatch(number))

    def _shown(self, text: str) -> Iterator[Secret]:
        for reading in readings(text):
            yield from find_secrets(reading.text)
            # A short one would be found in anything once that is decoded.
            shortest = MIN_SECRET if reading.is_base64 else 1
            yield from (secret for secret in self._matched(reading.text) if len(secret.text) >= shortest)

    def _matched(self, text: str) -> Iterator[Secret]:
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                secret = found["secret"] if "secret" in pattern.groupindex else found[0]
                if secret:
                    yield _match(secret)


def _match(text: str) -> Secret:
    return Secret(text, "match of a pattern")
