"""References in texts: what a model writes in braces, and what it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.expressions.tree import TemplateText as TextTree
from callsheet.planner.formats.small.references import read_references
from callsheet.planner.plan.plan import From, Literal, Template

IDS = ("s1", "s2")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


def text_of(template: str) -> str:
    """The text of a template without references."""
    tree = parse_template(template)
    assert isinstance(tree, TextTree)
    assert all(isinstance(part, Constant) for part in tree.parts)
    return "".join(
        part.value for part in tree.parts if isinstance(part, Constant) and isinstance(part.value, str)
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{s1}", From("s1")),
        ("{ s1 }", From("s1")),
        ("{s1.text}", From("s1.text")),
        ("{s1[0].name}", From("s1[0].name")),
        ("{len(s2)}", From("len(s2)")),
        ("about {s1}", Template("about { s1 }")),
        ("{s1}{s2}", Template("{ s1 }{ s2 }")),
        ("a {b} {s1}", Template("a {{b}} { s1 }")),
        ("{{s1}}", Template("{{{ s1 }}}")),
        (["{s1}", "x"], From('[s1, "x"]')),
        (["see {s1}"], From('["see " + str(s1)]')),
        ({"k": "{s1}", "n": [1, True, None]}, From('{"k": s1, "n": [1, true, null]}')),
    ],
)
def test_a_reference_takes_the_result_of_a_step(written: object, meant: object) -> None:
    """One reference keeps its type, among words it makes text, in a list or object it is built in."""
    assert read_references(written, IDS) == meant  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written", ["", "no braces", "{b}", "{}", "{{x}}", '{"s1": 2}', "f(s1)", "a } b {", 5, None]
)
def test_braces_that_name_no_step_are_text(written: object) -> None:
    """What is no reference is a literal, letter for letter."""
    assert read_references(written, IDS) == Literal(written)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["{s9}", "see {s1 of it}"])
def test_what_looks_like_a_reference_is_left_for_the_checker(written: str) -> None:
    """An unknown id, or something that is no expression, does not pass silently as text."""
    assert not isinstance(read_references(written, IDS), Literal)


@given(st.text().filter(lambda text: "s" not in text))
def test_any_text_around_a_reference_survives(text: str) -> None:
    """For every text that names no step: around a reference it stands in the template as it was."""
    binding = read_references(text + "{s1}", IDS)
    if not text:
        assert binding == From("s1")
        return
    assert isinstance(binding, Template)
    assert binding.text.endswith("{ s1 }")
    assert text_of(binding.text.removesuffix("{ s1 }")) == text


@given(JSON)
def test_a_value_with_a_reference_is_an_expression_that_parses(value: object) -> None:
    """For every JSON value: put in a list beside a reference, it is an expression that can be read."""
    binding = read_references([value, "{s1}"], IDS)  # type: ignore[list-item]
    assert isinstance(binding, From)
    parse(binding.expression) if len(binding.expression) < 1000 else None
