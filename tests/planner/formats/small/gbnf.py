"""Writes texts that a GBNF grammar allows, drawn at random."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from typing import TypeAlias

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{\d+(?:,\d*)?\}|[A-Za-z][\w-]*|[()|?*]')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

Node: TypeAlias = tuple[str, object]


class Sampler:
    """The rules of a grammar, parsed. A repetition without a bound, or with a high one, ends early."""

    def __init__(self, grammar: str, seed: int) -> None:
        self._rules: dict[str, list[list[Node]]] = {}
        self._random = random.Random(seed)
        for line in grammar.split("\n"):
            name, rule = line.split(" ::= ", 1)
            tokens = [match[0] for match in _TOKEN.finditer(rule)]
            assert "".join(tokens) == re.sub(
                r'("(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\])|\s', lambda m: m[1] or "", rule
            )
            self._rules[name], rest = self._parse(tokens)
            assert not rest

    def text(self, rule: str = "root") -> str:
        """A text that the rule allows."""
        return self._alternatives(self._rules[rule])

    def _parse(self, tokens: list[str]) -> tuple[list[list[Node]], list[str]]:
        alternatives: list[list[Node]] = [[]]
        while tokens:
            token, tokens = tokens[0], tokens[1:]
            if token == "|":
                alternatives.append([])
            elif token == ")":
                return alternatives, [")", *tokens]
            elif token == "(":
                inside, tokens = self._parse(tokens)
                assert tokens[0] == ")"
                tokens = tokens[1:]
                alternatives[-1].append(("group", inside))
            elif token[0] in "?*{":
                alternatives[-1].append((token, alternatives[-1].pop()))
            else:
                alternatives[-1].append(("text" if token[0] in '"[' else "rule", token))
        return alternatives, []

    def _alternatives(self, alternatives: list[list[Node]]) -> str:
        return "".join(self._node(*node) for node in self._random.choice(alternatives))

    def _node(self, kind: str, value: object) -> str:
        match kind, value:
            case "group", list(inside):
                return self._alternatives(inside)
            case "rule", str(name):
                return self.text(name)
            case "text", str(token):
                return "".join(_unescaped(token[1:-1])) if token[0] == '"' else self._one_of(token[1:-1])
            case _, (str(inner), of):
                return "".join(self._node(inner, of) for _ in range(self._times(kind)))
            case _:
                raise AssertionError(kind)

    def _times(self, kind: str) -> int:
        if kind == "?":
            return self._random.randint(0, 1)
        if kind == "*":
            return self._random.randint(0, 4)
        least, _, most = kind[1:-1].partition(",")
        return self._random.randint(int(least), min(int(most or least), max(int(least), 6)))

    def _one_of(self, characters: str) -> str:
        if characters.startswith("^"):
            refused = {'"', "\\"} if '"' in characters else set()
            return self._random.choice(
                [each for each in string.printable[:95] + "äß日😀{}" if each not in refused]
            )
        plain = "".join(_unescaped(re.sub(r"(\w)-(\w)", _range, characters)))
        return self._random.choice(plain)


def _range(match: re.Match[str]) -> str:
    return "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1)))


def _unescaped(text: str) -> Iterator[str]:
    escaped = False
    for each in text:
        if escaped:
            yield _ESCAPES.get(each, each)
        elif each != "\\":
            yield each
        escaped = each == "\\" and not escaped
