"""Whether values of one type may stand where another is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.planner.expressions.fits import misfit
from callsheet.planner.expressions.kinds import type_of_value
from callsheet.planner.expressions.schema_types import type_of_schema

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
NULL: dict[str, Any] = {"type": "null"}


def closed(required: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """The schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


def array(items: Any, *first: Any) -> dict[str, Any]:
    """The schema of an array."""
    return (
        {"type": "array", "prefixItems": list(first), "items": items}
        if first
        else {
            "type": "array",
            "items": items,
        }
    )


@pytest.mark.parametrize(
    ("offered", "wanted"),
    [
        (TEXT, TEXT),
        (WHOLE, NUMBER),
        ({}, TEXT),
        (TEXT, {}),
        (TEXT, {"type": ["string", "null"]}),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}),
        (TEXT, {"enum": ["a"]}),
        (array(WHOLE), array(NUMBER)),
        (array(TEXT, WHOLE), array(TEXT, NUMBER)),
        (closed(("a",), a=TEXT), closed(a=TEXT)),
        (closed(a=TEXT), closed(("a",), a=TEXT)),
        (closed(("a",), a=TEXT), {"type": "object"}),
        (closed(a=TEXT), {"type": "object", "additionalProperties": TEXT}),
        ({"type": "object", "additionalProperties": TEXT}, closed(a=TEXT)),
        (closed(("a",), a=TEXT), {"anyOf": [closed(("b",), b=TEXT), closed(("a",), a=TEXT)]}),
        (False, TEXT),
    ],
)
def test_fitting(offered: Any, wanted: Any) -> None:
    """Kinds that are the same fit; what is unknown, and refinements that may hold, are left to the value."""
    assert misfit(type_of_schema(offered), type_of_schema(wanted)) is None


@pytest.mark.parametrize(
    ("offered", "wanted", "problem"),
    [
        (TEXT, NUMBER, "this is a string, but a number is required"),
        (NUMBER, WHOLE, "may have a fraction"),
        ({"type": ["string", "null"]}, TEXT, "this may be null, but a string is required"),
        ({"enum": ["a"]}, {"enum": ["b"]}, 'this is one of "a", but one of "b" is required'),
        (array(TEXT), array(WHOLE), "each element is a string"),
        (array(array(TEXT)), array(array(WHOLE)), "each element of each element is a string"),
        (array(TEXT, WHOLE), array(TEXT), "each element is an integer"),
        (array(TEXT), array(TEXT, WHOLE), "each element is a string, but an integer"),
        (closed(a=TEXT), closed(a=WHOLE), "its `a` is a string"),
        (closed(b=TEXT), closed(("a",), a=TEXT), "this has no `a`, which is required"),
        (closed(("a", "b"), a=TEXT, b=TEXT), closed(a=TEXT), "this has a `b`, which is not allowed"),
        (closed(a=TEXT), {"type": "object", "additionalProperties": WHOLE}, "its `a` is a string"),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": WHOLE},
            "each of its values is a string",
        ),
        ({"type": "object", "additionalProperties": TEXT}, closed(a=WHOLE), "its `a` is a string"),
        (TEXT, False, "this is a string, but nothing at all is required"),
    ],
)
def test_misfits(offered: Any, wanted: Any, problem: str) -> None:
    """What can never stand there is named, with its place."""
    assert problem in str(misfit(type_of_schema(offered), type_of_schema(wanted)))


def tree_of(label: Any) -> dict[str, Any]:
    """A schema of trees with labels."""
    return closed(
        ("label",), label=label, children=array({"$ref": "#"}), parent={"anyOf": [{"$ref": "#"}, NULL]}
    )


def test_types_that_speak_of_themselves() -> None:
    """Trees of texts fit trees of texts, and never trees of numbers; the comparison ends."""
    assert misfit(type_of_schema(tree_of(TEXT)), type_of_schema(tree_of(TEXT))) is None
    assert misfit(type_of_schema(tree_of(WHOLE)), type_of_schema(tree_of(NUMBER))) is None
    assert misfit(type_of_schema(tree_of(TEXT)), type_of_schema(tree_of(WHOLE))) is not None


def test_what_failed_in_one_alternative_fails_in_the_next() -> None:
    """A pair that was assumed to fit, and did not, is not taken for fitting when it comes up again."""
    wanted = type_of_schema(
        {
            "anyOf": [
                closed(("a", "b"), a={"$ref": "#/$defs/pair"}, b=TEXT),
                closed(("a", "b"), a={"$ref": "#/$defs/pair"}, b=WHOLE),
            ],
            "$defs": {"pair": closed(x={"$ref": "#/$defs/x"}), "x": WHOLE},
        }
    )
    offered = type_of_schema(closed(("a", "b"), a=closed(x=TEXT), b=WHOLE))
    assert misfit(offered, wanted) is not None


def test_literals() -> None:
    """A value that is known fits what it keeps to, element by element."""
    assert misfit(type_of_value([1, 2.0]), type_of_schema(array(WHOLE))) is None
    assert misfit(type_of_value([1, "a"]), type_of_schema(array(WHOLE))) is not None
    assert misfit(type_of_value({"a": None}), type_of_schema(closed(a=TEXT))) is not None
