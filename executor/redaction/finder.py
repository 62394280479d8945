"""Looks for secrets in texts: in each of their readings, and in what they hold in base64."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .names import Sort
from .patterns import Finding, find_secrets
from .spellings import BASE64_LAYERS, contents, readings, runs
from .substitutes import plain
from .texts import Scalar
from .values import SHORTEST, named_secrets

_PATTERN = "match of a pattern"


class SecretFinder:
    """Finds what nobody knew before. `patterns` are for secrets of further kinds: the group `secret`, or
    the whole match. What was looked at once shows nothing more, so make a new one for each document."""

    def __init__(self, patterns: Sequence[re.Pattern[str]] = ()) -> None:
        self._patterns = patterns
        self._seen: set[tuple[Sort | None, str]] = set()
        self._seen_numbers: set[tuple[Sort | None, str]] = set()
        self._seen_runs: set[tuple[str, int]] = set()

    def find(self, sort: Sort | None, value: Scalar) -> Iterator[Finding]:
        """The secrets in a text; `sort` is what its name in the document says of it. Comes to each secret
        in its plainest reading first. A number is a secret as a whole or not at all."""
        if isinstance(value, str):
            return self._in_text(sort, value)
        return self._in_number(sort, plain(value)) if sort or self._patterns else iter(())

    def _in_text(self, sort: Sort | None, text: str) -> Iterator[Finding]:
        if (sort, text) in self._seen:
            return
        self._seen.add((sort, text))
        if sort is None:
            yield from self._read(text, BASE64_LAYERS)
        else:
            yield from self._in_text(None, text)
            yield from (Finding(secret, sort.value) for secret in named_secrets(sort, text))

    def _in_number(self, sort: Sort | None, text: str) -> Iterator[Finding]:
        if (sort, text) in self._seen_numbers:
            return
        self._seen_numbers.add((sort, text))
        if sort is not None:
            yield from (Finding(secret, sort.value) for secret in named_secrets(sort, text))
        if any(pattern.fullmatch(text) for pattern in self._patterns):
            yield Finding(text, _PATTERN)

    def _read(self, text: str, layers: int) -> Iterator[Finding]:
        for reading in reversed(readings(text)):
            if layers:
                yield from self._in_base64(reading.text, layers - 1)
            yield from find_secrets(reading.text)
            # A short one would be found in anything once that is decoded.
            shortest = 1 if layers == BASE64_LAYERS else SHORTEST
            yield from (found for found in self._matched(reading.text) if len(found.secret) >= shortest)

    def _in_base64(self, text: str, layers: int) -> Iterator[Finding]:
        for run in runs(text):
            if (run[0], layers) not in self._seen_runs:
                self._seen_runs.add((run[0], layers))
                for content in contents(run[0]):
                    yield from self._read(content, layers)

    def _matched(self, text: str) -> Iterator[Finding]:
        for pattern in self._patterns:
            for found in pattern.finditer(text):
                secret = found["secret"] if "secret" in pattern.groupindex else found[0]
                if secret:
                    yield Finding(secret, _PATTERN)
