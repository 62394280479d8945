"""What the worked examples of the prompts say, so that a plan which copies them can be told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from callsheet.planner.expressions.values import leaves

from .said import plain

LENGTH = 3
"""Words in a row that are a phrase."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_BREAK = re.compile(r"[{}\"\n:;.!?()=]+")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_MONTHS = frozenset({"May"})
"""Capital words that are ordinary ones at the beginning of a sentence."""
_SMALL_WORDS = (
    "a an and any are as at be by do does for from had has have how i if in into is it its me my no not of "
    "on or our out so than that the their them then there these they this to under up was we were what when "
    "where which who why will with you your s1 s2 s3 s4 main points"
)
"""Words that say too little to be copied; a text that is shortened has its main points in any plan."""


class Examples(NamedTuple):
    """The phrases of the worked examples, in small letters, and their proper names."""

    phrases: frozenset[tuple[str, ...]]
    names: frozenset[str]


@cache
def load_worked_examples() -> Examples:
    """The phrases and names of the examples that ship with the planner's prompts, whatever their format."""
    folder = files("callsheet.prompts").joinpath("planner")
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith("examples.json"))
    documents = (json.loads(folder.joinpath(name).read_text("utf-8")) for name in found)
    texts = [text for document in documents for example in document["examples"] for text in _texts(example)]
    phrases = frozenset(phrase for text in texts for phrase in find_phrases(text))
    names = frozenset(name for text in texts for name in _CAPITAL.findall(text)) - _MONTHS
    return Examples(phrases, names)


def find_phrases(text: str) -> Iterator[tuple[str, ...]]:
    """Every row of three words in a text of which two say something."""
    for part in _BREAK.split(text):
        words = _WORD.findall(plain(part))
        for at in range(len(words) - LENGTH + 1):
            phrase = tuple(words[at : at + LENGTH])
            if len(_telling(phrase)) > 1:
                yield phrase


def find_copied(text: str, asked: str) -> str | None:
    """A phrase or a name that a text has from the worked examples, and `asked` (the goal and what its
    capabilities say of themselves) has not; None where there is none."""
    examples = load_worked_examples()
    words = set(_WORD.findall(plain(asked)))
    for phrase in find_phrases(text):
        if phrase in examples.phrases and not words.issuperset(_telling(phrase)):
            return " ".join(phrase)
    return next((name for name in _names_in(text, examples.names) if plain(name) not in words), None)


def _telling(phrase: Sequence[str]) -> list[str]:
    return [word for word in phrase if word not in _SMALL_WORDS.split()]


def _names_in(text: str, names: frozenset[str]) -> Iterator[str]:
    return (word for word in _WORD.findall(text) if word in names)


def _texts(example: Mapping[str, Any]) -> Iterator[str]:
    said = leaves([example.get("goal"), example["answer"]])
    return (each for each in said if isinstance(each, str))
