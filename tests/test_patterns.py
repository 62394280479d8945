"""Every regular expression of the product takes steps in proportion to the text, whoever wrote the text."""

from __future__ import annotations

import ast
import importlib
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

import pytest

from callsheet.executor.redaction.names import Sort
from callsheet.executor.redaction.values import could_be_secret
from callsheet.planner.catalog.idioms import idioms

from .backtracking import Backtracking
from .product import ROOT, product_files

METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
ANCHORED = frozenset({"match", "fullmatch"})
MATCHED = ("_PLAIN", "_BARE_OF")
"""Of redaction, matched where a name ends: `_BARE_OF.get(sort, _PLAIN).match`."""
LOCALS = {"id": "s1", "old": "s1", "name": "events", "bare": "x", "piece": "[a-z]"}
"""What a pattern that is made in a function has in it."""
MADE_LATER = {
    "agents/contracts/foreign_pattern.py": "a pattern of a schema, which is made and never used",
    "agents/fakes/sample_text.py": "one character's worth of a schema's pattern",
    "callsheet/settings/settings.py": "a pattern of the user's own",
    "executor/redaction/redactor.py": "a pattern of the user's own",
    "executor/redaction/index.py": "a tree of literals",
    "planner/catalog/idioms.py": "tested as `idioms`",
    "planner/formats/small/steps.py": "alternatives of a few ids",
}
MAX_STEPS = 2_000_000


@dataclass(frozen=True)
class Pattern:
    """A regular expression, where it stands, and whether it is only tried at one place of a text."""

    place: str
    text: str
    flags: int = 0
    methods: frozenset[str] = frozenset({"search"})

    def __str__(self) -> str:
        return self.place

    def backtracking(self) -> Backtracking:
        return Backtracking(
            self.text,
            self.flags,
            anchored=bool(self.methods) and self.methods <= ANCHORED,
            whole=self.methods == {"fullmatch"},
        )


@cache
def modules() -> dict[str, ast.Module]:
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in product_files()}


@cache
def uses() -> dict[tuple[str, str], frozenset[str]]:
    """What is done with a name, by module, or anywhere if it is public: `_PATH` only in `_PATH.fullmatch`."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for place, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
                used[place if node.value.id.startswith("_") else "", node.value.id].add(node.attr)
    return {name: frozenset(each) for name, each in used.items()}


def calls(module: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """The calls of `re`'s functions, which of them, and the name that a pattern is given, if it has one."""
    names = {
        id(call): target.id
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        for call in ast.walk(node.value)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner = node.func.value
            is_re = isinstance(owner, ast.Name) and owner.id == "re"
            if is_re and node.func.attr in ("compile", *METHODS):
                yield node, node.func.attr, names.get(id(node), "")


def name_of(place: str) -> str:
    name = place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("callsheet") else f"callsheet.{name}"


def evaluated(call: ast.Call, method: str, place: str) -> tuple[str | bytes, int]:
    """The pattern and flags of a call, by the names of its module."""
    known = dict(vars(importlib.import_module(name_of(place)))) | LOCALS
    flags = [each.value for each in call.keywords if each.arg == "flags"]
    flags += call.args[1:2] if method == "compile" else call.args[2:3] if method in METHODS[:3] else []
    text, *rest = (eval(ast.unparse(each), known) for each in (call.args[0], *flags))
    return text, int(rest[0]) if rest else 0


def patterns() -> Iterator[Pattern]:
    """All of the product: those that are written down, and those of the list of idioms."""
    for place, module in modules().items():
        for call, method, name in calls(module):
            try:
                text, flags = evaluated(call, method, place)
            except (NameError, TypeError):
                assert place in MADE_LATER, f"{place}:{call.lineno} makes a pattern that this test cannot see"
                continue
            if isinstance(text, bytes):
                text, flags = text.decode("latin-1"), flags | re.ASCII
            owner = place if name.startswith("_") else ""
            used = uses().get((owner, name), frozenset()) if method == "compile" else frozenset({method})
            is_matched = name in MATCHED and place.startswith("executor/redaction")
            yield Pattern(f"{place}:{call.lineno}", text, flags, frozenset({"match"}) if is_matched else used)
    for pattern, plain in idioms():
        yield Pattern(f"idioms.txt: {plain}", pattern.pattern, pattern.flags)


def slow_attacks(pattern: Pattern, most: int = 100) -> Iterator[str]:
    """Inputs on which twice the length takes clearly more than twice the steps."""
    matcher = pattern.backtracking()
    for attack in matcher.attacks(random.Random(1), most):
        for times in (60, 300):
            short, long = (matcher.count(attack.text(each), MAX_STEPS) for each in (times, 2 * times))
            if long < MAX_STEPS and long <= 2.7 * short + 200:
                break
        else:
            yield f"{short:,} steps, then {long:,} on twice of {attack}"


@pytest.mark.parametrize("pattern", list(patterns()), ids=str)
def test_every_pattern_is_linear(pattern: Pattern) -> None:
    """A text that is made to be slow takes no more than its length says."""
    assert next(slow_attacks(pattern), None) is None


@pytest.mark.parametrize(
    "pattern",
    [r"(?:/?[a-z-]+[A-Z]*)+\Z", r"(a|a)*b", r"(\w+\s?)+:", r"\s*\s*x", r"[^}]*}", r"(.*),(.*),(.*);"],
)
def test_what_is_slow_is_found(pattern: str) -> None:
    """The measure tells those that are exponential or quadratic."""
    assert next(slow_attacks(Pattern("", pattern)), None) is not None


@pytest.mark.parametrize("pattern", [r"\A(?:/[a-z-]++[A-Z]*+)++x", r"\bab*\b", r"(?<!a)a+b", r"\{[^{}]*\}"])
def test_what_is_linear_passes(pattern: str) -> None:
    """Possessive repetitions, and starts that are told from the middle, are no finding."""
    assert next(slow_attacks(Pattern("", pattern)), None) is None


@pytest.mark.parametrize(
    "value",
    ["/" + "-".join("a" * 24) + "-AA", "/a.b" * 4_000 + "!", "a1." * 4_000 + "!", "/" + "aA0" * 9_000],
)
def test_a_value_like_a_path_is_judged(value: str) -> None:
    """`token="/a-a-…-AA"` is told from a path at once, however long."""
    assert could_be_secret(value, Sort.TOKEN) in (True, False)


def test_no_exemption_is_left_over() -> None:
    """A place that makes its patterns at run time is listed with what they are, and no other place is."""
    later = {place for place, module in modules().items() if any(chain(calls(module)))}
    assert set(MADE_LATER) <= later
