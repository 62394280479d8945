"""What a model writes that is held to the strict schema is read back as what the capability takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.contracts.tidy_schema import tidy
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.planner.check.checker import check
from callsheet.planner.formats.full.plan_format import FullFormat
from tests.planner.catalogs import TEXT
from tests.planner.schemas.strict_answers import strict_answers
from tests.planner.strategies import catalogs
from tests.planner.strict_mode import broken_rules

QUICK = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60
)


class Period(BaseModel):
    """Days, written as bindings of a plan are."""

    from_: str = Field(alias="from")
    to: str | None = None


class Place(BaseModel):
    name: str
    position: tuple[float, float] | None = None
    kind: Literal["town", "river"] = "town"


class Cat(BaseModel):
    pet: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    pet: Literal["dog"]
    tricks: list[str] = []
    owner: Place | None = None


class Node(BaseModel):
    value: str | int
    children: list[Node] = []
    by_name: dict[str, Node] | None = None


class Deep(BaseModel):
    down: Deep | None = None
    labels: dict[str, str] | None = None


class Request(BaseModel):
    labels: dict[str, str] | None = None
    where: Place | list[Place] | str
    period: Period | None = None
    pets: list[Annotated[Cat | Dog, Field(discriminator="pet")]] = []
    scores: dict[Literal["a", "b"], float] = {}
    pair: tuple[str, int]
    mixed: dict[str, list[dict[str, int | None]]] | list[str] | bool | None = None
    tree: Node | None = None
    deep: Deep | None = None


def nested(levels: int) -> dict[str, Any]:
    """Objects in objects, as an MCP server writes them out."""
    inner: dict[str, Any] = {"type": "object", "properties": {"x": TEXT}, "additionalProperties": False}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"in": inner, "tags": TEXT}, "required": ["in"]}
    return inner


SERVERS: dict[str, dict[str, Any]] = {
    "search": {
        "type": "object",
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {
            "query": {"type": ["string", "null"], "description": "what to look for"},
            "filter": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
            "sort": {"type": ["string", "null"], "enum": ["asc", "desc", None]},
            "limit": {"type": "integer", "minimum": -3, "default": 10},
            "version": {"const": 2},
            "range": {"type": "array", "prefixItems": [{"type": "integer"}, TEXT], "items": {"type": "null"}},
        },
        "required": ["query", "range"],
    },
    "update": {
        "type": "object",
        "definitions": {
            "base": {"type": "object", "properties": {"id": TEXT}, "required": ["id"]},
            "money": {
                "type": "object",
                "properties": {"amount": {"type": "number"}, "currency": {"enum": ["EUR", "USD"]}},
                "required": ["amount", "currency"],
                "additionalProperties": False,
            },
        },
        "properties": {
            "item": {
                "allOf": [
                    {"$ref": "#/definitions/base"},
                    {"properties": {"price": {"$ref": "#/definitions/money"}, "note": TEXT}},
                ]
            },
            "price": {"allOf": [{"$ref": "#/definitions/money"}], "description": "of one"},
            "target": {
                "oneOf": [
                    {"type": "object", "properties": {"path": TEXT}, "required": ["path"]},
                    {
                        "type": "object",
                        "properties": {"url": TEXT, "depth": {"type": "integer"}},
                        "required": ["url"],
                    },
                    {"type": "array", "items": TEXT},
                ]
            },
            "either": {
                "type": "object",
                "properties": {"a": TEXT, "b": TEXT},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            "patterns": {"type": "object", "patternProperties": {".*": TEXT}, "additionalProperties": False},
            "whatever": {},
            "list": {"type": "array"},
            "empty": {"type": "object", "additionalProperties": False},
        },
        "required": ["item", "target"],
    },
    "nest": {"type": "object", "properties": {"tree": nested(8)}, "required": ["tree"]},
    "use": {
        "type": "object",
        "properties": {"use": TEXT, "period": {"$ref": "#/$defs/period"}},
        "$defs": {
            "period": {"type": "object", "properties": {"from": TEXT, "to": TEXT}, "required": ["from"]}
        },
    },
}


def offer(name: str, inputs: Any) -> Capability:
    """A capability with these inputs."""
    output: Any = {"type": "object", "properties": {"done": TEXT}, "required": ["done"]}
    return Capability(name=name, description="", input_schema=inputs, output_schema=output)


CATALOG = [
    offer("raw", Request.model_json_schema()),
    offer("tidied", tidy(Request.model_json_schema())),
    *(offer(name, schema) for name, schema in SERVERS.items()),
]


def errors_of(call: Any, catalog: Sequence[Capability]) -> Sequence[Any]:
    """What the checker says against a plan with this call alone."""
    answer: Any = {"steps": [{"id": "a", "do": call}], "answer": "{a}"}
    return check(FullFormat().read_plan(answer, "a goal", catalog).document, catalog).errors


@given(st.data())
@QUICK
def test_every_strict_answer_is_read_as_what_the_capability_takes(data: st.DataObject) -> None:
    """For every answer to the schema of capabilities like those of pydantic models and MCP servers."""
    schema: Any = FullFormat().schema(CATALOG)
    calls = schema["$defs"]["call"]["anyOf"]
    call = data.draw(strict_answers(data.draw(st.sampled_from(calls)), schema))
    assert errors_of(call, CATALOG) == ()


@given(st.data())
@QUICK
def test_every_strict_answer_to_any_schema_is_read(data: st.DataObject) -> None:
    """For every catalog, the odd ones too."""
    catalog = data.draw(catalogs())
    schema: Any = FullFormat().schema(catalog)
    call = data.draw(strict_answers(schema["$defs"]["call"], schema))
    if "{null}" not in str(call):
        assert errors_of(call, catalog) == ()


def test_the_schema_of_all_of_them_is_strict() -> None:
    """Recursive ones refer to themselves, deep ones are continued in a definition."""
    schema = FullFormat().schema(CATALOG)
    assert broken_rules(schema) == []
    assert strict_schema(schema) is not None


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("labels", [{"key": "a", "value": "b"}], {"a": "b"}),
        ("period", {"from": "2024-01-01", "to": None}, {"from": '{"from": "2024-01-01"}'}),
        ("period", {"from": "2024-01-01", "to": "x"}, {"from": "2024-01-01", "to": "x"}),
        (
            "where",
            {"name": "Linz", "position": {"0": 48.3, "1": 14}, "kind": None},
            {"name": "Linz", "position": [48.3, 14]},
        ),
        ("pets", [{"pet": "dog", "tricks": None, "owner": None}], [{"pet": "dog"}]),
        ("scores", [{"key": "a", "value": 1}], {"a": 1}),
        ("mixed", [{"key": "k", "value": [[{"key": "n", "value": None}]]}], {"k": [{"n": None}]}),
        ("mixed", ["x"], ["x"]),
    ],
)
def test_how_a_strict_answer_is_read(name: str, written: Any, meant: Any) -> None:
    """Under unions, in lists and in maps; an object called `from` is no expression where it is wanted."""
    schema = FullFormat().schema(CATALOG)
    inputs = {**dict.fromkeys(Request.model_json_schema(by_alias=True)["properties"]), "where": "Linz"}
    call = {"use": "raw", **inputs, "pair": {"0": "a", "1": 1}, name: written}
    answer: Any = {"steps": [{"id": "a", "do": call}], "answer": "{a}"}
    assert jsonschema_rs.is_valid(schema, answer)
    document: Any = FullFormat().read_plan(answer, "a goal", CATALOG).document
    assert document["steps"][0]["inputs"][name] == meant
    assert check(document, CATALOG).errors == ()
