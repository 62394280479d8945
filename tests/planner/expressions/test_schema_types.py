"""From JSON Schemas to types."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.types import (
    ANYTHING,
    MAX_KINDS,
    Anything,
    List,
    Null,
    Number,
    Object,
    Text,
    Truth,
    Type,
    union,
)

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}


def kinds(schema: Any) -> tuple[Any, ...]:
    """What a value of the schema may be."""
    return type_of_schema(schema).kinds


def only(schema: Any, sort: type) -> Any:
    """The one kind that a value of the schema may be."""
    (kind,) = kinds(schema)
    assert isinstance(kind, sort)
    return kind


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "a string"),
        ({"type": "integer"}, "an integer"),
        ({"type": "number"}, "a number"),
        ({"type": "boolean"}, "a boolean"),
        ({"type": "null"}, "null"),
        ({"type": ["string", "null"]}, "a string or null"),
        ({"type": ["number", "integer"]}, "a number"),
        ({"enum": ["a", "b"]}, 'one of "a", "b"'),
        ({"enum": ["a", 1, None]}, 'one of "a" or an integer or null'),
        ({"enum": [1.5, 2]}, "a number"),
        ({"const": "a"}, 'one of "a"'),
        ({"const": True}, "a boolean"),
        ({"const": [1]}, "a list (of anything)"),
        ({"const": {"a": 1}}, "an object"),
        ({"type": "string", "enum": ["a", 1]}, 'one of "a"'),
        ({"type": "integer", "enum": ["a"]}, "nothing at all"),
        ({"anyOf": [TEXT, {"type": "null"}]}, "a string or null"),
        ({"oneOf": [WHOLE, {"type": "number"}]}, "a number"),
        ({"anyOf": [TEXT, {}]}, "anything"),
        ({"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "null"]}]}, "an integer"),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, 'one of "b"'),
        ({"type": "array", "items": TEXT}, "a list of strings"),
        ({"type": "array"}, "a list (of anything)"),
        ({"type": "array", "prefixItems": [TEXT]}, "a list"),
        ({"type": "object", "properties": {"a": TEXT}}, "an object with a"),
        ({"not": TEXT}, "anything"),
        ({"if": TEXT, "then": TEXT}, "anything"),
        ({"properties": {"a": TEXT}}, "anything"),
        ({"type": "string", "minLength": 3, "pattern": "x"}, "a string"),
        ({}, "anything"),
        (True, "anything"),
        (False, "nothing at all"),
        ({"enum": [[each] for each in range(MAX_KINDS + 1)]}, "anything"),
        ({"$ref": "https://elsewhere.example/schema"}, "anything"),
        ({"$ref": "#/$defs/gone"}, "anything"),
        ({"$ref": "#"}, "anything"),
        ({"anyOf": [{"$ref": "#"}, TEXT]}, "anything"),
        ({"type": "string", "allOf": [{"$ref": "#"}]}, "a string"),
    ],
)
def test_schemas(schema: Any, expected: str) -> None:
    """A schema is read as the kinds that it lets through, and what it does not say as anything."""
    assert str(type_of_schema(schema)) == expected


def test_objects() -> None:
    """Fields, which of them are always there, and whether others may be."""
    schema = {"type": "object", "properties": {"a": TEXT, "b": WHOLE}, "required": ["a"]}
    plain = only(schema, Object)
    assert plain.fields["a"].required
    assert not plain.fields["b"].required
    assert (plain.rest, plain.sealed) == (None, False)
    assert only({**schema, "additionalProperties": False}, Object).sealed
    assert str(only({**schema, "additionalProperties": TEXT}, Object).rest) == "a string"
    assert only({**schema, "patternProperties": {"^x": WHOLE}}, Object).rest is ANYTHING
    assert only({"type": "object"}, Object).rest is ANYTHING


def test_arrays() -> None:
    """The first elements may have types of their own; `items` is for those behind."""
    kind = only({"type": "array", "prefixItems": [TEXT, WHOLE], "items": False}, List)
    assert [str(each) for each in kind.first] == ["a string", "an integer"]
    assert str(kind.items) == "nothing at all"


def test_all_of_objects() -> None:
    """What several schemas say at once is what all of them say: fields of each, required by any."""
    kind = only(
        {
            "allOf": [
                {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
                {"type": "object", "properties": {"b": WHOLE}, "additionalProperties": False},
            ]
        },
        Object,
    )
    assert {name: str(field.type) for name, field in kind.fields.items()} == {
        "a": "a string",
        "b": "an integer",
    }
    assert kind.sealed


def test_references() -> None:
    """A reference means what it points to, with escapes, and beside what else the schema says."""
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/x~1y~0z"}, "b": {"$ref": "#/properties/a"}},
        "$defs": {"x/y~z": TEXT},
    }
    fields = only(schema, Object).fields
    assert str(fields["a"].type) == str(fields["b"].type) == "a string"


def test_schemas_may_speak_of_themselves() -> None:
    """A tree's type goes as deep as anybody looks."""
    schema = {
        "type": "object",
        "properties": {"label": TEXT, "children": {"type": "array", "items": {"$ref": "#"}}},
    }
    kind = only(schema, Object)
    for _ in range(100):
        (listed,) = kind.fields["children"].type.kinds
        assert isinstance(listed, List)
        (kind,) = listed.items.kinds
        assert isinstance(kind, Object)
    assert str(kind.fields["label"].type) == "a string"


def test_a_schema_of_its_own_is_unknown() -> None:
    """Where a part has an `$id`, `#` within it means itself; nothing wrong is read into it."""
    schema = {
        "type": "object",
        "properties": {"a": {"$id": "urn:own", "$ref": "#/$defs/x", "$defs": {"x": WHOLE}}},
        "$defs": {"x": TEXT},
    }
    assert str(only(schema, Object).fields["a"].type) == "anything"
    assert str(type_of_schema({"$ref": "#/$defs/a/$defs/x", "$defs": {"a": schema["properties"]["a"]}})) == (  # type: ignore[index]
        "anything"
    )


def test_a_schema_nested_beyond_reason_is_unknown() -> None:
    """A schema too deep for Python's stack says nothing, and does no harm."""
    schema: dict[str, Any] = TEXT
    for _ in range(50_000):
        schema = {"anyOf": [schema]}
    assert kinds(schema) == (Anything(),)


def test_unions_are_made_in_one_pass() -> None:
    """A hundred thousand texts or objects are joined at once, not one by one against all others."""
    texts = union([Type((Text(frozenset((str(number),))),)) for number in range(100_000)])
    (kind,) = texts.kinds
    assert isinstance(kind, Text)
    assert len(kind.choices or ()) == 100_000
    assert union([Type((Object(),)) for _ in range(100_000)]).kinds == (Anything(),)


def test_unions() -> None:
    """Of one sort one kind, the wider; anything swallows the rest."""
    number, whole, text = Type((Number(),)), Type((Number(whole=True),)), Type((Text(),))
    assert union([number, whole]).kinds == union([whole, number]).kinds == (Number(),)
    assert union([whole, whole]).kinds == (Number(whole=True),)
    assert union([Type((Text(frozenset("a")),)), text]).kinds == (Text(),)
    assert union([text, Type((Null(), Truth())), ANYTHING]).kinds == (Anything(),)
    assert union([]).kinds == ()
    assert union([text, Type((Null(),))]).without(Null).kinds == (Text(),)
    assert ANYTHING.has(Null)
    assert not text.has(Null)
