"""D5. A wrong choice is answered with all choices, up to 20, and with the one meant; in a template too."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.check.checker import check
from callsheet.planner.diagnostics import Diagnostic
from tests.planner.catalogs import TEXT, capability


def findings(value: JsonValue, schema: Any) -> tuple[Diagnostic, ...]:
    """What the checker says of a step with this value."""
    take = capability("take", {"value": schema}, {"result": TEXT})
    steps: list[JsonValue] = [{"id": "a", "capability": "take", "inputs": {"value": value}}]
    document: JsonObject = {"goal": "a goal", "steps": steps, "answer": {"from": "a"}}
    return check(document, [take]).errors


@pytest.mark.parametrize(
    "binding", ["yelow", {"from": '"yelow"'}, {"template": "yelow"}, {"template": "ye{{low"}]
)
def test_all_choices_are_said(binding: JsonValue) -> None:
    """A literal, an expression and a template without anything that varies are held against the choices."""
    colours: list[JsonValue] = [f"colour{number:02}" for number in range(19)]
    (error,) = findings(binding, {"type": "string", "enum": [*colours, "yellow"]})
    assert "colour00" in error.message
    assert "yellow" in error.message
    assert "…" not in error.message


def test_what_was_meant_is_said_and_no_more_than_20() -> None:
    """Deep inside a value too."""
    colours: list[JsonValue] = ["yellow", *(f"colour{number:02}" for number in range(30))]
    schema = {"type": "array", "items": {"enum": colours}}
    (error,) = findings(["colour00", "yelow"], schema)
    assert error.hint == "did you mean `yellow`?"
    assert error.pointer == "/steps/0/inputs/value/1"
    assert error.message.startswith('input `value`: "yelow" is not one of')
    assert "colour18" in error.message
    assert "colour19" not in error.message


def test_a_template_that_is_a_choice_is_one() -> None:
    """Word for word."""
    assert findings({"template": "red"}, {"enum": ["red", "green"]}) == ()


@pytest.mark.parametrize(
    ("binding", "schema", "message", "hint"),
    [
        ({"template": "gren"}, {"enum": ["red", "green"]}, '"gren" is not one of', "did you mean `green`?"),
        (
            {"template": "gr{'en'}"},
            {"enum": ["red", "green"]},
            '"gren" is not one of',
            "did you mean `green`?",
        ),
        (
            {"from": '"gr" + "en"'},
            {"enum": ["red", "green"]},
            '"gren" is not one of',
            "did you mean `green`?",
        ),
        ({"from": "100 * 5"}, {"type": ["integer", "null"], "maximum": 100}, "500 is above 100", None),
        ({"from": '["red", "x"]'}, {"items": {"enum": ["red"]}}, '/1: "x" is not "red"', None),
        ({"from": '{"size": 0}'}, {"properties": {"size": {"minimum": 1}}}, "/size: 0 is below 1", None),
        ({"template": "x"}, {"type": "string", "pattern": "^a"}, '"x" does not match the pattern ^a', None),
    ],
)
def test_what_never_varies_is_held_against_the_whole_schema(
    binding: JsonValue, schema: Any, message: str, hint: str | None
) -> None:
    """An expression or a template that names nothing is as good as a literal."""
    (error,) = findings(binding, schema)
    assert message in error.message
    assert error.hint == hint


def test_a_default_is_not_taken_for_the_value_of_a_parameter() -> None:
    """Another value may be given."""
    take = capability("take", {"value": {"type": "integer", "minimum": 1}}, {"result": TEXT})
    steps: list[JsonValue] = [{"id": "a", "capability": "take", "inputs": {"value": {"from": "params.n"}}}]
    params: JsonObject = {"n": {"type": "integer", "default": 0}}
    document: JsonObject = {"goal": "a goal", "params": params, "steps": steps, "answer": {"from": "a"}}
    assert check(document, [take]).errors == ()
