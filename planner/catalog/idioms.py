"""What people say when they ask for work, and what catalogs call it, as `idioms.txt` has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from .word_lists import lines_of

_GAP = r"(?:\s+\S+){0,5}?\s+"
"""What `…` stands for in the file."""


def plain_wordings(text: str) -> Iterator[str]:
    """What the idioms in a text, and the things that it names, mean in the words of catalogs; each once."""
    yield from dict.fromkeys(plain for pattern, plain in idioms() if pattern.search(text))


@cache
def idioms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is said, and the same in plain words."""
    return tuple(map(_idiom, lines_of("idioms.txt")))


def _idiom(line: str) -> tuple[re.Pattern[str], str]:
    plain, pattern = line.split(": ", 1)
    return re.compile(pattern.replace("…", _GAP), re.IGNORECASE), plain
