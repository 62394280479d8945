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
