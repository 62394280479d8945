"""C7. A repair is certain only where the names are alike, or where the conversion loses nothing and the
schema wants just that."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.check.checker import Policy
from callsheet.planner.check.fixes import Fixed, fix
from tests.planner.catalogs import TEXT, capability

IMAGE: JsonObject = {
    "type": "object",
    "properties": {"bytes": TEXT, "format": TEXT},
    "required": ["bytes", "format"],
}
WHOLE: JsonObject = {"type": "integer"}
GIVERS = {
    "an object": capability("draw", {}, {"image": IMAGE}),
    "a list": capability("list_files", {}, {"paths": {"type": "array", "items": TEXT}}),
    "a list of objects": capability("draw_all", {}, {"images": {"type": "array", "items": IMAGE}}),
    "a number": capability("count", {}, {"count": {"type": "number"}}),
    "a boolean": capability("ask", {}, {"yes": {"type": "boolean"}}),
    "a text": capability("say", {}, {"result": TEXT}),
}


def given(value: Any, schema: JsonObject) -> Fixed:
    """The plan of a step `b` that is given this value, behind a step `a`."""
    take = capability("take", {"value": schema}, {"result": TEXT})
    giver = GIVERS.get(value) if isinstance(value, str) else None
    steps: list[JsonValue] = [{"id": "b", "capability": "take", "inputs": {"value": value}}]
    if giver is not None:
        steps = [
            {"id": "a", "capability": giver.name, "inputs": {}},
            {"id": "b", "capability": "take", "inputs": {"value": {"from": "a"}}},
        ]
    document: JsonObject = {"goal": "a goal", "steps": steps, "answer": {"from": "b"}}
    return fix(document, [take, *GIVERS.values()], Policy())


def taken(fixed: Fixed) -> JsonValue:
    """What `b` is given after the repairs."""
    steps: Any = fixed.document["steps"]
    value: JsonValue = steps[-1]["inputs"]["value"]
    return value


@pytest.mark.parametrize("giver", ["an object", "a list", "a list of objects"])
def test_an_object_or_a_list_is_no_text(giver: str) -> None:
    """An image that is handed to a text tool is a wrong plan, not JSON."""
    fixed = given(giver, TEXT)
    assert fixed.result.plan is None
    assert taken(fixed) == {"from": "a"}
    assert "a string is required" in fixed.result.errors[0].message
    assert fixed.result.errors[0].hint


@pytest.mark.parametrize("giver", ["an object", "a list", "a number"])
def test_a_schema_may_say_that_a_text_is_json(giver: str) -> None:
    """`contentMediaType: application/json` wants the JSON of whatever there is."""
    fixed = given(giver, {"anyOf": [{**TEXT, "contentMediaType": "application/json"}, {"type": "null"}]})
    assert fixed.result.plan is not None
    assert taken(fixed) == {"template": "{ a }"}


@pytest.mark.parametrize("giver", ["a number", "a boolean"])
def test_a_number_is_text_where_any_text_will_do(giver: str) -> None:
    """A text bound to a form, such as an address, wants something else."""
    assert taken(given(giver, TEXT)) == {"template": "{ a }"}
    bounds: list[JsonObject] = [{"format": "email"}, {"pattern": "^[a-z]+$"}, {"enum": ["a"]}]
    for bound in bounds:
        assert given(giver, {**TEXT, **bound}).result.plan is None


def test_one_value_is_a_list_of_it_where_the_schema_says_what_is_in_the_list() -> None:
    """A list of anything says nothing about it, nor does one of objects without a field of their own."""
    assert taken(given("a text", {"type": "array", "items": TEXT})) == {"from": "[a]"}
    assert taken(given("an object", {"type": "array", "items": IMAGE})) == {"from": "[a]"}
    untold: list[JsonObject] = [{}, {"items": {}}, {"items": {"type": "object"}}]
    for items in untold:
        assert given("an object", {"type": "array", **items}).result.plan is None


@pytest.mark.parametrize(
    ("value", "schema", "wanted"),
    [
        ("5", WHOLE, 5),
        ("1.50", {"type": "number"}, 1.5),
        ("True", {"type": "boolean"}, True),
        (5, TEXT, "5"),
        (True, TEXT, "true"),
        ("one", {"type": "array", "items": TEXT}, ["one"]),
        ('["one", "two"]', {"type": "array", "items": TEXT}, ["one", "two"]),
        ({"a": 1}, {**TEXT, "contentMediaType": "application/json"}, '{"a": 1}'),
    ],
)
def test_a_literal_is_converted_where_nothing_is_lost(value: Any, schema: Any, wanted: Any) -> None:
    """The plan checks afterwards, and a note says so."""
    fixed = given(value, schema)
    assert fixed.result.plan is not None
    assert taken(fixed) == wanted
    assert len(fixed.notes) == 1


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("007", WHOLE),
        ("1_000", WHOLE),
        ("٣", WHOLE),
        ("+49", WHOLE),
        ("0.1234567890123456789", {"type": "number"}),
        ("1e400", {"type": "number"}),
        ("one, two", {"type": "array", "items": TEXT}),
        ('["one", 2]', {"type": "array", "items": TEXT}),
        ('{"a": 1, "a": 2}', {"type": "object"}),
        ({"a": 1}, TEXT),
        ({"a": 1}, {"type": "array"}),
        (None, {"type": "array"}),
        ("5", {"anyOf": [WHOLE, {"type": "array", "items": TEXT}]}),
    ],
)
def test_a_literal_stays_where_something_would_be_lost(value: Any, schema: Any) -> None:
    """Codes, long fractions, several values in a text, and what may mean two things go back to the model."""
    fixed = given(value, schema)
    assert fixed.result.plan is None
    assert taken(fixed) == value
    assert fixed.notes == ()


@pytest.mark.parametrize("field", ["confidence", "text", "answer", "value"])
def test_the_only_field_is_not_meant_by_any_name(field: str) -> None:
    """`confidence` is not `result`; the finding says what there is."""
    steps: list[JsonValue] = [{"id": "a", "capability": "say", "inputs": {}}]
    for expression in (f"a.{field}", f"default(a.{field}, 1)"):
        document: JsonObject = {"goal": "a goal", "steps": steps, "answer": {"from": expression}}
        fixed = fix(document, [*GIVERS.values()], Policy())
        assert fixed.result.plan is None
        assert fixed.document == document
        assert "`result`" in str(fixed.result.errors[0].hint)


def test_a_name_that_is_alike_is_repaired() -> None:
    """One letter, or another case."""
    steps: list[JsonValue] = [{"id": "a", "capability": "say", "inputs": {}}]
    for field in ("reslt", "Result"):
        document: JsonObject = {"goal": "a goal", "steps": steps, "answer": {"from": f"a.{field}"}}
        assert fix(document, [*GIVERS.values()], Policy()).document["answer"] == {"from": "a.result"}
