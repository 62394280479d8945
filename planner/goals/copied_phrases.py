"""Phrases of worked examples that a plan has, although its goal does not: small models copy them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import cache
from itertools import pairwise
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.expressions.values import leaves

_WORD = re.compile(r"[^\s,;:!?\"“”(){}]+")
_EDGE = ".'"
MIN_LETTERS = 5
"""Of a word that tells one example from other texts."""

_COPIED = "step {step} says `{phrase}`, which the goal does not say: leave it out"


def find_copied_phrases(
    document: JsonObject, goal: str, catalog: Sequence[Capability], examples: tuple[str, ...]
) -> Iterator[str]:
    """A sentence for each run of words that an input of a step shares with the texts of examples, where two
    of the words stand neither in the goal nor in the catalog: one alone may be chance."""
    told = (word for each in catalog for word in _words(f"{each.description} {each.main_output}"))
    known = {*_words(goal), *told}
    pairs = _pairs(examples)
    for step in cast("list[JsonValue]", document["steps"]):
        if not isinstance(step, dict):
            continue
        for text in (each for each in leaves(step.get("inputs")) if isinstance(each, str)):
            for run in _runs(_words(text), pairs):
                if sum(len(word) >= MIN_LETTERS and word not in known for word in run) > 1:
                    yield _COPIED.format(step=step.get("id"), phrase=" ".join(run))


@cache
def _pairs(texts: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Cached: a plan is read anew for every step that is streamed."""
    return frozenset(pair for text in texts for pair in pairwise(_words(text)))


def _runs(words: Sequence[str], pairs: Set[tuple[str, str]]) -> Iterator[Sequence[str]]:
    """The longest runs of words in which each two neighbours are neighbours in an example, too."""
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or (words[at - 1], words[at]) not in pairs:
            if at - start > 1:
                yield words[start:at]
            start = at


def _words(text: str) -> list[str]:
    found = (match[0].strip(_EDGE).casefold() for match in _WORD.finditer(text))
    return [word for word in found if word]
