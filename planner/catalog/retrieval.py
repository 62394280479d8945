"""Orders a catalog by how much each capability matters for a goal with several parts.

Each part is searched for on its own, and so is the goal as a whole; the rankings are fused by the places
that they give, not by scores, which differ in kind (reciprocal rank fusion: G. Cormack and others, SIGIR
2009).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from callsheet.agents.contracts.capability import Capability

from .embeddings import VectorIndex, WordEmbeddings
from .full_text import FullTextIndex
from .idioms import plain_wordings
from .tokens import Wording, telling_words, wording

MAX_GOAL = 20_000
"""Characters that are looked at."""
MAX_PARTS = 24
MAX_RANKED = 200
"""Places of a ranking that count."""
SMOOTHING = 20
"""How little it matters to be first: the rank constant of the fusion."""

_CUT = re.compile(r"(?<![,;.:!?])[,;.:!?]++\s|\n|\b(?:and|then|but|und|dann|puis|luego)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[a-z]\w*_\w+\b")


Rank: TypeAlias = Callable[[str], Sequence[int]]
"""Places in a catalog of what fits a text, the best first."""


class Retrieval:
    """A catalog that can be searched; everything about it is worked out once.

    `catalog` is in the order of names. Without `vectors`, words alone decide. Raises SearchUnavailable.
    """

    def __init__(self, catalog: Sequence[Capability], vectors: WordEmbeddings | None) -> None:
        self.catalog = tuple(sorted(catalog, key=lambda each: each.name))
        self._rankers = _rankers([wording(each) for each in self.catalog], vectors)

    def find_capabilities(self, queries: Iterable[str]) -> list[Capability]:
        """What fits any of the queries, the best first; what is named verbatim comes first."""
        queries = tuple(queries)
        named = {word for query in queries for word in _NAME.findall(query)}
        found = [self.catalog[at] for at in fuse(rank(query) for query in queries for rank in self._rankers)]
        # The sort is stable: what isn't named stays in the order of its rank.
        return sorted(found, key=lambda each: each.name not in named)


def _rankers(catalog: Sequence[Wording], vectors: WordEmbeddings | None) -> list[Rank]:
    words = FullTextIndex(catalog)
    if vectors is None or not catalog:
        return [lambda query: words.rank(query, MAX_RANKED)]
    plain = VectorIndex([_sentence(each) for each in catalog], vectors, by_rarity=False)
    telling = VectorIndex([_telling(each) for each in catalog], vectors, by_rarity=True)
    return [
        lambda query: words.rank(query, MAX_RANKED),
        lambda query: plain.rank(query, MAX_RANKED),
        lambda query: telling.rank(" ".join(telling_words(query)), MAX_RANKED),
    ]


def _sentence(wording: Wording) -> str:
    return f"{wording.name.replace('_', ' ')}: {wording.description}"


def _telling(wording: Wording) -> str:
    return " ".join(telling_words(" ".join((wording.name, wording.description, *wording.fields))))


def fuse(rankings: Iterable[Sequence[int]]) -> list[int]:
    """One ranking of several; among equals the smaller number comes first."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for place, each in enumerate(ranking):
            scores[each] += 1 / (SMOOTHING + place)
    return sorted(scores, key=lambda each: (-scores[each], each))


def search_queries(goal: str) -> tuple[str, ...]:
    """The goal, each of its parts where it has more than one, and in plain words what idioms in it mean."""
    goal = goal[:MAX_GOAL]
    return tuple(dict.fromkeys((goal, *_parts(goal)[:MAX_PARTS], *plain_wordings(goal))))


def _parts(goal: str) -> list[str]:
    """The goal cut at commas, at the ends of sentences and at `and`; what has but one word that tells
    something stays with what is before it, as in a list of things."""
    parts: list[str] = []
    for piece in map(str.strip, _CUT.split(goal)):
        words = len(telling_words(piece))
        if parts and words < 2:
            parts[-1] = f"{parts[-1]} {piece}".strip()
        elif words:
            parts.append(piece)
    return parts


def catalog_digest(catalog: Sequence[Capability]) -> str:
    """SHA-256, in hexadecimal, of everything about the capabilities but their order."""
    return hashlib.sha256("\n".join(sorted(each.model_dump_json() for each in catalog)).encode()).hexdigest()
