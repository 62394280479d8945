"""Expressions written to break out or to break down: each is refused, or costs no more than the bounds."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.planner.expressions.bounds import MAX_SIZE
from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.values import Absent

MANY: list[JsonValue] = list(range(3_000))


@pytest.mark.parametrize(
    "text",
    [
        "a.__class__",
        "().__class__.__bases__[0].__subclasses__()",
        "a._private",
        "__import__('os').system('true')",
        "_",
        "eval('1')",
        "exec('1')",
        "open('x')",
        "getattr(a, 'b')",
        "type(a)",
        "print(a)",
        "a.b()",
        "(len)(a)",
        "len(a)(b)",
        "lambda: 1",
        "(lambda x: x)(1)",
        "(a := 1)",
        "a = 1",
        "import os",
        "a if b else c",
        "a is None",
        "await a",
        "yield a",
        "async for x in a",
        "del a",
        "a; b",
        "a\n; b",
        "a[0:10]",
        "a[::2]",
        "a[0, 1]",
        "max(*a)",
        "max(**a)",
        "max(key=len)",
        "[*a]",
        "{**a}",
        "{a}",
        "{a: 1}",
        "{x: x for x in a}",
        "{x for x in a}",
        "(x for x in a)",
        "[x async for x in a]",
        "(1, 2)",
        "(1,)",
        "...",
        "a @ b",
        "~a",
        "+a",
        "a << 9999999",
        "a & b",
        "a | b",
        "a ^ b",
        "`a`",
        "$a",
        "a?",
        "a\\",
        "# a",
        "f'{a}'",
        "b'a'",
        "r'a'",
        "'a' 'b'",
        "'''a'''",
        '"%s" % (a)(b)',
        "é",
        "\U0001d4f5\U0001d4ee\U0001d4f7(a)",
        "\uff4c\uff45\uff4e(a)",
        "a\u200b.b",
        "a\x00",
        "\x00",
        '"\x00',
        "\ud800",
        '"\ud800"',
        "a.\udfff",
        "1e9999",
        "9" * 3_000,
        "0b1",
        "1__0",
        "a" * 5_000,
        "(" * 3_000,
        ")" * 3_000,
        "(" * 1_900 + "1" + ")" * 1_900,
        "[" * 1_900 + "]" * 1_900,
        "{" * 3_000,
        '{"a":' * 700 + "1" + "}" * 700,
        "-" * 3_900 + "1",
        "not " * 900 + "true",
        "1" + "+1" * 1_900,
        "1" + "**1" * 1_300,
        "a" + ".b" * 1_900,
        "a" + "[0]" * 1_300,
        "str(" * 900 + "1" + ")" * 900,
        "[x for x in " * 300 + "a" + "]" * 300,
        '"' + "a" * 10_000_000,
        " " * 10_000_000,
    ],
)
def test_refused(text: str) -> None:
    """What is not of the language, or beyond its bounds, is no expression."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "{a.__class__}",
        "{a.__init__.__globals__}",
        "{0}",
        "{a!r}",
        "{a:{b}}",
        "{a:>999999999}",
        "{a[__class__]}",
        "{",
        "}",
        "{{}",
        "{" * 9_999,
        "{" + " " * 150_000 + "$}",
        "{a" * 9_999,
    ],
)
def test_format_string_tricks(text: str) -> None:
    """A template is no format string: none of their attributes, conversions and widths."""
    try:
        tree = parse_template(text)
    except ExpressionSyntaxError:
        return
    assert isinstance(evaluate(tree, {"a": "x"}), (str, Absent))


def test_members_are_keys() -> None:
    """`a.keys` is the key `keys` of a JSON object; what Python's objects can do is out of reach."""
    for name in ("keys", "items", "get", "pop", "append", "format", "real", "mro"):
        values: tuple[JsonValue, ...] = ({}, [], "x", 1)
        for value in values:
            assert isinstance(evaluate(parse(f"a.{name}"), {"a": value}), Absent)
    assert evaluate(parse("a.keys"), {"a": {"keys": 1}}) == 1
    assert evaluate(parse('a["__class__"]'), {"a": {"__class__": 1}}) == 1
    assert isinstance(evaluate(parse('a["__class__"]'), {"a": {}}), Absent)


@contextmanager
def little_memory(megabytes: int) -> Iterator[None]:
    """Fails where more memory than that is taken on the way."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 1_000_000, f"{peak:,} bytes"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "9 ** 9 ** 9 ** 9",
        "9 ** 99999999",
        "(-9) ** 99999999",
        "2 ** 1000 ** 2",
        "9.0 ** 9999",
        "-(9 ** 600) ** 9",
        '"a" * 10 ** 9',
        "[1] * 10 ** 9",
        "[[y for y in many] for x in many]",
        "[[[z for z in many] for y in many] for x in many]",
        "sum([sum([x * y for x in many]) for y in many])",
        "[x in many for x in [y + 9999 for y in many]]",
        "[many == copy for x in many]",
        "[str(many) for x in many]",
        "[many + many for x in many]",
        "[[many, many] for x in many]",
        "[max(many) for x in many]",
        "any([all([x != y for y in many]) for x in many])",
        "[s + s for x in many]",
        "[x for x in many if s == r]",
        "[x for x in many if s <= r]",
        '[x for x in many if "ab" in s]',
        "default([[y for y in many] for x in many], 1)",
        "[default([y for y in many], 1) for x in many]",
    ],
)
def test_bounded(text: str) -> None:
    """Work ends at its bound, and what does not end before is absent; `default` does not help to go on."""
    scope: dict[str, JsonValue] = {
        "many": MANY,
        "copy": list(MANY),
        "s": "a" * 400_000,
        "r": "a" * 399_999 + "b",
    }
    assert isinstance(evaluate(parse(text), scope), Absent)


@pytest.mark.parametrize(
    "text", ["9 ** 9 ** 9 ** 9", '"a" * 10 ** 9', "[many + many for x in many]", "[s + s for x in many]"]
)
def test_memory_is_bounded(text: str) -> None:
    """What grows is stopped before it is large."""
    with little_memory(200):
        assert isinstance(evaluate(parse(text), {"many": MANY, "s": "a" * 400_000}), Absent)


def test_a_value_is_as_large_as_it_is_written() -> None:
    """Parts that are shared in memory count as often as they would be written: nothing grows by doubling."""
    text = "seed"
    for name in "abcdefghijklmnopqrstuvwxyz":
        if name not in ("s",):
            text = f"[[{name}, {name}] for {name} in {text}]"
    with little_memory(10):
        found = evaluate(parse(text), {"seed": ["a" * 10]})
    assert isinstance(found, Absent)
    assert found.reason == "the value grows too large"


def test_a_large_value_passes_untouched() -> None:
    """The bound is on what an expression makes, not on what a step gave: a reference alone is free."""
    large: JsonValue = ["a" * 1_000] * (MAX_SIZE // 500)
    assert evaluate(parse("x.y"), {"x": {"y": large}}) is large


def test_values_nested_without_end_are_absent() -> None:
    """Where a value is nested deeper than Python goes, comparing or writing it is absent."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    other: Any = []
    for _ in range(100_000):
        other = [other]
    for text in ("a == b", "str(a)", "[a]", "a in [b]", '{"x": a}'):
        assert isinstance(evaluate(parse(text), {"a": deep, "b": other}), Absent)


def test_numbers_beyond_writing_are_absent() -> None:
    """A number of more digits than Python writes cannot be made text."""
    assert isinstance(evaluate(parse("str(a)"), {"a": 10**5_000}), Absent)
    assert isinstance(evaluate(parse("str([a])"), {"a": 10**5_000}), Absent)
