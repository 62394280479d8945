"""The part of a schema that a literal is written by, in both dialects."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.planner.schemas.literal_schema import (
    MAX_CHOICES,
    LiteralSchemas,
    nullable,
)
from callsheet.planner.schemas.shared_schema import share
from callsheet.planner.schemas.strict_reader import StrictReader, read_entries
from tests.planner.strategies import NODE, schemas
from tests.planner.strict_mode import broken_rules

LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def in_object(part: Any, schemas: LiteralSchemas) -> Any:
    """A closed object with one property of the schema, and what it refers to."""
    return share({**closed_object({"x": part}), "$defs": schemas.definitions})  # type: ignore[dict-item]


@given(schemas())
@LENIENT
def test_the_strict_dialect_breaks_no_rule(schema: JsonObject) -> None:
    """For every schema of an input, what a model writes by is strict, or there is nothing to write by."""
    literals = LiteralSchemas({"$defs": {"node": NODE}}, strict=True)
    written = literals.write(schema)
    if written is not None:
        assert broken_rules(in_object(written, literals)) == []
        assert broken_rules(in_object(nullable(written), literals)) == []


@given(st.data())
@LENIENT
def test_a_strict_literal_is_read_back_as_what_the_schema_has(data: st.DataObject) -> None:
    """Maps written as entries are objects again, and nulls for what is left out are gone."""
    schema: Any = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "null"}},
        "required": ["a", "c"],
    }
    schemas_ = LiteralSchemas({"$defs": {"one": schema}}, strict=True)
    whole = {"type": "object", "additionalProperties": {"$ref": "#/$defs/one"}}
    keys = data.draw(st.lists(st.text(max_size=3), unique=True, max_size=3))
    numbers = [data.draw(st.none() | st.integers()) for _ in keys]
    entries: Any = [
        {"key": key, "value": {"a": "x", "b": number, "c": None}}
        for key, number in zip(keys, numbers, strict=True)
    ]
    written = schemas_.write(whole)
    assert written is not None
    assert jsonschema_rs.is_valid(in_object(written, schemas_), {"x": entries})
    assert StrictReader({"$defs": {"one": schema}}).read(entries, whole) == {
        key: {"a": "x", "c": None} | ({} if number is None else {"b": number})
        for key, number in zip(keys, numbers, strict=True)
    }


def test_a_schema_that_speaks_of_itself_is_written_as_deep_as_one_likes() -> None:
    """In strict mode it refers to itself; the plain dialect writes it out a few levels deep."""
    node: Any = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
        "required": ["text"],
    }
    literals = LiteralSchemas({"$defs": {"node": node}}, strict=True)
    schema = in_object(literals.write({"$ref": "#/$defs/node"}), literals)
    value: Any = {"text": "z", "next": None}
    for _ in range(30):
        value = {"text": "a", "next": value}
    assert broken_rules(schema) == []
    assert jsonschema_rs.is_valid(schema, {"x": value})
    plain = LiteralSchemas({"$defs": {"node": node}}, strict=False).write({"$ref": "#/$defs/node"})
    assert plain is not None
    assert jsonschema_rs.is_valid(plain, {"text": "a", "next": {"text": "b"}})
    assert not jsonschema_rs.is_valid(plain, {"text": "a", "next": {"text": "b", "next": {"text": "c"}}})


@pytest.mark.parametrize(
    ("definitions", "value"),
    [
        ({"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, None),
        ({"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}, None),
        ({"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": {"$ref": "#/$defs/b"}}, None),
        (
            {
                "a": {"items": {"$ref": "#/$defs/b"}},
                "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}]},
            },
            ["x"],
        ),
    ],
)
def test_what_is_only_itself_is_not_written(definitions: Any, value: Any) -> None:
    """However many definitions lie on the way; what ends somewhere is."""
    literals = LiteralSchemas({"$defs": definitions}, strict=True)
    written = literals.write({"$ref": "#/$defs/a"})
    if value is None:
        assert (written, literals.definitions) == (None, {})
    else:
        assert written is not None
        assert broken_rules(in_object(written, literals)) == []
        assert jsonschema_rs.is_valid(in_object(written, literals), {"x": value})


def test_too_many_choices_are_left_to_the_checker() -> None:
    """In strict mode they count; the kind of value stays."""
    choices: list[Any] = [f"choice {at}" for at in range(MAX_CHOICES + 1)]
    strict = LiteralSchemas({}, strict=True)
    assert strict.write({"enum": choices[1:]}) == {"type": "string", "enum": choices[1:]}
    assert strict.write({"enum": choices}) == {"type": "string"}
    assert LiteralSchemas({}, strict=False).write({"enum": choices}) == {"type": "string", "enum": choices}
    assert strict.write({"enum": [*choices, 1, None]}) == {
        "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]
    }


@pytest.mark.parametrize("entries", [[5], [{"key": 5, "value": 1}], [{"key": "a"}], ["a"]])
def test_a_list_of_anything_else_stays_one(entries: Any) -> None:
    """The checker then says that it is no object."""
    assert read_entries(entries) == entries
