"""The length of a text as people ask for it: "a three-sentence summary", "in 2 sentences"."""

from __future__ import annotations

import re

MOST_SENTENCES = 20

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT = re.compile(rf"(?<![-\d])\b(?P<count>\d{{1,2}}|{'|'.join(_WORDS)})[-\s]sentences?\b", re.I)
_LOOSELY = re.compile(
    r"(about|around|at least|at most|up to|under|over|max(imum)?|min(imum)?|roughly|or|to|than|-)\s*\Z", re.I
)


def sentences_asked(text: str) -> int | None:
    """How many sentences `text` asks for; None where it asks for none, for about so many, for more
    than 20, or twice for different numbers.

    Small models don't count: they keep to a number of sentences only where it is made the shape
    of the answer.
    """
    counts: set[int] = set()
    for match in _COUNT.finditer(text):
        if _LOOSELY.search(text[: match.start()]):
            return None
        word = match["count"].lower()
        counts.add(_WORDS.index(word) + 1 if word in _WORDS else int(word))
    return next(iter(counts)) if len(counts) == 1 and 1 <= max(counts) <= MOST_SENTENCES else None
