"""From texts to trees."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.parser import MAX_DEPTH, MAX_TEMPLATE, parse, parse_template
from callsheet.planner.expressions.tree import (
    Call,
    Comparison,
    Comprehension,
    Connective,
    Constant,
    DictDisplay,
    Index,
    ListDisplay,
    Member,
    Name,
    Negative,
    Not,
    Operation,
    TemplateText,
    Tree,
)
from callsheet.planner.expressions.values import Absent

A, B, C = Name("a", 0), Name("b", 0), Name("c", 0)


def shape(text: str) -> str:
    """The tree with every group in parentheses, to compare precedence by."""
    return _shape(parse(text))


def _shape(tree: Tree) -> str:
    match tree:
        case Name(name):
            return name
        case Constant(value):
            return str(value)
        case Operation(operator, left, right):
            return f"({_shape(left)} {operator} {_shape(right)})"
        case Negative(operand):
            return f"(-{_shape(operand)})"
        case Not(operand):
            return f"(not {_shape(operand)})"
        case Connective(operator, operands):
            return "(" + f" {operator} ".join(map(_shape, operands)) + ")"
        case Comparison(first, rest):
            return f"({_shape(first)}" + "".join(f" {how} {_shape(each)}" for how, each in rest) + ")"
        case _:
            raise AssertionError(tree)


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a * b // c % a", "(((a * b) // c) % a)"),
        ("-a ** b", "(-(a ** b))"),
        ("a ** -b", "(a ** (-b))"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("-a * b", "((-a) * b)"),
        ("a < b <= c", "(a < b <= c)"),
        ("a not in b", "(a not in b)"),
        ("not a == b", "(not (a == b))"),
        ("not not a", "(not (not a))"),
        ("a or b and not c", "(a or (b and (not c)))"),
        ("a and b and c", "(a and b and c)"),
        ("a or b or c", "(a or b or c)"),
        ("(a or b) and c", "((a or b) and c)"),
        ("a + b < c * a and b", "(((a + b) < (c * a)) and b)"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    """Operators bind as in Python; comparisons chain, `and` and `or` take many."""
    assert shape(text) == grouped


def test_atoms_and_suffixes() -> None:
    """Names, displays, calls, members and indexes, each with the character where it begins."""
    assert parse("a.b") == Member(Name("a", 0), "b", 2)
    assert parse("a.b[0].c") == Member(Index(Member(Name("a", 0), "b", 2), Constant(0, 4), 3), "c", 7)
    assert parse("[1, 2,]") == ListDisplay((Constant(1, 1), Constant(2, 4)), 0)
    assert parse('{"k": a}') == DictDisplay((("k", Name("a", 6)),), 0)
    assert parse("len(a)") == Call("len", (Name("a", 4),), 0)
    assert parse("[x for x in a if x]") == Comprehension(Name("x", 1), "x", Name("a", 12), Name("x", 17), 0)
    assert parse("sum(x for x in a)") == Call(
        "sum", (Comprehension(Name("x", 4), "x", Name("a", 15), None, 0),), 0
    )


@pytest.mark.parametrize("text", ["acme", "acme.findings", "a1.b_2", "true", "not_a", "a.in"])
def test_the_quick_way_is_the_same_way(text: str) -> None:
    """The frequent `step.field` is read without the parser, to the same tree."""
    slowly = parse(f"{text} ")
    assert parse(text) == slowly


def test_words_for_constants() -> None:
    """JSON's words and Python's mean the same."""
    for text, value in {"true": True, "True": True, "false": False, "null": None, "None": None}.items():
        assert parse(text) == Constant(value)


@pytest.mark.parametrize(
    ("text", "start", "problem"),
    [
        ("", 0, "is incomplete"),
        ("a +", 3, "is incomplete"),
        ("a b", 2, "`b` is not expected"),
        ("a[1:2]", 3, "slices are not supported"),
        ("a..b", 2, "a field name"),
        ("(a", 2, "`)` is missing before the end"),
        ("[a, b", 5, "`]` is missing"),
        ("(a, b)", 2, "`)` is missing before `,`"),
        ("{a: 1}", 1, "a key must be a string"),
        ('{"a": 1, "a": 2}', 9, "occurs twice"),
        ("a not b", 6, "`in` is missing"),
        ("f(a)", 0, "no function `f`"),
        ("a.b(c)", 3, "`(` is not expected"),
        ("len()", 0, "takes one value, not 0"),
        ("default(a)", 0, "takes 2 values, not 1"),
        ("round(a, b, c)", 0, "takes one value or more, not 3"),
        ("[x for x in a for y in b]", 14, "one `for` and one `if`"),
        ("[x for 1 in a]", 7, "one name between"),
        ("a == not b", 5, "needs parentheses"),
        ("-not a", 1, "needs parentheses"),
        ("a if b", 2, "`if` is not expected"),
    ],
)
def test_errors_say_where(text: str, start: int, problem: str) -> None:
    """What is no expression is refused with the place and the reason."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text)
    assert caught.value.start == start
    assert problem in caught.value.problem
    assert f"at character {start + 1}: " in str(caught.value)


@pytest.mark.parametrize(("text", "hint"), [("lenn(a)", "`len`"), ("eval(a)", "there are len, min")])
def test_hints(text: str, hint: str) -> None:
    """A function that does not exist is answered with the nearest one, or with all."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text)
    assert hint in str(caught.value.hint)


def test_depth_is_bounded() -> None:
    """A tree is 50 deep at most, whether by brackets or by a chain that grows to the left."""
    parse("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1))
    parse("+".join("1" * MAX_DEPTH))
    for text in ("(" * 50 + "1" + ")" * 50, "+".join("1" * 51), "a" + ".b" * 50, "a" + "[0]" * 50):
        with pytest.raises(ExpressionSyntaxError, match="50 deep"):
            parse(text)


def test_templates() -> None:
    """A template is text with expressions in single braces; doubled ones are braces."""
    assert parse_template("Hi {a}!") == TemplateText((Constant("Hi "), Name("a", 4), Constant("!")))
    assert parse_template("{{a}}") == TemplateText((Constant("{a}"),))
    assert parse_template("") == TemplateText(())
    assert parse_template('{ {"k": "}"}["k"] }{a}') == TemplateText(
        (Index(DictDisplay((("k", Constant("}", 8)),), 2), Constant("k", 13), 12), Name("a", 20))
    )


@pytest.mark.parametrize(
    ("text", "start", "problem"),
    [
        ("a } b", 2, "has no matching {"),
        ("a {b", 2, "not closed"),
        ("{}", 1, "is incomplete"),
        ("{a!r}", 2, "not part"),
        ("{a:>10}", 2, "`:` is not expected"),
        ("{a.__class__}", 3, "not a valid name"),
        ("{a b}", 3, "not expected"),
    ],
)
def test_template_errors(text: str, start: int, problem: str) -> None:
    """Braces must match, and format strings' tricks are no part of the language."""
    with pytest.raises(ExpressionSyntaxError, match=problem) as caught:
        parse_template(text)
    assert caught.value.start == start


def test_a_template_is_bounded() -> None:
    """A template has 200,000 characters at most, an expression in it 4,000."""
    assert parse_template("x" * MAX_TEMPLATE) == TemplateText((Constant("x" * MAX_TEMPLATE),))
    for text in ("x" * (MAX_TEMPLATE + 1), '{ "' + "x" * 4_000 + '" }'):
        with pytest.raises(ExpressionSyntaxError, match=r"at most 200,000|at most 4,000"):
            parse_template(text)


@given(st.text(st.characters(exclude_characters="{}"), max_size=30))
def test_a_text_without_braces_is_itself(text: str) -> None:
    """For every text without braces, the template of it yields it."""
    if "\ud800" <= max(text, default="") <= "\udfff":
        return
    assert evaluate(parse_template(text), {}) == text


_NUMBERS = st.sampled_from(["0", "1", "2", "3", "7", "0.5"])
_ARITHMETIC = st.recursive(
    _NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner).map(" ".join),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"({text})"),
        st.tuples(inner, inner).map(lambda two: f"max({two[0]}, {two[1]})"),
        inner.map(lambda text: f"[{text}, 1][0]"),
    ),
    max_leaves=8,
)
_TRUTHS = st.recursive(
    st.tuples(_ARITHMETIC, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _ARITHMETIC).map(" ".join),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda text: f"not {text}"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=6,
)


@given(_ARITHMETIC | _TRUTHS)
def test_python_is_the_oracle(text: str) -> None:
    """For every expression over numbers and booleans, Python groups it alike and gets the same."""
    try:
        expected: JsonValue = _python(ast.parse(text, mode="eval").body)
    except (ArithmeticError, TypeError, SyntaxError):
        return
    found = evaluate(parse(text), {})
    if not isinstance(found, Absent):
        assert found == expected
        assert type(found) is type(expected)


def _python(node: ast.expr) -> JsonValue:
    """Evaluate the few nodes that the strategy writes; large powers are left alone."""
    if any(isinstance(each, ast.Pow) for each in ast.walk(node)) and len(ast.unparse(node)) > 12:
        raise OverflowError
    code = compile(ast.Expression(node), "<test>", "eval")
    value: JsonValue = eval(code, {"__builtins__": {"max": max}})
    if isinstance(value, complex):
        raise ArithmeticError
    return value


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**9), 10**9)
        | st.floats(-1e300, 1e300)
        | st.text('ab\n"\\é', max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_json_is_an_expression(value: JsonValue) -> None:
    """For every JSON value of moderate size, its JSON text is an expression that yields it."""
    import json

    assert evaluate(parse(json.dumps(value, ensure_ascii=False)), {}) == value


@given(st.text(max_size=60) | st.text("ab.[]{}()'\"0+-*/%<>=,: \n\\notinfrx", max_size=60))
def test_every_text_is_a_tree_or_an_error(text: str) -> None:
    """For every text, both parsers make a tree or say that it is none; nothing else happens."""
    for read in (parse, parse_template):
        try:
            tree = read(text)
        except ExpressionSyntaxError as error:
            assert 0 <= error.start <= len(text)
            assert str(error)
        else:
            evaluate(tree, {"a": [1], "b": {"x": None}})
