"""D5. What breaks a schema is said in Callsheet's own words, and of a form that was meant, which one."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.contracts.validation import Validator

CIRCLE = {
    "type": "object",
    "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
    "required": ["kind", "radius"],
}
LINE = {
    "type": "object",
    "properties": {"kind": {"enum": ["line"]}, "length": {"type": "number"}},
    "required": ["kind", "length"],
}
BY_PATH = {
    "type": "object",
    "properties": {"path": {"type": "string"}},
    "required": ["path"],
    "additionalProperties": False,
}
BY_URL = {**BY_PATH, "properties": {"url": {"type": "string"}}, "required": ["url"]}

SENTENCES: list[tuple[Any, Any, str]] = [
    ({"type": ["integer", "null"], "maximum": 100}, 500, "500 is above 100"),
    ({"type": "integer"}, 2.5, "2.5 has a fraction, but an integer is required"),
    ({"type": "string"}, None, "null is given, but a string is required"),
    ({"type": ["null", "array"]}, True, "true is a boolean, but a list or null is required"),
    ({"minimum": 1}, 0, "0 is below 1"),
    ({"exclusiveMinimum": 0}, 0, "0 is not above 0"),
    ({"exclusiveMaximum": 5}, 5, "5 is not below 5"),
    ({"multipleOf": 0.5}, 0.3, "0.3 is not a multiple of 0.5"),
    ({"minLength": 3}, "b", '"b" has 1 character, and needs at least 3'),
    ({"maxLength": 1}, "ab", '"ab" has 2 characters, and may have at most 1'),
    ({"pattern": "^a"}, "b", '"b" does not match the pattern ^a'),
    ({"minItems": 1}, [], "the list has 0 elements, and needs at least 1"),
    ({"maxItems": 1}, [1, 2], "the list has 2 elements, and may have at most 1"),
    ({"uniqueItems": True}, [1, 2, 1], "1 occurs twice, and each element may occur once"),
    ({"minProperties": 1}, {}, "the object has 0 fields, and needs at least 1"),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, "the object has 2 fields, and may have at most 1"),
    ({"required": ["a"]}, {}, "`a` is missing"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "`b` is missing"),
    (BY_PATH, {"path": "x", "paht": 1}, "there is no field `paht` (did you mean `path`?)"),
    (BY_PATH, {"paht": "x"}, "there is no field `paht` (did you mean `path`?)"),
    (
        {**BY_PATH, "$ref": "#/$defs/a", "$defs": {"a": {}}},
        {"path": 1},
        "1 is an integer, but a string is required",
    ),
    (
        {"properties": {"a": {}}, "unevaluatedProperties": False},
        {"b": 2},
        "there is no field `b` (there are `a`)",
    ),
    ({"properties": {"a": False}}, {"a": 1}, "nothing is allowed here; leave it out"),
    ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], "the list has more elements than are allowed"),
    (
        {"propertyNames": {"pattern": "^[a-z]+$"}},
        {"A": 1},
        'the name "A" does not match the pattern ^[a-z]+$',
    ),
    ({"not": {"type": "null"}}, None, 'null is not allowed; what {"type": "null"} describes is excluded'),
    ({"contains": {"const": 1}}, [2], "the list has too few elements of the kind that the schema requires"),
    (
        {"contains": {}, "maxContains": 1},
        [2, 3],
        "the list has too many elements of the kind that the schema counts",
    ),
    ({"const": "x"}, "y", '"y" is not "x"'),
    ({"enum": ["red", "green"]}, "Gren", '"Gren" is not one of "red", "green" (did you mean `green`?)'),
    ({"enum": [1, 2]}, "1", '"1" is not one of 1, 2 (did you mean 1, an integer?)'),
    ({"type": "number"}, float("nan"), "nan cannot be written as JSON"),
    ({"items": {"type": "string"}}, [b"x"], "b'x' cannot be written as JSON"),
    ({"type": "string"}, "\ud800", "'\\ud800' cannot be written as JSON"),
]

BRANCHES: list[tuple[list[Any], Any, str, str]] = [
    ([{"type": "integer", "maximum": 100}, {"type": "null"}], 500, "", "500 is above 100"),
    ([{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 5}], 2, "", "2 is below 5"),
    (
        [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "null"}],
        [1],
        "",
        "[1] is a list, but an integer, a string or null is required",
    ),
    ([{"const": "a"}, {"enum": ["b", "c"]}], "d", "", '"d" is not one of "a", "b", "c"'),
    ([CIRCLE, LINE], {"kind": "line"}, "", '`length` is missing (as `kind` is "line")'),
    (
        [CIRCLE, LINE],
        {"kind": "Circle", "radius": 1},
        "/kind",
        '"Circle" is not one of "circle", "line" (did you mean `circle`?)',
    ),
    (
        [{"type": "null"}, {"oneOf": [CIRCLE, LINE]}],
        {"kind": "circle", "radius": "1"},
        "/radius",
        '"1" is a string, but a number is required (as `kind` is "circle")',
    ),
    (
        [BY_PATH, BY_URL],
        {"url": 3},
        "/url",
        "3 is an integer, but a string is required (it was read as the form that has `url`)",
    ),
    (
        [{**BY_PATH, "title": "File"}, BY_URL],
        {"path": 3},
        "/path",
        "3 is an integer, but a string is required (it was read as File)",
    ),
    (
        [{"required": ["a"]}, {"required": ["b"]}],
        {},
        "",
        "this fits none of the forms that are allowed: (1) `a` is missing; (2) `b` is missing",
    ),
    (
        [{"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "string"}}],
        [1, "a"],
        "",
        'this fits none of the forms that are allowed: (1) /1: "a" is a string, but an integer is required; '
        "(2) /0: 1 is an integer, but a string is required",
    ),
]


@pytest.mark.parametrize(("schema", "value", "sentence"), SENTENCES)
def test_a_broken_keyword_is_said(schema: Any, value: Any, sentence: str) -> None:
    """Each keyword has its sentence, with the value, the bound, and what may have been meant."""
    assert not Validator(schema).accepts(value)
    assert [each.sentence for each in Validator(schema).problems(value)][:1] == [sentence]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(("branches", "value", "pointer", "sentence"), BRANCHES)
def test_the_branch_that_was_meant_is_said(
    keyword: str, branches: list[Any], value: Any, pointer: str, sentence: str
) -> None:
    """The one of its type, of the word that tells it from the others, or that comes nearest; behind a
    reference too. Where several come as near, each is told."""
    (problem,) = Validator({keyword: branches}).problems(value)
    assert (problem.pointer, problem.sentence) == (pointer, sentence)
    named = {f"F{at}": each for at, each in enumerate(branches)}
    referring = {"$defs": named, keyword: [{"$ref": f"#/$defs/{name}"} for name in named]}
    (problem,) = Validator(referring).problems(value)
    assert (problem.pointer, problem.message) == (
        pointer,
        sentence.partition(" (")[0] if "(1)" not in sentence else sentence,
    )


def test_a_value_of_two_forms_says_so() -> None:
    """And how many they are."""
    (problem,) = Validator({"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]}).problems(
        5
    )
    assert problem.message == "5 fits 2 of the forms that are allowed, and may fit only one"


def test_choices_are_listed_up_to_20() -> None:
    """And the nearest of all of them is suggested."""
    (problem,) = Validator({"enum": [*(f"colour{number:02}" for number in range(25)), "yellow"]}).problems(
        "yelow"
    )
    assert '"colour19", …' in problem.message
    assert "colour20" not in problem.message
    assert problem.hint == "did you mean `yellow`?"


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "strin"}, 'at /type: "strin" is not one of '),
        ({"properties": [1]}, "at /properties: [1] is a list, but an object is required"),
        ({"pattern": "("}, 'at /pattern: "(" is not a valid pattern'),
        ({"$ref": "#/nope"}, "the reference `/nope` leads to nothing in the schema"),
        (
            {"$ref": "http://x.y/z"},
            "the reference `http://x.y/z` leads outside the schema, and nothing is fetched",
        ),
        ({"minLength": -1}, "at /minLength: -1 is below 0"),
        ({"anyOf": []}, "at /anyOf: the list has 0 elements, and needs at least 1"),
    ],
)
def test_a_schema_that_is_none_says_why(schema: Any, sentence: str) -> None:
    """In one sentence, with the place."""
    with pytest.raises(ValueError) as raised:
        Validator(schema)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)
