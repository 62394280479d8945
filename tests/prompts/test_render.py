from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.prompts.errors import PromptError
from callsheet.prompts.render import render, render_text


def test_a_template_is_rendered_with_its_values() -> None:
    """A template of the package is found by its name, with or without the suffix."""
    text = render("models/repair", problem="`a` is missing")
    assert text.splitlines()[:3] == ["Your last answer cannot be used:", "", "`a` is missing"]
    assert render("models/repair.j2", problem="`a` is missing") == text


def test_the_schema_note_asks_for_json_alone() -> None:
    """Servers that take `json_object` insist on the word JSON in the prompt."""
    text = render("models/schema", schema='{"type": "object"}')
    assert "JSON" in text
    assert text.endswith('{"type": "object"}')


def test_a_missing_value_is_an_error() -> None:
    """A name that the values lack never becomes an empty text."""
    with pytest.raises(PromptError, match="'problem' is undefined"):
        render("models/repair")


@pytest.mark.parametrize(
    "name", ["nowhere", "models/../models/repair", "../prompts/models/repair", "/etc/passwd"]
)
def test_only_templates_of_the_package_are_loaded(name: str) -> None:
    """A name that leads anywhere else is an unknown template."""
    with pytest.raises(PromptError, match="there is no template"):
        render(name)


def test_nothing_is_escaped() -> None:
    """Prompts are plain text: no character becomes an HTML entity."""
    assert '<b> & "c"' in render("models/repair", problem='<b> & "c"')


@given(st.text())
def test_a_value_is_never_a_template(value: str) -> None:
    """For every text, in a value it comes out as it went in."""
    assert render_text("[{{ value }}]", {"value": value}) == f"[{value}]"


def test_template_syntax_in_a_value_stays_as_it_is() -> None:
    """What a model or user wrote cannot make the renderer do anything."""
    assert render_text("{{ value }}", {"value": "{{ 7 * 7 }}{% include 'models/repair' %}"}).startswith(
        "{{ 7"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ missing }}",
        "{% if %}",
        "{{ 1 / 0 }}",
        "{{ number + 'text' }}",
        "{{ number.__class__.__mro__ }}",
        "{% include 'models/repair.j2' %}",
    ],
)
def test_a_bad_source_is_a_prompt_error(source: str) -> None:
    """A developer's mistake in instructions is told as one, whatever kind it is."""
    with pytest.raises(PromptError):
        render_text(source, {"number": 1})
