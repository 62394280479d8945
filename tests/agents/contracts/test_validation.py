"""Where a value breaks its schema, and how that is said."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.contracts.validation import Validator

SHAPES = [
    {"properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}, "required": ["radius"]},
    {"properties": {"kind": {"const": "line"}, "length": {"type": "number"}}, "required": ["length"]},
]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("branches", "value", "pointer", "message"),
    [
        (
            [{"type": "integer", "maximum": 100}, {"type": "null"}],
            500,
            "",
            "500 is greater than the maximum of 100",
        ),
        ([{"enum": ["red", "green"]}, {"type": "null"}], "rde", "", '"rde" is not one of "red" or "green"'),
        (
            [{"type": "integer"}, {"type": ["null", "boolean"]}],
            "z",
            "",
            '"z" is not of type "integer", "null" or "boolean"',
        ),
        (SHAPES, {"kind": "line"}, "", '"length" is a required property'),
        (SHAPES, {"kind": "circle", "radius": "wide"}, "/radius", '"wide" is not of type "number"'),
        (
            [{"type": "null"}, {"anyOf": SHAPES, "type": "object"}],
            {"kind": "line"},
            "",
            '"length" is a required property',
        ),
        (
            [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}],
            [1, "2"],
            "/1",
            '"2" is not of type "integer"',
        ),
    ],
)
def test_of_several_branches_the_one_that_was_meant_is_told(
    keyword: str, branches: list[Any], value: Any, pointer: str, message: str
) -> None:
    """The one of its type, or of the word that tells it from the others; all types where none is."""
    (problem,) = Validator({keyword: branches}).problems(value)
    assert (problem.pointer, problem.message) == (pointer, message)


def test_where_two_branches_may_be_meant_both_stand() -> None:
    """Nothing is guessed."""
    (problem,) = Validator({"anyOf": [{"minLength": 3}, {"pattern": "^x"}]}).problems("a")
    assert "not valid under any" in problem.message
