"""The words of the expression language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.parser import parse
from callsheet.planner.expressions.tokens import FOREIGN, MAX_LENGTH, tokenize
from callsheet.planner.expressions.tree import Constant, Member, Name


def test_every_word_knows_where_it_begins() -> None:
    """A finding can point at the character, whatever blanks stand between the words."""
    words = tokenize("a  <=\n\t10 ")
    assert [(word.kind, word.text, word.start) for word in words] == [
        ("name", "a", 0),
        ("symbol", "<=", 3),
        ("number", "10", 7),
        ("end", "", 10),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("1.5", 1.5), (".5", 0.5), ("2e3", 2000.0), ("1E-2", 0.01), ("9" * 300, int("9" * 300))],
)
def test_numbers(text: str, value: float) -> None:
    """Numbers are written as in Python; one without a point or exponent is whole."""
    tree = parse(text)
    assert isinstance(tree, Constant)
    assert tree.value == value
    assert type(tree.value) is type(value)


@pytest.mark.parametrize("text", ["9" * 301, "1e999", "1_000", "0x10", "1j", "٣"])
def test_numbers_that_are_none(text: str) -> None:
    """Too large a number, and every other way to write one, is refused."""
    with pytest.raises(ExpressionSyntaxError):
        parse(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_texts_are_texts_here(text: str) -> None:
    """For every text, the way JSON writes it means the same in an expression."""
    written = json.dumps(text, ensure_ascii=False)
    if len(written) < MAX_LENGTH:
        assert parse(written) == Constant(text)


def test_quotes_and_escapes() -> None:
    """Single and double quotes both make texts, and the usual escapes are known."""
    assert parse(r"'it\'s'") == parse('"it\'s"') == Constant("it's")
    assert parse(r'"\u00e9\n\t\/"') == Constant("é\n\t/")


@pytest.mark.parametrize("text", [r'"\x41"', r'"\N{DIGIT ONE}"', r'"\ud800"', r'"\u12"', '"a', '"a\nb"', "'"])
def test_texts_that_are_none(text: str) -> None:
    """A text that is not closed on its line, a strange escape and half a character are refused."""
    with pytest.raises(ExpressionSyntaxError):
        parse(text)


@pytest.mark.parametrize("word", sorted(FOREIGN))
def test_words_of_python_mean_nothing(word: str) -> None:
    """Python's other words are refused by name, and are names of fields all the same."""
    with pytest.raises(ExpressionSyntaxError, match=f"`{word}` is not part"):
        parse(word)
    assert parse(f"output.{word}") == Member(Name("output"), word, 7)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("a = 1", "=="), ("a && b", "`and`"), ("a | b", "`or`"), ("!a", "`not`"), ("x.prénom", '["prénom"]')],
)
def test_hints_for_habits_from_elsewhere(text: str, hint: str) -> None:
    """Who writes another language's operator is told ours."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text)
    assert hint in str(caught.value.hint)


def test_an_expression_is_short() -> None:
    """An expression has 4,000 characters at most, blanks included."""
    assert parse("1" + " " * (MAX_LENGTH - 1)) == Constant(1)
    with pytest.raises(ExpressionSyntaxError, match="at most 4,000 are allowed"):
        parse("1" + " " * MAX_LENGTH)


def test_a_hostile_length_takes_no_time() -> None:
    """Texts of megabytes are refused in one pass: blanks and quotes are not gone over again and again."""
    for text in (" " * 3_000_000 + "$", '"' * 999_999, '"' + "\\" * 500_000, "'" + "a" * 500_000):
        for read in (parse, tokenize):
            with pytest.raises(ExpressionSyntaxError):
                read(text)
