"""A value for a JSON Schema, made without asking anybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, HttpUrl

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import tidy
from callsheet.agents.fakes.sample import SampleImpossible, sample_of
from callsheet.agents.fakes.sample_text import FORMATS
from callsheet.errors import ExitCode

LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAPABILITIES = [each for agent in builtin_agents() for each in agent.capabilities]

PATTERNS = (
    r"^[A-Z]{3}-\d+$",
    r"^\+?[1-9]\d{1,14}$",
    r"^v?\d+(\.\d+){2}(-[\w.]+)?$",
    r"^(?:red|green|blue)$",
    r"^(?<year>\d{4})-(0[1-9]|1[0-2])$",
    r"^#[0-9a-fA-F]{6}$",
    r"^[\w.+-]+@[\w-]+\.[\w.]+$",
    r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$",
    r"^[^\s/]+/[^\s/]+$",
    r"\p{Lu}{2}",
    r"^[\u4e00-\u9fff]+$",
    r"^[\x30-\x32-]{2}\t\S\D\W$",
    r"^(?=.*\d)[a-z\d]+$",
    r"^a{2,}b{0,1}c*?$",
    r"word\b",
    r"^$",
    r"",
)

NODE: JsonObject = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
        "other": {"$ref": "#/$defs/node"},
    },
    "required": ["label", "children", "next"],
}
"""A schema that speaks of itself; every drawn schema may refer to it."""


FLAT: tuple[JsonObject, ...] = (
    {},
    {"type": "boolean"},
    {"type": "null"},
    {"const": {"a": [1, None]}},
    {"type": ["null", "integer"]},
    {"type": "integer", "exclusiveMinimum": 7, "multipleOf": 4},
    {"type": "integer", "exclusiveMaximum": -3},
    {"type": "integer", "multipleOf": 0.5, "minimum": 100.2},
    {"type": "number", "multipleOf": 0.01, "maximum": -3},
    {"type": "number", "exclusiveMinimum": 3, "exclusiveMaximum": 3.001},
    {"type": "array", "items": {"type": "string"}, "minItems": 12, "uniqueItems": True},
    {"$ref": "#/$defs/node"},
)
"""Schemas of single values, beside those of texts and numbers that are drawn."""


def looking(keyword: str, looks: Iterable[str]) -> list[JsonObject]:
    """Schemas of texts that have a format or a pattern."""
    return [{"type": "string", keyword: each} for each in looks]


@st.composite
def bounded(draw: st.DrawFn, kind: str, least: str, most: str, numbers: st.SearchStrategy[Any]) -> JsonObject:
    """The schema of a kind of value, with bounds, of which any may be left out."""
    low, high = sorted((draw(numbers), draw(numbers)))
    schema: JsonObject = {"type": kind}
    if draw(st.booleans()):
        schema[least] = low
    if draw(st.booleans()):
        schema[most] = high
    return schema


@st.composite
def texts(draw: st.DrawFn) -> JsonObject:
    """The schema of a text: of some length, one of several, or with one said beforehand."""
    schema = draw(bounded("string", "minLength", "maxLength", st.integers(0, 30)))
    said: list[Any] = draw(st.lists(st.text(max_size=5) | st.none(), min_size=1, unique=True))
    match draw(st.sampled_from(["default", "examples", "enum", ""])):
        case "default":
            schema["default"] = said[0]
        case "examples":
            schema["examples"] = said
        case "enum":
            return {"enum": said}
        case _:
            pass
    return schema


@st.composite
def objects(
    draw: st.DrawFn, field: st.SearchStrategy[JsonObject], names: str = "abc", *, closed: bool = True
) -> JsonObject:
    """The schema of an object with some of the fields, each required or not."""
    chosen = draw(st.lists(st.sampled_from(names), unique=True))
    schema: dict[str, Any] = {"type": "object", "properties": {name: draw(field) for name in chosen}}
    schema["required"] = [name for name in chosen if draw(st.booleans())]
    if closed and draw(st.booleans()):
        schema["additionalProperties"] = False
    elif closed and draw(st.booleans()):
        schema |= {"additionalProperties": draw(field), "minProperties": draw(st.integers(0, 4))}
    return schema


@st.composite
def combined(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    """The schema of a list, or a schema that is made of several."""
    one, other = draw(inner), draw(inner)
    match draw(st.integers(0, 5)):
        case 0:
            return {**draw(bounded("array", "minItems", "maxItems", st.integers(0, 4))), "items": one}
        case 1:
            return {"type": "array", "prefixItems": [one, other], "items": draw(inner | st.just(False))}
        case 2:
            return {"anyOf": [{"type": "null"}, one]}
        case 3:
            return {"anyOf": [one, other]}
        case 4:
            parts = (draw(objects(inner, names, closed=False)) for names in ("ab", "cd"))
            return {"allOf": [*parts]}
        case _:
            return {"oneOf": [_tagged("one", one), _tagged("other", other)]}


def _tagged(tag: str, value: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {"kind": {"const": tag}, "value": value},
        "required": ["kind"],
    }


def ordinary_schemas() -> st.SearchStrategy[JsonObject]:
    """A schema as people and libraries write them, which something keeps to."""
    whole = st.integers(-(10**20), 10**20) | st.integers(-20, 20)
    broken = st.floats(-1e9, 1e9)
    leaves = st.one_of(
        st.sampled_from(FLAT),
        st.sampled_from([*looking("format", FORMATS), *looking("pattern", PATTERNS)]),
        texts(),
        bounded("integer", "minimum", "maximum", whole),
        bounded("number", "minimum", "maximum", broken),
    )
    return st.recursive(leaves, lambda inner: combined(inner) | objects(inner), max_leaves=6)


def keeps(value: Any, schema: JsonObject) -> bool:
    """Whether a value keeps to a schema, formats included."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


@given(ordinary_schemas())
@LENIENT
def test_a_sample_keeps_to_its_schema(schema: JsonObject) -> None:
    """For every ordinary schema there is a sample; it keeps to it, and is the same the next time."""
    whole: JsonObject = {**schema, "$defs": {"node": NODE}}
    sample = sample_of(whole)
    assert keeps(sample, whole)
    assert sample_of(whole) == sample


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda each: each.name)
def test_every_built_in_capability_has_samples(capability: Capability) -> None:
    """Of what it takes, and of what it gives."""
    assert capability.input_validator.accepts(sample_of(capability.input_schema))
    assert capability.output_validator.accepts(sample_of(capability.output_schema))


def test_a_sample_tells_what_it_stands_for() -> None:
    """Fields by their names, small numbers, true, one of each list, and a null nowhere."""
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "words": {"type": "integer", "minimum": 10},
            "share": {"type": "number"},
            "done": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "author": {"anyOf": [{"type": "null"}, {"type": "string"}], "default": None},
            "day": {"type": "string", "format": "date"},
            "prices": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["summary"],
    }
    assert sample_of(schema) == {
        "summary": "summary",
        "words": 10,
        "share": 1,
        "done": True,
        "tags": ["tags"],
        "author": "author",
        "day": "2024-01-01",
        "prices": {"key": 1},
    }


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"const": None}, None),
        ({"enum": [None, "red"]}, "red"),
        ({"type": "string", "default": "said"}, "said"),
        ({"type": "string", "default": 3, "examples": [4, "fit", "other"]}, "fit"),
        ({"type": ["null", "array"]}, ["text"]),
        ({"type": "string", "minLength": 10}, "text text text"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 3}, [1, 2, 2]),
        ({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "boolean"}}, [True, False]),
        ({"type": "array", "items": {"type": "integer"}, "contains": {"const": 7}}, [7]),
        ({"type": "object", "propertyNames": {"enum": ["x"]}, "minProperties": 1}, {"x": "value"}),
        (
            {"type": "object", "patternProperties": {r"^x\d$": {}}, "additionalProperties": False},
            {"x1": "value"},
        ),
        ({"properties": {"a": {}, "b": {}, "c": {}}, "maxProperties": 2}, {"a": "a", "b": "b"}),
        ({"minimum": 4}, 4),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5),
        ({"not": {"type": "string"}}, 1),
        ({"type": "array", "not": {"minItems": 1}}, []),
        ({"type": "array", "not": {"maxItems": 1}}, ["text", "text 2"]),
        (
            {"minItems": 2, "uniqueItems": True, "items": {"type": "array", "items": {"minimum": 1}}},
            [[1], []],
        ),
        (
            {"allOf": [{"prefixItems": [{"minimum": 2}]}, {"prefixItems": [{}, {"type": "null"}]}]},
            [2, None],
        ),
        (
            {
                "required": ["a"],
                "properties": {"a": {"type": "integer"}},
                "not": {"properties": {"a": {"maximum": 2}}},
            },
            {"a": 3},
        ),
        (
            {
                "allOf": [
                    {"patternProperties": {"^x$": {"minimum": 2}}},
                    {"patternProperties": {"^x$": {"type": "number"}}},
                ]
            },
            {"x": 2},
        ),
        ({"type": "number", "minimum": 10**400}, 10**400),
        ({"type": "number", "minimum": 1e300}, 1e300),
    ],
)
def test_keywords(schema: Any, sample: Any) -> None:
    """What is said first counts: a const, an enum, a default, an example; then what the type has."""
    assert sample_of(schema) == sample


def test_what_both_parts_ask_for() -> None:
    """Of `allOf`, references and what stands beside them, the sample keeps to all at once."""
    schema: JsonObject = {
        "$defs": {
            "a/b": {"properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]},
            "closed": {"properties": {"n": {"maximum": 9}}, "additionalProperties": {"type": "boolean"}},
        },
        "type": "object",
        "properties": {"n": {"multipleOf": 4}, "found": {}, "kind": {"const": "a"}},
        "allOf": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/$defs/closed"}, {"$ref": "#/$defs/a~1b"}],
    }
    assert sample_of(schema) == {"n": 4, "found": True}


def test_what_contains_itself_ends() -> None:
    """Where a field or an element is not required; a list of itself is empty."""
    whole: JsonObject = {"$ref": "#/$defs/node", "$defs": {"node": NODE}}
    assert sample_of(whole) == {"label": "label", "children": [], "next": None}
    tree: JsonObject = {
        "properties": {"branches": {"type": "array", "items": {"$ref": "#"}}},
        "type": "object",
    }
    assert sample_of(tree) == {"branches": []}


@pytest.mark.parametrize(
    "reference", ["#here", "https://json-schema.org/draft/2020-12/schema#/properties/definitions"]
)
def test_references_that_are_not_followed(reference: str) -> None:
    """What they ask for is found by chance, or, where that is not required, left out."""
    schema: JsonObject = {
        "type": "object",
        "properties": {"it": {"$ref": reference}},
        "$defs": {"one": {"$anchor": "here", "type": "integer"}},
    }
    assert keeps(sample_of(schema), schema)


def test_types_that_all_mention_each_other_end() -> None:
    """Soon, though there are a million ways from one to the other."""
    names = "abcdefghij"
    schema: JsonObject = {
        "$ref": "#/$defs/a",
        "$defs": {
            name: {"type": "object", "properties": {each: {"$ref": f"#/$defs/{each}"} for each in names}}
            for name in names
        },
    }
    assert keeps(sample_of(schema), schema)


class Author(BaseModel):
    """Somebody with books."""

    name: str
    books: list[Book] = []


class Book(BaseModel):
    """Something by somebody, with a field of whatever kind."""

    title: Annotated[str, Field(min_length=3, max_length=12)]
    author: Author | None
    kind: Literal["novel", "poem"]
    published: date
    read_at: datetime | None
    lent_for: timedelta
    id: UUID
    pages: Annotated[int, Field(gt=10, multiple_of=4)]
    marks: Annotated[list[float], Field(min_length=2, max_length=3)]
    tags: set[str]
    size: tuple[int, int]
    copies: dict[Literal["lent", "there"], int]
    page: HttpUrl
    cover: bytes
    anything: Any


def test_the_schemas_of_pydantic_have_samples() -> None:
    """Of models that mention each other, too; and pydantic reads the sample as what it stands for."""
    for schema in (Book.model_json_schema(mode=mode) for mode in ("validation", "serialization")):
        for written in (schema, tidy(schema)):
            book = Book.model_validate(sample_of(written))
            assert (book.title, book.kind, book.pages) == ("title", "novel", 12)
            assert book.author == Author(name="name", books=[])


def test_a_sample_is_ones_own() -> None:
    """Whoever changes it changes nothing of the schema."""
    schema: Any = {"type": "array", "default": [{"a": 1}]}
    sample: Any = sample_of(schema)
    sample[0]["a"] = 2
    assert schema["default"] == [{"a": 1}]


@pytest.mark.parametrize(
    ("schema", "pointer", "problem"),
    [
        (
            {"required": ["id"], "properties": {"id": {"pattern": r"^(\w)\1$", "type": "string"}}},
            "/id",
            "match",
        ),
        ({"required": ["a/b"], "properties": {"a/b": False}}, "/a~1b", "nothing is allowed"),
        ({"required": ["me"], "properties": {"me": {"$ref": "#"}}}, "/me", "contains itself"),
        ({"type": "array", "minItems": 1, "items": {"enum": []}}, "/0", "nothing is allowed"),
        ({"type": "array", "minItems": 10**6}, "", "1000000 elements are wanted, over 1000"),
        ({"type": "object", "additionalProperties": False, "minProperties": 1}, "/key", "nothing is allowed"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "", "shorter than 3"),
        ({"type": "string", "minLength": 10**9}, "", "nothing is allowed"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "", "less than the minimum"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "", "nothing is allowed"),
        ({"type": "nonsense"}, "", "is no JSON Schema"),
        ({"$ref": "https://example.org/schema"}, "", "is no JSON Schema"),
    ],
)
def test_what_has_no_sample_says_where_and_what_to_do(schema: Any, pointer: str, problem: str) -> None:
    """The place is a JSON pointer, and there is always a way out: an answer of one's own."""
    with pytest.raises(SampleImpossible, match="give an answer of your own") as raised:
        sample_of({"type": "object", **schema} if "required" in schema else schema)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert (f"at {pointer}," if pointer else "at its root,") in str(raised.value)
    assert raised.value.exit_code is ExitCode.USAGE


def test_a_search_is_given_up() -> None:
    """Of what would be too large for anybody to look at."""
    row: Any = {"type": "array", "minItems": 150, "prefixItems": [{"type": "integer"}] * 150}
    table: Any = {
        "minItems": 150,
        "prefixItems": [{"$ref": "#/$defs/row"}] * 150,
        "$defs": {"row": row},
    }
    with pytest.raises(SampleImpossible, match="the search was given up after 20000 values"):
        sample_of({"type": "array", **table})


def test_problems_are_told_briefly() -> None:
    """However large the value is that did not do."""
    many: JsonObject = {
        "type": "array",
        "minItems": 900,
        "items": {"enum": [*range(500)]},
        "uniqueItems": True,
    }
    with pytest.raises(SampleImpossible, match="has less than 900 items") as raised:
        sample_of(many)
    assert len(str(raised.value)) < 400


def test_a_sample_is_the_same_in_every_process() -> None:
    """Whatever order this process gives to sets."""
    schema: Any = {
        "properties": dict.fromkeys("abcdef", True),
        "not": {"required": ["e", "f"]},
        "minProperties": 3,
    }
    code = f"from callsheet.agents.fakes.sample import sample_of; print(sample_of({schema!r}))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("pattern", [each for each in PATTERNS if "?!" not in each and "\\p" not in each])
def test_patterns(pattern: str) -> None:
    """A text after a pattern is found, as long as is wanted."""
    sample = sample_of({"type": "string", "pattern": pattern})
    assert isinstance(sample, str)
    assert re.search(pattern.replace("?<year>", "?P<year>"), sample)


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"pattern": "^[a-z]+$", "minLength": 30}, None),
        ({"pattern": r"^\d+$", "minLength": 6, "maxLength": 6}, "111111"),
        ({"pattern": "^[a-z]*$"}, "text"),
        ({"pattern": "^[A-Z]"}, "Text"),
        ({"pattern": "^(|x)$"}, "x"),
        ({"pattern": "^a|b$", "maxLength": 1}, "a"),
        ({"pattern": r"^\w+$", "format": "email"}, "text"),
    ],
)
def test_patterns_and_lengths(schema: Any, sample: str | None) -> None:
    """Names first, and what says something before what says nothing."""
    found = sample_of({"type": "string", **schema})
    assert keeps(found, {key: value for key, value in schema.items() if key != "format"})
    assert sample in (None, found)


def test_formats() -> None:
    """For every format that JSON Schema names, different texts of it, as its own rules have it."""
    for name in FORMATS:
        schema: JsonObject = {
            "type": "array",
            "items": {"type": "string", "format": name},
            "minItems": 12,
            "uniqueItems": True,
        }
        assert keeps(sample_of(schema), schema), name
