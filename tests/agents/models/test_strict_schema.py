from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, JsonValue

from callsheet.agents.models.strict_schema import strict_schema


class Leaf(BaseModel):
    label: str
    weight: float | None = None


class Tree(BaseModel):
    leaves: list[Leaf]
    children: list[Tree]


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def test_objects_are_closed_and_notes_to_people_dropped() -> None:
    """What strict mode refuses goes; what the answers look like stays."""
    schema = an_object(n={"type": "integer", "title": "N", "default": 3, "minimum": 0})
    assert strict_schema({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"}) == {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 0}},
        "required": ["n"],
        "additionalProperties": False,
    }


def test_what_may_be_null_is_asked_for() -> None:
    """An optional field that takes null is required: null says that it is missing."""
    strict = strict_schema(Leaf.model_json_schema())
    assert strict is not None
    assert strict["required"] == ["label", "weight"]


def test_recursive_models_have_a_strict_form_through_references() -> None:
    """Definitions are written out strictly, with nothing beside a reference."""
    schema = Tree.model_json_schema()
    root = {**an_object(tree={"$ref": "#/$defs/Tree", "description": "x"}), "$defs": schema["$defs"]}
    strict: Any = strict_schema(root)
    assert strict["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert strict["$defs"]["Leaf"]["additionalProperties"] is False


def test_one_of_becomes_any_of_and_const_an_enum() -> None:
    """The two spellings that strict mode does not know."""
    schema = an_object(
        a={"oneOf": [{"const": "x"}, {"type": "null"}], "discriminator": {"propertyName": "p"}}
    )
    strict: Any = strict_schema(schema)
    assert strict["properties"]["a"] == {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}


def test_choices_get_a_type() -> None:
    """Servers refuse those without; a type that is given stays."""
    strict: Any = strict_schema(an_object(a={"enum": ["x", 1, None]}, b={"type": "number", "enum": [1, 2.5]}))
    assert strict["properties"] == {
        "a": {"type": ["string", "integer", "null"], "enum": ["x", 1, None]},
        "b": {"type": "number", "enum": [1, 2.5]},
    }


NESTED: dict[str, Any] = {"type": "string"}
for _ in range(11):
    NESTED = an_object(a=NESTED)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"anyOf": [an_object(a={"type": "string"})]},
        an_object(a={}),
        an_object(a={"type": "array"}),
        an_object(a={"type": "array", "prefixItems": [{"type": "string"}]}),
        an_object(a={"allOf": [{"type": "string"}]}),
        an_object(a={"not": {"type": "string"}}),
        an_object(a={"type": "object", "patternProperties": {"x": {"type": "string"}}}),
        an_object(a={"$ref": "https://example.com/schema"}),
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": []},
        an_object(a={"enum": [str(number) for number in range(1001)]}),
        an_object(**{f"p{number}": {"type": "string"} for number in range(5001)}),
        NESTED,
    ],
)
def test_what_has_no_strict_form_is_said(schema: dict[str, JsonValue]) -> None:
    """Rather than change what an answer looks like, strict mode is left out."""
    assert strict_schema(schema) is None
