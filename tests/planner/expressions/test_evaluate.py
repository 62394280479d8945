"""What expressions yield."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.tree import StepOutput
from callsheet.planner.expressions.values import Absent, Value

SCOPE: dict[str, Any] = {
    "n": 7,
    "half": 0.5,
    "two": 2.0,
    "t": "héllo",
    "yes": True,
    "nothing": None,
    "list": [3, 1, 2],
    "texts": ["b", "a"],
    "empty": [],
    "object": {"a": 1, "b": {"c": None}},
    "rows": [{"x": 1}, {"x": None}, {}],
}


def value(text: str) -> Value:
    """The value of an expression over the scope above."""
    return evaluate(parse(text), SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n + 1", 8),
        ("n - half", 6.5),
        ("n * 2", 14),
        ("n / 2", 3.5),
        ("n // 2", 3),
        ("-n // 2", -4),
        ("n % 4", 3),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("-n", -7),
        ('t + "!"', "héllo!"),
        ("list + [9]", [3, 1, 2, 9]),
        ("1 < n <= 7", True),
        ("1 < n < 7", False),
        ('"a" < "b"', True),
        ("n >= 7.0", True),
        ("n != 7", False),
        ("2 in list", True),
        ("2.0 in list", True),
        ("9 not in list", True),
        ('"ell" in t', False),
        ('"éll" in t', True),
        ('"a" in object', True),
        ("not yes", False),
        ("yes and n > 3", True),
        ("n < 3 or yes", True),
        ("object.a", 1),
        ('object["b"]["c"]', None),
        ("list[0]", 3),
        ("list[-1]", 2),
        ("list[two]", 2),
        ("t[1]", "é"),
        ("len(t)", 5),
        ("len(list)", 3),
        ("len(object)", 2),
        ("min(list)", 1),
        ("max(n, half)", 7),
        ('max("a", "b")', "b"),
        ("sum(list)", 6),
        ("sum(empty)", 0),
        ("any([yes, false])", True),
        ("all(x > 0 for x in list)", True),
        ("all(empty)", True),
        ("any(empty)", False),
        ("str(n)", "7"),
        ("str(t)", "héllo"),
        ("str(object)", '{"a": 1, "b": {"c": null}}'),
        ("str(true) + str(null)", "truenull"),
        ("round(2.5)", 2),
        ("round(2.675, 1)", 2.7),
        ("round(1234, -2)", 1200),
        ("round(1.25, two)", 1.25),
        ("default(object.z, 5)", 5),
        ("default(nothing, 5)", 5),
        ("default(false, 5)", False),
        ("default(n, 1 / 0)", 7),
        ("default(default(empty[0], object.z), 3)", 3),
        ("[x * 2 for x in list if x > 1]", [6, 4]),
        ("[[y for y in [x, x]] for x in texts]", [["b", "b"], ["a", "a"]]),
        ('{"k": n, "l": [t]}', {"k": 7, "l": ["héllo"]}),
        ("[default(r.x, 0) for r in rows]", [1, 0, 0]),
    ],
)
def test_values(text: str, expected: object) -> None:
    """Every operator and function yields what its Python namesake would."""
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("missing", "there is no `missing`"),
        ("object.z", "has no `z`"),
        ('object["z"]', "has no `z`"),
        ("object.b.c.d", "`d` of null"),
        ("nothing[0]", "[0] of null"),
        ("list[3]", "out of range: there are 3"),
        ("list[-4]", "out of range"),
        ("list[10 ** 30]", "beyond all bounds"),
        ("list[half]", "an integer or a string is wanted"),
        ("list[yes]", "an integer or a string is wanted"),
        ("n[0]", "a list or a string is wanted, and this is a number"),
        ("t.a", "an object is wanted, and this is a string"),
        ("n / 0", "division by zero"),
        ("n // 0.0", "division by zero"),
        ("n % 0", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("(-8) ** 0.5", "not a real number"),
        ("10 ** 10 ** 10", "too large"),
        ("1e308 * 10", "too large"),
        ("2.0 ** 99999", "too large"),
        ("10 ** 400 * 10 ** 400", "too large"),
        ("10 ** 400 + 0.5", "too large"),
        ("round(1.7976931348623157e308, -299)", "too large"),
        ("round(1, 301)", "between -300 and 300"),
        ("round(1, half)", "between -300 and 300"),
        ("min(empty)", "empty list"),
        ('min(1, "a")', "cannot be ordered"),
        ("max([yes])", "cannot be ordered"),
        ("n < t", "a number cannot be ordered with a string"),
        ("nothing < 1", "null cannot be ordered"),
        ("n + t", "a number is wanted, and this is a string"),
        ("yes + 1", "a number is wanted, and this is a boolean"),
        ('"a" * 3', "a number is wanted"),
        ("-t", "a number is wanted"),
        ("not n", "a boolean is wanted"),
        ("yes and n", "a boolean is wanted"),
        ("1 in n", "cannot be looked for in a number"),
        ("1 in t", "cannot be looked for in a string"),
        ("len(n)", "a string, a list or an object is wanted"),
        ("sum(texts)", "a number is wanted"),
        ("sum(n)", "a list is wanted"),
        ("any([1])", "a boolean is wanted"),
        ("[x for x in object]", "a list is wanted"),
        ("[x for x in list if x]", "a boolean is wanted"),
        ("[r.x for r in rows]", "has no `x`"),
    ],
)
def test_absence(text: str, reason: str) -> None:
    """Where there is no value, there is a reason instead, and never an exception."""
    found = value(text)
    assert isinstance(found, Absent)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("true", "1", False),
        ("false", "0", False),
        ("[true]", "[1]", False),
        ('{"a": [true]}', '{"a": [1]}', False),
        ("1", "1.0", True),
        ("[1, {}]", "[1.0, {}]", True),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', True),
        ('{"a": 1}', '{"a": 1, "b": 2}', False),
        ("[1, 2]", "[2, 1]", False),
        ("null", "false", False),
        ('"1"', "1", False),
        ("[]", "{}", False),
    ],
)
def test_equality_is_that_of_json(left: str, right: str, *, same: bool) -> None:
    """1 is 1.0 and true is not 1, however deep; the order of keys does not matter, that of elements does."""
    assert value(f"{left} == {right}") is same
    assert value(f"{left} != {right}") is not same
    assert value(f"{left} in [{right}]") is same


def test_connectives_stop_where_they_are_decided() -> None:
    """What follows the deciding operand is not evaluated, so that it may be absent."""
    assert value("false and object.z") is False
    assert value("true or object.z") is True
    assert isinstance(value("true and object.z"), Absent)


def test_results_of_steps() -> None:
    """A step's field is that of its output; of a for_each step, the list of it in item order."""
    scope: dict[str, Any] = {"one": {"a": 1}, "many": [{"a": 1}, {"a": 2}], "broken": [{"a": 1}, {}]}
    assert evaluate(StepOutput("one", "a", False), scope) == 1
    assert evaluate(StepOutput("many", "a", True), scope) == [1, 2]
    for tree, reason in (
        (StepOutput("gone", "a", False), "step `gone` has no result"),
        (StepOutput("one", "z", False), "the output of step `one` has no `z`"),
        (StepOutput("broken", "a", True), "the output of step `broken` has no `a`"),
        (StepOutput("one", "a", True), "a list is wanted"),
    ):
        found = evaluate(tree, scope)
        assert isinstance(found, Absent)
        assert reason in found.reason


def test_a_comprehension_binds_only_inside() -> None:
    """After a comprehension, its variable means again what it meant before, even where it was absent."""
    assert value("default([1 / 0 for n in list], []) + [n]") == [7]
    assert isinstance(value("[x for x in list] + [x]"), Absent)


def test_templates_make_text() -> None:
    """In a string, a string stands as it is, and everything else as JSON."""
    template = parse_template("{t}: {n}, {half}, {yes}, {nothing}, {list}, {object.a}{{}}")
    assert evaluate(template, SCOPE) == "héllo: 7, 0.5, true, null, [3, 1, 2], 1{}"
    assert isinstance(evaluate(parse_template("{object.z}"), SCOPE), Absent)


def test_text_from_outside_is_never_interpreted() -> None:
    """What a value holds is data: braces, dollars and expressions in it stay as they are."""
    scope: dict[str, Any] = {"t": "$1 {n} {{x}} ${t} %s"}
    assert evaluate(parse_template("<{t}>"), scope) == "<$1 {n} {{x}} ${t} %s>"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)
_EXPRESSIONS = st.recursive(
    st.sampled_from(
        ["x", "y", "x.a", "y[0]", "1", "2.5", '"a"', "true", "null", "[]", "{}", "9e99", "10 ** 99"]
    ),
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(
                ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
            ),
            inner,
        ).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["len", "min", "max", "sum", "any", "all", "str", "round"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
        st.tuples(st.sampled_from(["min", "max", "round", "default"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, inner, inner).map(lambda parts: f"[{parts[0]} for x in {parts[1]} if {parts[2]}]"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
        inner.map(lambda part: f"(-{part})"),
        inner.map(lambda part: f"(not {part})"),
        inner.map(lambda part: f'{{"a": {part}}}.a'),
    ),
    max_leaves=10,
)


@given(_EXPRESSIONS, _JSON, _JSON)
def test_total(text: str, x: Any, y: Any) -> None:
    """For every tree that the parser makes and every scope of JSON, there is a value or a reason why not,
    and never an exception; and the value is JSON that can be written."""
    import json

    try:
        tree = parse(text)
    except ExpressionSyntaxError:
        return
    found = evaluate(tree, {"x": x, "y": y})
    if isinstance(found, Absent):
        assert found.reason
    else:
        json.dumps(found, allow_nan=False)
