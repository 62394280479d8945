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
            "500 is above 100",
        ),
        ([{"enum": ["red", "green"]}, {"type": "null"}], "rde", "", '"rde" is not one of "red", "green"'),
        (
            [{"type": "integer"}, {"type": ["null", "boolean"]}],
            "z",
            "",
            '"z" is a string, but an integer, a boolean or null is required',
        ),
        (SHAPES, {"kind": "line"}, "", "`length` is missing"),
        (
            SHAPES,
            {"kind": "circle", "radius": "wide"},
            "/radius",
            '"wide" is a string, but a number is required',
        ),
        (
            [{"type": "null"}, {"anyOf": SHAPES, "type": "object"}],
            {"kind": "line"},
            "",
            "`length` is missing",
        ),
        (
            [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}],
            [1, "2"],
            "/1",
            '"2" is a string, but an integer is required',
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
    assert problem.message == (
        "this fits none of the forms that are allowed: "
        '(1) "a" has 1 character, and needs at least 3; (2) "a" does not match the pattern ^x'
    )
