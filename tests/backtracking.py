"""How many steps a backtracking matcher takes for a pattern on inputs that are pumped to make it slow.

The standard library's `re` doesn't count its steps. So its parse tree is walked here by the same rules
(greedy, lazy, possessive, atomic, lookaround), and each comparison counts: the same figure on every machine.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]  # The parse tree has no public face.
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

Node: TypeAlias = tuple[Any, Any]
Go: TypeAlias = Callable[[int], int | None]
Match: TypeAlias = Callable[[int, Go], int | None]

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_ATOMS = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
_LONG = 20
"""A repetition of at least so many may be pumped."""
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
_USUAL = "aZ0_ -./\n\té!=:,;\"'\\<>{}[]()%$#@|*+\x00"


class TooManySteps(Exception):
    """The matcher was stopped."""


@dataclass(frozen=True)
class Attack:
    """What leads to a repetition, what is repeated, and an end at which a match fails."""

    lead: str
    body: str
    end: str

    def text(self, times: int) -> str:
        return self.lead + self.body * times + self.end


class Backtracking:
    """A pattern as a backtracking matcher runs it; `steps` counts the comparisons of the last search."""

    def __init__(self, pattern: str, flags: int = 0, *, anchored: bool = False, whole: bool = False) -> None:
        self.tree = parser.parse(pattern, flags)
        self.steps = 0
        self._anchored = anchored or whole
        self._whole = whole
        self._limit = 0
        self._text = ""
        self._groups: dict[int, tuple[int, int]] = {}
        self._atoms: list[Callable[[str], bool]] = []
        self._start = self._sequence(self.tree, self.tree.state.flags)

    def count(self, text: str, limit: int) -> int:
        """Steps to find all matches in `text`, or `limit` where there would be more."""
        self.steps, self._limit, self._text = 0, limit, text
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, 50_000))
        try:
            at = 0
            while at <= len(text):
                self._groups = {}
                end = self._start(at, self._accept)
                if self._anchored:
                    break
                at = end if end is not None and end > at else at + 1
        except TooManySteps:
            return limit
        finally:
            # Other tests of this process rely on the usual limit.
            sys.setrecursionlimit(before)
        return self.steps

    def attacks(self, rng: random.Random, most: int) -> Iterator[Attack]:
        """Inputs that are made to be slow: each character alone, and `most` drawn ones."""
        marks = self._marks()
        odd = self._odd(marks)
        pumps = [("", mark, end) for mark in marks for end in ("", odd)]
        chosen = [
            ("", "".join(rng.choices(marks, k=rng.choice((2, 2, 3)))), rng.choice(("", odd)))
            for _ in range(most // 4)
        ]
        for lead, node in self._repetitions(self.tree, ""):
            bodies = [*marks, *(self._sample(node[2], rng, marks) for _ in range(6))]
            chosen += [(lead, body, end) for body in filter(None, bodies) for end in (odd, rng.choice(marks))]
        rng.shuffle(chosen)
        for lead, body, end in dict.fromkeys(pumps + chosen[:most]):
            yield Attack(lead, body, end)

    def _accept(self, at: int) -> int | None:
        return None if self._whole and at != len(self._text) else at

    def _step(self) -> None:
        self.steps += 1
        if self.steps >= self._limit:
            raise TooManySteps

    def _sequence(self, nodes: Iterable[Node], flags: int) -> Match:
        matches = [self._compiled(node, flags) for node in nodes]

        def run(index: int, at: int, go: Go) -> int | None:
            if index == len(matches):
                return go(at)
            return matches[index](at, lambda end: run(index + 1, end, go))

        return matches[0] if len(matches) == 1 else lambda at, go: run(0, at, go)

    def _compiled(self, node: Node, flags: int) -> Match:
        kind, value = node
        if kind in _ATOMS:
            return self._one(self._atom(node, flags))
        if kind in _REPEATS:
            return self._repeat(kind, value, flags)
        if kind is sre.BRANCH:
            return self._branch([self._sequence(each, flags) for each in value[1]])
        if kind is sre.SUBPATTERN:
            group, add, remove, nodes = value
            return self._group(group, self._sequence(nodes, (flags | add) & ~remove))
        if kind is sre.ATOMIC_GROUP:
            return self._atomic(self._sequence(value, flags))
        if kind in (sre.ASSERT, sre.ASSERT_NOT):
            direction, nodes = value
            back = nodes.getwidth()[0] if direction < 0 else 0
            return self._look(self._sequence(nodes, flags), back, wanted=kind is sre.ASSERT)
        if kind is sre.AT:
            return self._place(value, flags)
        if kind is sre.GROUPREF:
            return self._again(value)
        if kind is sre.GROUPREF_EXISTS:
            return self._choice(
                value[0], self._sequence(value[1], flags), self._sequence(value[2] or [], flags)
            )
        raise NotImplementedError(kind)

    def _one(self, fits: Callable[[str], bool]) -> Match:
        def match(at: int, go: Go) -> int | None:
            self._step()
            return go(at + 1) if at < len(self._text) and fits(self._text[at]) else None

        return match

    def _branch(self, ways: list[Match]) -> Match:
        def match(at: int, go: Go) -> int | None:
            for way in ways:
                self._step()
                end = way(at, go)
                if end is not None:
                    return end
            return None

        return match

    def _group(self, group: int | None, body: Match) -> Match:
        if group is None:
            return body

        def match(at: int, go: Go) -> int | None:
            def after(end: int) -> int | None:
                before = self._groups.get(group)
                self._groups[group] = (at, end)
                found = go(end)
                if found is None and before is not None:
                    self._groups[group] = before
                return found

            return body(at, after)

        return match

    def _atomic(self, body: Match) -> Match:
        def match(at: int, go: Go) -> int | None:
            end = body(at, lambda found: found)
            return None if end is None else go(end)

        return match

    def _look(self, body: Match, back: int, *, wanted: bool) -> Match:
        def match(at: int, go: Go) -> int | None:
            self._step()
            found = at >= back and body(at - back, lambda end: end) is not None
            return go(at) if found is wanted else None

        return match

    def _place(self, place: Any, flags: int) -> Match:
        name = {
            sre.AT_BEGINNING: "^",
            sre.AT_END: "$",
            sre.AT_BEGINNING_STRING: r"\A",
            sre.AT_END_STRING: r"\Z",
        }
        name |= {sre.AT_BOUNDARY: r"\b", sre.AT_NON_BOUNDARY: r"\B"}
        real = re.compile(name[place], flags & (re.MULTILINE | re.ASCII))

        def match(at: int, go: Go) -> int | None:
            self._step()
            return go(at) if real.match(self._text, at) else None

        return match

    def _again(self, group: int) -> Match:
        def match(at: int, go: Go) -> int | None:
            self._step()
            if group not in self._groups:
                return None
            begin, end = self._groups[group]
            same = self._text[begin:end]
            return go(at + len(same)) if self._text.startswith(same, at) else None

        return match

    def _choice(self, group: int, there: Match, missing: Match) -> Match:
        return lambda at, go: (there if group in self._groups else missing)(at, go)

    def _repeat(self, kind: Any, value: tuple[int, Any, Any], flags: int) -> Match:
        least, most, nodes = value
        if kind is sre.POSSESSIVE_REPEAT:
            return self._atomic(self._repeat(sre.MAX_REPEAT, value, flags))
        if len(nodes) == 1 and nodes[0][0] in _ATOMS and kind is sre.MAX_REPEAT:
            return self._run_of(self._atom(nodes[0], flags), least, most)
        body = self._sequence(nodes, flags)

        def loop(count: int, at: int, go: Go) -> int | None:
            self._step()

            def more() -> int | None:
                onward = lambda end: None if end == at and count >= least else loop(count + 1, end, go)  # noqa: E731
                return body(at, onward) if count < most else None

            if count < least:
                return more()
            if kind is sre.MIN_REPEAT:
                end = go(at)
                return more() if end is None else end
            end = more()
            return go(at) if end is None else end

        return lambda at, go: loop(0, at, go)

    def _run_of(self, fits: Callable[[str], bool], least: int, most: int) -> Match:
        """A greedy repetition of one character: the same steps without a call for each."""

        def match(at: int, go: Go) -> int | None:
            end = at
            while end - at < most and end < len(self._text) and fits(self._text[end]):
                self._step()
                end += 1
            while end - at >= least:
                self._step()
                found = go(end)
                if found is not None:
                    return found
                end -= 1
            return None

        return match

    def _atom(self, node: Node, flags: int) -> Callable[[str], bool]:
        known: dict[str, bool] = {}

        def fits(character: str) -> bool:
            if character not in known:
                both = {character, character.lower(), character.upper()} if flags & re.I else {character}
                known[character] = any(self._fits(node, each, flags) for each in both)
            return known[character]

        self._atoms.append(fits)
        return fits

    def _fits(self, node: Node, character: str, flags: int) -> bool:
        kind, value = node
        if kind is sre.ANY:
            return bool(flags & re.DOTALL) or character != "\n"
        if kind is sre.LITERAL:
            return len(character) == 1 and ord(character) == int(value)
        if kind is sre.NOT_LITERAL:
            return len(character) != 1 or ord(character) != int(value)
        if kind is sre.RANGE:
            return len(character) == 1 and value[0] <= ord(character) <= value[1]
        if kind is sre.CATEGORY:
            return re.match(_CATEGORIES[value], character, flags & re.ASCII) is not None
        negated: bool = value[0][0] is sre.NEGATE
        return negated != any(self._fits(each, character, flags) for each in value[negated:])

    def _marks(self) -> list[str]:
        """One character for each way in which this pattern's atoms tell characters apart."""
        literals = "".join(chr(each) for each in _literals(self.tree))
        by_signature: dict[tuple[bool, ...], str] = {}
        for character in dict.fromkeys(_USUAL + literals):
            by_signature.setdefault(tuple(fits(character) for fits in self._atoms), character)
        return list(by_signature.values())

    def _odd(self, marks: list[str]) -> str:
        """The character that fewest of the atoms match."""
        return min(marks, key=lambda mark: sum(fits(mark) for fits in self._atoms))

    def _repetitions(self, nodes: Iterable[Node], lead: str) -> Iterator[tuple[str, tuple[int, Any, Any]]]:
        """Each long repetition, and a text that leads to it."""
        rng = random.Random(0)
        for kind, value in nodes:
            if kind in _REPEATS:
                if value[1] >= _LONG:
                    yield lead, value
                yield from self._repetitions(value[2], lead)
            for inner in _inner(kind, value):
                yield from self._repetitions(inner, lead)
            lead += self._sample([(kind, value)], rng, list(_USUAL))

    def _sample(self, nodes: Iterable[Node], rng: random.Random, marks: list[str]) -> str:
        """A text that the nodes match, but for what looks around."""
        text = ""
        for kind, value in nodes:
            if kind in _ATOMS:
                flags = self.tree.state.flags
                fitting = [each for each in marks if self._fits((kind, value), each, flags)]
                text += chr(value) if kind is sre.LITERAL else rng.choice(fitting or [_first(value)])
            elif kind in _REPEATS:
                times = min(value[1], value[0] + rng.choice((0, 1, 1, 2)))
                text += "".join(self._sample(value[2], rng, marks) for _ in range(times))
            elif kind is sre.BRANCH:
                text += self._sample(rng.choice(value[1]), rng, marks)
            elif kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
                text += self._sample(_inner(kind, value)[0], rng, marks)
        return text


def _inner(kind: Any, value: Any) -> list[Any]:
    if kind is sre.BRANCH:
        return list(value[1])
    if kind is sre.SUBPATTERN:
        return [value[3]]
    if kind is sre.ATOMIC_GROUP:
        return [value]
    if kind is sre.GROUPREF_EXISTS:
        return [each for each in value[1:] if each is not None]
    return [value[1]] if kind in (sre.ASSERT, sre.ASSERT_NOT) else []


def _first(value: Any) -> str:
    if isinstance(value, int):
        return chr(value + 1)
    kind, first = value[0]
    return chr(first[0]) if kind is sre.RANGE else chr(first) if kind is sre.LITERAL else "a"


def _literals(nodes: Iterable[Node]) -> Iterator[int]:
    for kind, value in nodes:
        if kind in (sre.LITERAL, sre.NOT_LITERAL):
            yield value
        elif kind is sre.RANGE:
            yield from value
        elif kind is sre.IN:
            yield from _literals(value)
        elif kind in _REPEATS:
            yield from _literals(value[2])
        for inner in _inner(kind, value):
            yield from _literals(inner)
