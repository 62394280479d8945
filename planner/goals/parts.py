"""The parts of a goal, and those that a plan forgets or makes up, told by the words of the catalog.

The parts are cut with a list of verbs and no grammar, and words are compared by their stems, so what
is found here are doubts and no errors.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from callsheet.agents.contracts.capability import Capability

from .gap import Gap

MAX_PARTS = 12
CLEAR = 0.6
"""A step that fits a part of the goal this much as well as the best capability would may well do it."""
NAME_WEIGHT = 2.0
"""What a word in a capability's name weighs beside one in its description."""

_VERBS = """
add analyse analyze announce answer append approve arrange ask assess attach average book build buy
calculate call cancel categorise categorize chart check choose classify clean collect combine compare
compose compress compute condense convert copy correct count create crop cut decide deliver describe
detect determine diagram download draft draw edit email enter estimate evaluate explain export extract
fetch file fill filter find fit forecast format forward gather generate get give group have identify
illustrate import inform invite join keep label let list load look mail make measure merge message move
name notify open order outline pay pick plan plot post predict prepare print proofread publish pull put
query quote rank read record refund register remind remove rename render reply report reserve resize
research respond rewrite save say schedule search see select send set share shorten show sort split
store sum summarise summarize take tell test text transcribe transfer translate turn update upload
verify work write
"""
VERBS = frozenset(_VERBS.split())
"""Words that a part of a goal may begin with."""

_COMMON = """
a about add all also an and any are as ask at be been both by can certain do does each find for from get
give given have how if in into is it its keep look make me my new no not now of on one only or other our
out put say see set several show so take tell than that the their them then there these they this those
three to two up use us want was we were what when where which who will with work you your something
"""
_TELLING_NOTHING = frozenset(_COMMON.split())
"""Words that tell no capability from another."""

_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”|(?<!\w)'[^']*'(?!\w)")
_NAMED = re.compile(r"(?<!\S)\S*[\w][@/.#]\w\S*|#\w\S*")
_CUT = re.compile(
    r"(?:(?<!\s)\s++)?+[,;]\s+(?:(?:and|then|also|finally)\s+)*|(?<!\s)\s++(?:and|then)\s+(?:then\s+|also\s+)?|[.?!]\s+",
    re.I,
)
_FIRST = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*(?=\s|$)")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_LONGEST_FIRST = """
izations isations ization isation ations ating ation izing ising ated ates ized ised izes ises
ings ing ies ied ate ize ise ers ed es er ly s e y
"""
_ENDINGS = tuple(_LONGEST_FIRST.split())


def split_goal(goal: str) -> tuple[str, ...]:
    """The parts of a goal, in order, each in the goal's own words; one of them where nothing can be cut, or
    where there are more than 12 pieces: that is prose, not a list of parts."""
    text = " ".join(goal.split())
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    parts: list[str] = []
    start = 0
    for cut in _CUT.finditer(text):
        if any(first <= cut.start() < end for first, end in quoted) or not _begins(text[cut.end() :]):
            continue
        parts.append(text[start : cut.start()])
        start = cut.end()
    parts.append(text[start:].rstrip(".!"))
    return tuple(parts) if len(parts) <= MAX_PARTS else (text,)


def find_dropped_parts(goal: str, used: Collection[str], catalog: Sequence[Capability]) -> Iterator[Gap]:
    """The parts of the goal that one capability fits well, and no step's does.

    `used` are the names of the capabilities of the plan's steps.
    """
    fits = _Fits(catalog)
    for part in split_goal(goal):
        scores = fits.scores(part)
        best = max(scores, key=lambda name: scores[name])
        done = max((scores.get(name, 0.0) for name in used), default=0.0)
        if fits.is_clear(part, best) and done < CLEAR * scores[best]:
            yield Gap(f"the goal says `{part}`, and no step does it: a step with {best} may be missing", best)


def is_asked_for(goal: str, capability: Capability) -> bool:
    """Whether any word of the goal has to do with a capability."""
    return not _stems(goal).isdisjoint(_name_stems(capability) | _stems(capability.description))


def find_unmade(part: str, used: Collection[str], told: str, catalog: Sequence[Capability]) -> Iterator[str]:
    """The names of the capabilities that make what a part of the goal speaks of, as `summarize` makes the
    summary of `email a summary to Ann`, that are not among the used ones, and whose work no step is
    `told` to do. What the part begins with is left aside: that is what is done with it."""
    verbs = Counter(_verb_stem(each) for each in catalog)
    words = _stems(part.partition(" ")[2]) - _stems(told)
    for each in catalog:
        if each.name not in used and verbs[_verb_stem(each)] == 1 and _verb_stem(each) in words:
            yield each.name


class _Fits:
    """How well the capabilities of a catalog fit a part of a goal: the stems that they share with it, of
    which those weigh most that few capabilities have (the idea of inverse document frequency)."""

    def __init__(self, catalog: Sequence[Capability]) -> None:
        self._names = {each.name: _name_stems(each) for each in catalog}
        self._texts = {each.name: _stems(each.description) for each in catalog}
        having = Counter(stem for name in self._names for stem in self._names[name] | self._texts[name])
        self._weight = {stem: math.log(1 + len(catalog) / count) for stem, count in having.items()}

    def scores(self, part: str) -> dict[str, float]:
        """By the names of capabilities; 0 where no stem is shared."""
        stems = _stems(part)
        return {name: self._score(stems, name) for name in self._names}

    def is_clear(self, part: str, name: str) -> bool:
        """Whether the part begins with a word that the capability has, too, or shares two with it: one
        alone further in may be what the work is done with."""
        known = self._names[name] | self._texts[name]
        return not known.isdisjoint(_stems(part.partition(" ")[0])) or len(known & _stems(part)) > 1

    def _score(self, stems: Collection[str], name: str) -> float:
        named = self._names[name].intersection(stems)
        told = self._texts[name].intersection(stems) - named
        weights = (self._weight[each] * (NAME_WEIGHT if each in named else 1) for each in named | told)
        return sum(weights)


def _begins(text: str) -> bool:
    """Whether a text begins with what is to be done."""
    first = _FIRST.match(text)
    return first is not None and first[0].lower().replace("-", "") in VERBS


def _verb_stem(capability: Capability) -> str:
    return _stem(capability.name.partition("_")[0].lower())


def _name_stems(capability: Capability) -> frozenset[str]:
    return _stems(capability.name.replace("_", " "))


def _stems(text: str) -> frozenset[str]:
    """The stems of the words that tell something, without quotations, files and addresses."""
    plain = _NAMED.sub(" ", _QUOTED.sub(" ", text)).lower()
    words = (word.replace("-", "") for word in _WORD.findall(plain))
    return frozenset(_stem(word) for word in words if word not in _TELLING_NOTHING)


@cache
def _stem(word: str) -> str:
    """A word without its ending, roughly: at least three letters stay."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
