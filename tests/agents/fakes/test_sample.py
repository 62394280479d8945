"""A value for a JSON Schema, made without asking a model or the user."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, HttpUrl, IPvAnyAddress, JsonValue, StringConstraints

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.tidy_schema import tidy
from callsheet.agents.fakes.errors import SampleImpossible
from callsheet.agents.fakes.sample import sample_of
from callsheet.agents.fakes.sample_text import FORMATS
from callsheet.errors import ExitCode

LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

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
    r"^\(\d+\) \d{3}$",
    r"word\b",
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
    {"enum": [None, "red", "green"]},
    {"type": ["null", "integer"]},
    {"type": "string", "minLength": 20, "default": "short"},
    {"type": "integer", "exclusiveMinimum": 7, "multipleOf": 4},
    {"type": "integer", "multipleOf": 0.5, "minimum": 100.2},
    {"type": "number", "multipleOf": 0.01, "maximum": -3},
    {"type": "number", "exclusiveMinimum": 3, "exclusiveMaximum": 3.001},
    {"type": "array", "items": {"type": "string"}, "minItems": 12, "uniqueItems": True},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    {"$ref": "#/$defs/node"},
    *(dict[str, JsonValue](type="string", format=each) for each in FORMATS),
    *(dict[str, JsonValue](type="string", pattern=each) for each in PATTERNS),
)


@st.composite
def bounded(draw: st.DrawFn, kind: str, least: str, most: str, numbers: st.SearchStrategy[Any]) -> JsonObject:
    """The schema of a kind of value, with bounds, of which any may be left out."""
    low, high = sorted((draw(numbers), draw(numbers)))
    bounds: JsonObject = {least: low, most: high}
    return {"type": kind, **{key: each for key, each in bounds.items() if draw(st.booleans())}}


@st.composite
def objects(draw: st.DrawFn, field: st.SearchStrategy[JsonObject], names: str = "abc") -> JsonObject:
    """The schema of an object with some of the fields, each required or not."""
    chosen = draw(st.lists(st.sampled_from(names), unique=True))
    fields: JsonObject = {name: draw(field) for name in chosen}
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in chosen if draw(st.booleans())],
    }


@st.composite
def combined(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    """The schema of a list or of an object, or a schema that is made of several."""
    one, other = draw(inner), draw(inner)
    tagged: list[JsonValue] = [
        {"type": "object", "properties": {"kind": {"const": tag}, "value": value}, "required": ["kind"]}
        for tag, value in (("one", one), ("other", other))
    ]
    several: list[JsonObject] = [
        {**draw(bounded("array", "minItems", "maxItems", st.integers(0, 4))), "items": one},
        {"type": "array", "prefixItems": [one, other], "items": draw(inner | st.just(False))},
        {**draw(objects(inner)), "additionalProperties": draw(inner | st.just(False))},
        {"anyOf": [{"type": "null"}, one]},
        {"anyOf": [one, other]},
        {"allOf": [draw(objects(inner, "ab")), draw(objects(inner, "cd"))]},
        {"oneOf": tagged},
    ]
    return draw(st.sampled_from(several))


def ordinary_schemas() -> st.SearchStrategy[JsonObject]:
    """A schema as people and libraries write them, which something keeps to."""
    leaves = st.one_of(
        st.sampled_from(FLAT),
        bounded("string", "minLength", "maxLength", st.integers(0, 30)),
        bounded("integer", "minimum", "maximum", st.integers(-20, 20)),
        bounded("number", "minimum", "maximum", st.floats(-1e9, 1e9)),
    )
    return st.recursive(leaves, combined, max_leaves=6)


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
        ({"type": "string", "pattern": "^[A-Z]"}, "Text"),
        ({"type": "string", "pattern": r"^\d+$", "minLength": 6, "maxLength": 6}, "111111"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 3}, [1, 2, 1]),
        ({"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "boolean"}}, [True, False]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {}], "minItems": 2}, [1, "text 2"]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "object", "propertyNames": {"enum": ["x"]}, "minProperties": 1}, {"x": "value"}),
        (
            {"type": "object", "patternProperties": {r"^x\d$": {}}, "additionalProperties": False},
            {"x1": "value"},
        ),
        ({"properties": {"a": {}, "b": {}}, "maxProperties": 1}, {}),
        ({"properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "a"}),
    ],
)
def test_keywords(schema: Any, sample: Any) -> None:
    """What is said first counts: a const, an enum, a default, an example; then what the type has. Optional
    fields are left out where they cannot all be there."""
    assert sample_of(schema) == sample


def test_what_both_parts_ask_for() -> None:
    """Of `allOf`, references and what stands beside them, the sample keeps to all at once."""
    schema: JsonObject = {
        "$defs": {"a/b": {"properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}},
        "type": "object",
        "properties": {"found": {}, "kind": {"const": "a"}},
        "allOf": [{"$ref": "#/$defs/a~1b"}, {"required": ["kind", "more"]}],
    }
    assert sample_of(schema) == {"found": "found", "kind": "a", "n": 3, "more": "more"}


def test_what_contains_itself_ends() -> None:
    """Where a field or an element is not required; a list of itself is empty."""
    whole: JsonObject = {"$ref": "#/$defs/node", "$defs": {"node": NODE}}
    assert sample_of(whole) == {"label": "label", "children": [], "next": None}
    tree: JsonObject = {
        "properties": {"branches": {"type": "array", "items": {"$ref": "#"}}},
        "type": "object",
    }
    assert sample_of(tree) == {"branches": []}


@pytest.mark.parametrize(("required", "sample"), [((), {}), ("abcdefghij", dict.fromkeys("abcdefghij"))])
def test_types_that_all_mention_each_other_end(required: str, sample: JsonObject) -> None:
    """Soon, though there are a million ways from one to the other: with what is required, and with nulls."""
    names = "abcdefghij"
    fields: JsonObject = {each: {"anyOf": [{"$ref": f"#/$defs/{each}"}, {"type": "null"}]} for each in names}
    kind: JsonObject = {"type": "object", "properties": fields, "required": [*required]}
    assert sample_of({"$ref": "#/$defs/a", "$defs": dict.fromkeys(names, kind)}) == sample


class Author(BaseModel):
    """Somebody with books."""

    name: str
    books: list[Book] = []


class Novel(BaseModel):
    """A member of a union, whose tag is not required."""

    kind: Literal["novel"] = "novel"
    chapters: int


class Poem(BaseModel):
    """The other member."""

    kind: Literal["poem"] = "poem"
    lines: int


class Book(BaseModel):
    """Something by somebody, with a field of whatever kind."""

    title: Annotated[str, Field(min_length=3, max_length=12)]
    author: Author | None
    text: Annotated[Novel | Poem, Field(discriminator="kind")]
    published: date
    read_at: datetime | None
    lent_for: timedelta
    id: UUID
    isbn: Annotated[str, StringConstraints(pattern=r"^\d{3}-\d+$")]
    pages: Annotated[int, Field(gt=10, multiple_of=4)]
    marks: Annotated[list[float], Field(min_length=2, max_length=3)]
    tags: Annotated[set[str], Field(min_length=2)]
    size: tuple[int, int]
    copies: dict[Literal["lent", "there"], int]
    shelves: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]\d$")], int]
    page: HttpUrl
    host: IPvAnyAddress
    cover: bytes
    more: JsonValue
    anything: Any


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schemas_of_pydantic_have_samples(mode: Any) -> None:
    """Of models that mention each other, too; and pydantic reads the sample as what it stands for."""
    schema = Book.model_json_schema(mode=mode)
    for written in (schema, tidy(schema)):
        book = Book.model_validate(sample_of(written))
        assert (book.title, book.text, book.pages) == ("title", Novel(chapters=1), 12)
        assert book.author == Author(name="name", books=[])


def test_the_schemas_of_mcp_servers_have_samples() -> None:
    """With references to other places than definitions, and defaults that leave out what has one itself."""
    step: JsonObject = {
        "type": "object",
        "properties": {"after": {"type": "array", "items": {"$ref": "#/properties/step"}}},
        "required": ["after"],
        "default": {"after": "first"},
    }
    limits: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer", "default": 5}},
        "required": ["n"],
    }
    schema: JsonObject = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"step": step, "limits": {**limits, "default": {}}, "never": {"not": {}}},
        "required": ["step"],
        "additionalProperties": False,
    }
    assert sample_of(schema) == {"step": {"after": [{"after": []}]}, "limits": {"n": 5}}


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
        ({"required": ["a/b"], "properties": {"a/b": False}}, "/a~1b", "no value is allowed"),
        ({"required": ["me"], "properties": {"me": {"$ref": "#"}}}, "/me", "contains itself"),
        ({"type": "array", "minItems": 1, "items": {"enum": []}}, "/0", "no value is allowed"),
        ({"type": "array", "minItems": 10**6}, "/999", "more than 1000 values"),
        (
            {"type": "object", "additionalProperties": False, "minProperties": 1},
            "/key",
            "no value is allowed",
        ),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "", "needs at least 3"),
        ({"type": "string", "minLength": 10**9}, "", "needs at least 1,000,000,000"),
        ({"type": "string", "format": "email", "pattern": r"^\w+$"}, "", "does not match"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "", "is below"),
        ({"type": "number", "minimum": 10**400, "maximum": 10**400 + 1, "multipleOf": 0.7}, "", "multiple"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "", "is required"),
        ({"type": "array", "items": {"type": "integer"}, "contains": {"const": 7}}, "", "too few elements"),
        ({"type": "string", "not": {"type": "string"}}, "", "is not allowed"),
        ({"required": ["it"], "properties": {"it": {"$ref": "#here"}}}, "/it", "'#here' is not supported"),
        ({"type": "nonsense"}, "", "this is not a schema"),
        ({"$ref": "https://example.org/schema"}, "", "this is not a schema"),
    ],
)
def test_what_has_no_sample_says_where_and_what_to_do(schema: Any, pointer: str, problem: str) -> None:
    """The place is a JSON pointer, and there is always a way out: an answer of one's own."""
    anchor: JsonObject = {"$defs": {"one": {"$anchor": "here", "type": "integer"}}}
    with pytest.raises(SampleImpossible, match="give an answer of your own in `answers`") as raised:
        sample_of({"type": "object", **anchor, **schema} if "required" in schema else schema)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert (f"at {pointer}," if pointer else "at its root,") in str(raised.value)
    assert raised.value.exit_code is ExitCode.USAGE


def test_problems_are_told_briefly() -> None:
    """However large the value is that did not do."""
    many: JsonObject = {
        "type": "array",
        "minItems": 900,
        "items": {"enum": [*range(500)]},
        "uniqueItems": True,
    }
    with pytest.raises(SampleImpossible, match="occurs twice") as raised:
        sample_of(many)
    assert len(str(raised.value)) < 400


def test_a_sample_is_the_same_in_every_process() -> None:
    """Whatever order this process gives to sets."""
    schema = Book.model_json_schema()
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


def test_formats() -> None:
    """For every format, different texts of it, as the rules that JSON Schema has for it want them."""
    for name in FORMATS:
        schema: JsonObject = {
            "type": "array",
            "items": {"type": "string", "format": name},
            "minItems": 12,
            "uniqueItems": True,
        }
        assert keeps(sample_of(schema), schema), name
