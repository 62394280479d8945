"""The part of a large catalog that a planner gets to see, and what it gets when it asks for more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.schemas.capability_text import signature
from callsheet.prompts.budget import count_tokens

from .embeddings import WordEmbeddings, installed_vectors
from .retrieval import Retrieval, catalog_digest, search_queries

MAX_SHORTLISTED = 100
"""Capabilities in a first cut, of about 21 tokens each; docs/large_catalogs.md says what others find."""
MAX_MORE = 20
"""Capabilities that are added when a planner asks for more."""
FIRST_SHARE = 0.6
"""Of the tokens there are; the rest is for what is asked for later."""
KEPT = 4
"""Catalogs that are kept ready at once."""


class Shortlist(Protocol):
    """Cuts a catalog to what matters for a goal."""

    def first(self, goal: str) -> tuple[Capability, ...]:
        """The first cut, the most likely first; or the whole catalog where it is small enough."""
        ...

    def more(self, wanted: Sequence[str], had: Sequence[Capability]) -> tuple[Capability, ...]:
        """`had`, and behind it what fits the planner's words for what it misses; `had` alone where
        nothing else does, or no more is allowed."""
        ...


class RetrievedShortlist:
    """A shortlist by search: at most `most` capabilities at first, and `more_at_once` with each request.

    `tokens` bounds them too, first cut and additions together: the tokens of their lines in a prompt, terse
    as those get where space is scarce. A capability whose line doesn't fit makes way for the next that does.
    What is searched is made ready by the first search, which raises SearchUnavailable where Python can't.
    """

    def __init__(
        self,
        catalog: Sequence[Capability],
        *,
        most: int = MAX_SHORTLISTED,
        more_at_once: int = MAX_MORE,
        tokens: int | None = None,
        vectors: WordEmbeddings | None = None,
    ) -> None:
        self._catalog = tuple(catalog)
        self._vectors = vectors
        self._most = most
        self._more_at_once = more_at_once
        self._tokens = tokens
        self._costs: dict[str, int] = {}

    @cached_property
    def _retrieval(self) -> Retrieval:
        return Retrieval(self._catalog, self._vectors)

    def first(self, goal: str) -> tuple[Capability, ...]:
        """The capabilities that fit the goal or one of its parts best; some, where none fits at all."""
        if len(self._catalog) <= self._most and self._fits(self._catalog):
            return self._catalog
        budget = None if self._tokens is None else int(self._tokens * FIRST_SHARE)
        found = self._retrieval.find_capabilities(search_queries(goal))
        return self._take(found or self._retrieval.catalog, self._most, budget)

    def more(self, wanted: Sequence[str], had: Sequence[Capability]) -> tuple[Capability, ...]:
        """`had`, and what fits `wanted` best: a name, or words for what is to be done, each of them."""
        names = {each.name for each in had}
        others = [each for each in self._retrieval.find_capabilities(wanted) if each.name not in names]
        budget = None if self._tokens is None else self._tokens - sum(map(self._cost, had))
        return (*had, *self._take(others, self._more_at_once, budget))

    def _take(self, ranked: Iterable[Capability], most: int, tokens: int | None) -> tuple[Capability, ...]:
        taken: list[Capability] = []
        for each in ranked:
            if len(taken) == most:
                break
            if tokens is not None:
                if (cost := self._cost(each)) > tokens:
                    continue
                tokens -= cost
            taken.append(each)
        return tuple(taken)

    def _fits(self, catalog: Sequence[Capability]) -> bool:
        return self._tokens is None or sum(map(self._cost, catalog)) <= self._tokens

    def _cost(self, capability: Capability) -> int:
        if capability.name not in self._costs:
            # With what begins and ends a line in a prompt.
            line = f"- {signature(capability, terse=True)}\n"
            self._costs[capability.name] = count_tokens(line).tokens
        return self._costs[capability.name]


class Shortlists:
    """Makes shortlists, with what vectors are installed, and keeps those of the last few catalogs: what is
    searched takes a moment to make."""

    def __init__(self, *, most: int = MAX_SHORTLISTED, tokens: int | None = None) -> None:
        self._most = most
        self._tokens = tokens
        self._made: dict[str, Shortlist] = {}

    def of(self, catalog: Sequence[Capability]) -> Shortlist:
        """The shortlist of a catalog; the same object for the same contracts."""
        key = catalog_digest(catalog)
        made = self._made.pop(key, None) or self._make(catalog)
        self._made[key] = made
        while len(self._made) > KEPT:
            del self._made[next(iter(self._made))]
        return made

    def _make(self, catalog: Sequence[Capability]) -> Shortlist:
        return RetrievedShortlist(catalog, most=self._most, tokens=self._tokens, vectors=installed_vectors())
