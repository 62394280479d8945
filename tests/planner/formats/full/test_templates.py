"""Texts with expressions in braces, and the bindings that they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.formats.full.templates import bare, read_braces, write_braces
from callsheet.planner.plan.plan import Binding, From, Literal, Template, read_binding, write_binding

IDS = ("menu", "item")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("plain", Literal("plain")),
        ("{menu}", From("menu")),
        ("{ menu.days[0] }", From("menu.days[0]")),
        ("{{menu}}", Literal("{menu}")),
        ("for {item}!", Template("for {item}!")),
        ("{menu}{item}", Template("{menu}{item}")),
        ("{ {'a': menu} }", From("{'a': menu}")),
        ("{'}' + menu}", From("'}' + menu")),
        ("{mneu}", From("mneu")),
        ("[0-9]{4}", Literal("[0-9]{4}")),
        ("{3}", Literal("{3}")),
        ("{}", Literal("{}")),
        ('{"a": {"b": 1}}', Literal('{"a": {"b": 1}}')),
        ("p { color: red }", Literal("p { color: red }")),
        ("a } b", Literal("a } b")),
        ("{menu} and }", Template("{menu} and }")),
        ("{menu!}", Template("{menu!}")),
        (["a", "{menu}"], From('["a", menu]')),
        (["{{menu}}"], Literal(["{menu}"])),
        ({"to": "the {menu}", "n": 1}, From('{"to": "the " + str(menu), "n": 1}')),
        ({"to": {"from": "Rome"}}, Literal({"to": {"from": "Rome"}})),
        ({"from": "menu"}, From("menu")),
        ("{=3 * 4}", From("3 * 4")),
        ("{=}x{3}", Template("x{3}")),
        ("{=", Literal("{=")),
        (5, Literal(5)),
        (None, Literal(None)),
    ],
)
def test_what_a_value_means(value: Any, meant: Binding) -> None:
    """Braces that name something are expressions, doubled ones are braces, all others stay; what refers
    to a step and is broken stays a template, so that the checker says so."""
    assert read_braces(value, IDS) == meant


def test_where_no_text_is_wanted_an_expression_need_not_name_anything() -> None:
    """A number that is worked out is no text."""
    assert read_braces("{3 * 4}", IDS, takes_text=False) == From("3 * 4")
    assert read_braces("many", IDS, takes_text=False) == Literal("many")


def test_an_object_that_is_wanted_is_no_binding() -> None:
    """A span of days has `from` too; expressions in it are read as in any other object."""
    assert read_braces({"from": "2024-01-01"}, takes_object=True) == Literal({"from": "2024-01-01"})
    assert read_braces({"from": "{menu.day}"}, takes_object=True) == From('{"from": menu.day}')


@pytest.mark.parametrize("takes_object", [True, False])
@pytest.mark.parametrize(
    "value", [{"from": "menu"}, {"template": "{menu}"}, {"from": '{"from": "x"}'}, {"from": 5}]
)
def test_a_literal_that_looks_like_a_binding_is_written_so_that_it_stays_one(
    value: Any, takes_object: bool
) -> None:
    """Whatever the input takes: what is shown to a model, and comes back, means the same."""
    meant = read_binding(write_binding(Literal(value)))
    shown = write_braces(write_binding(meant))
    assert read_braces(shown, IDS, takes_object=takes_object) == meant
    if isinstance(meant, From):
        assert json.loads(meant.expression) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab{}' \":.4", max_size=12) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(JSON)
def test_every_literal_can_be_written(value: Any) -> None:
    """For every JSON value, however many braces its texts hold, what is written for it means it."""
    binding = write_binding(Literal(value))
    assert read_braces(write_braces(binding)) in (Literal(value), From(str(_expression_of(binding))))


def _expression_of(binding: Any) -> Any:
    return binding.get("from") if isinstance(binding, dict) else None


@given(st.text("abmenu{}' \":.+4[]", max_size=30))
def test_every_template_and_expression_can_be_written(text: str) -> None:
    """For every text of a template or an expression, what is written for it means it, right or wrong."""
    assert read_braces(write_braces({"template": text})) == Template(text)
    assert read_braces(write_braces({"from": text})) == From(text)


@pytest.mark.parametrize("expression", ["menu", "{menu}", " { menu } ", {"from": "menu"}])
def test_an_expression_may_wear_braces_where_only_one_can_stand(expression: Any) -> None:
    """Models put them there by habit."""
    assert bare(expression) == "menu"


@pytest.mark.parametrize("expression", ["{'a': 1}['a']", "{'a': menu}", "{menu} + {item}", 5, None, ["a"]])
def test_braces_of_the_expression_itself_stay(expression: Any) -> None:
    """An object written out is no habit."""
    assert bare(expression) == expression
