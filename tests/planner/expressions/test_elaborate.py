"""What the checker proves of one expression, and what it finds."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.planner.expressions.elaborate import Elaboration, elaborate
from callsheet.planner.expressions.fields import StepType
from callsheet.planner.expressions.findings import MAX_FINDINGS, Edit
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.tree import Member, StepOutput

OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "ratio": {"type": "number"},
        "good": {"type": "boolean"},
        "colour": {"enum": ["red", "green"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "scores": {"type": "array", "items": {"type": "integer"}},
        "note": {"type": ["string", "null"]},
        "maybe": {"type": ["integer", "null"]},
        "maybes": {"type": "array", "items": {"type": ["integer", "null"]}},
        "inner": {
            "type": "object",
            "properties": {"x": {"type": "number"}, "note": {"type": ["string", "null"]}},
            "required": ["x"],
            "additionalProperties": False,
        },
        "opened": {"type": "object", "properties": {"x": {"type": "number"}}},
        "map": {"type": "object", "additionalProperties": {"type": "number"}},
        "mixed": {"type": ["string", "integer"]},
        "any": {},
        "text_or_list": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "null": {"type": "null"},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    },
    "additionalProperties": False,
}
TYPE = type_of_schema(OUTPUT)
STEPS = {
    "s": StepType(TYPE, "text", False),
    "m": StepType(TYPE, "count", True),
    "i": StepType(TYPE, "inner", False),
}


def read(text: str) -> Elaboration:
    """An expression over step `s`, whose main output is a string, `m`, which is a for_each step, `i`, whose
    main output is an object, and `output`."""
    return elaborate(parse(text), STEPS, {"output": TYPE})


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("s", "a string"),
        ("s.count", "an integer"),
        ("m", "a list of integers"),
        ("m.text", "a list of strings"),
        ("m[0]", "an integer"),
        ("output", "an object with text, count, ratio, good, colour, tags…"),
        ("output.inner.x", "a number"),
        ('i["x"]', "a number"),
        ("s.opened.x", "a number"),
        ("s.map.whatever", "a number"),
        ('s.map["what ever"]', "a number"),
        ("s.map[s]", "a number"),
        ("s.any.a.b[0].c", "anything"),
        ("s.tags[0]", "a string"),
        ("s[0]", "a string"),
        ("s.text_or_list[0]", "a string"),
        ("s.any[s.any]", "anything"),
        ("s.pair[1]", "an integer or a string"),
        ("[x for x in s.pair]", "a list (of an integer or a string)"),
        ("s.count + 1", "an integer"),
        ("s.count + 0.5", "a number"),
        ("s.count / 2", "a number"),
        ("s.count // 2 % 3 * 2 - 1", "an integer"),
        ("s.count ** 2", "a number"),
        ("-s.count", "an integer"),
        ("-s.ratio", "a number"),
        ('s + "x"', "a string"),
        ("s.any + s.any", "anything"),
        ("s.any + 1", "a number"),
        ('s.any + "x"', "a string"),
        ("s.tags + s.scores", "a list (of a string or an integer)"),
        ("s.count < s.ratio", "a boolean"),
        ('s.colour == "red"', "a boolean"),
        ("s.note == null", "a boolean"),
        ("s.text == null", "a boolean"),
        ('"a" in s.tags', "a boolean"),
        ('"a" in s.map', "a boolean"),
        ("not s.good and s.good", "a boolean"),
        ("len(s)", "an integer"),
        ("sum(s.scores)", "an integer"),
        ("sum([0.5])", "a number"),
        ("max(s.scores)", "an integer"),
        ("min(s, s.colour)", "a string"),
        ("any(x > 1 for x in s.scores)", "a boolean"),
        ("str(s.any)", "a string"),
        ("round(s.ratio)", "an integer"),
        ("round(s.ratio, 2)", "a number"),
        ('default(s.note, "")', "a string"),
        ("default(s.note, 0)", "a string or an integer"),
        ("[s, s.count]", "a list"),
        ('{"a": s}', "an object with a"),
        ('{"a": s}.a', "a string"),
        ("[x + 1 for x in s.scores]", "a list of integers"),
        ("[]", "a list (of nothing at all)"),
        ("[][0]", "nothing at all"),
    ],
)
def test_types(text: str, type_: str) -> None:
    """What an expression may yield is known, and nothing is found."""
    found = read(text)
    assert str(found.type) == type_
    assert found.findings == ()


@pytest.mark.parametrize(
    ("text", "start", "code", "message"),
    [
        ("x", 0, "unknown-step", "there is no step `x`"),
        ("1 + zz.a", 4, "unknown-step", "there is no step `zz`"),
        ("s.txt", 2, "unknown-field", "the output of step `s` has no `txt`"),
        ("output.inner.y", 13, "unknown-field", "this has no `y`"),
        ("s.opened.y", 9, "unknown-field", "this has no `y`"),
        ('i["y"]', 1, "unknown-field", "the output of step `i` has no `y`"),
        ("s.text.x", 7, "type-mismatch", "this is a string and has no fields"),
        ("s.null.x", 7, "type-mismatch", "always null"),
        ("s.count[0]", 2, "type-mismatch", "a list is required"),
        ("s.tags[s]", 2, "type-mismatch", "an object is required"),
        ("s.tags[0.5]", 7, "type-mismatch", "may have a fraction"),
        ("s.tags[true]", 7, "type-mismatch", "an integer or a string is required"),
        ("s + 1", 4, "type-mismatch", "this is an integer, but a string is required"),
        ("s - 1", 0, "type-mismatch", "this is a string, but a number is required"),
        ("s.good + 1", 2, "type-mismatch", "a boolean, but a number"),
        ("s.maybe + 1", 2, "type-mismatch", "this may be null, but a number is required"),
        ("-s", 1, "type-mismatch", "a number is required"),
        ("s < 1", 4, "type-mismatch", "a string is required"),
        ("s.good < true", 2, "type-mismatch", "a number or a string is required"),
        ("s == 1", 5, "type-mismatch", "a string never equals an integer"),
        ('s.colour == "rad"', 12, "type-mismatch", 'one of "green", "red" never equals one of "rad"'),
        ("1 in s", 0, "type-mismatch", "a string is required"),
        ('"a" in s.count', 9, "type-mismatch", "a list, a string or an object is required"),
        ("not s", 4, "type-mismatch", "a boolean is required"),
        ("s.good and s", 11, "type-mismatch", "a boolean is required"),
        ("len(s.count)", 6, "type-mismatch", "a string, a list or an object is required"),
        ("sum(s.tags)", 6, "type-mismatch", "a list of numbers is required"),
        ("sum(s.count)", 6, "type-mismatch", "a list is required"),
        ("max(s, s.count)", 9, "type-mismatch", "cannot be compared in order"),
        ("max(s.good, 1)", 6, "type-mismatch", "numbers or strings is required"),
        ("any(s.scores)", 6, "type-mismatch", "a list of booleans is required"),
        ("round(s)", 6, "type-mismatch", "a number is required"),
        ("[x for x in s]", 12, "type-mismatch", "a list is required"),
        ("[x for x in s.tags if x]", 22, "type-mismatch", "a boolean is required"),
        ("[s for s in i.tags]", 0, "shadowed-name", "is already a name here"),
        ("[output for output in s.tags]", 0, "shadowed-name", "is already a name here"),
    ],
)
def test_findings(text: str, start: int, code: str, message: str) -> None:
    """What cannot be is found once, with its place and its code, and the rest is typed on."""
    (finding,) = read(text).findings
    assert (finding.start, finding.code) == (start, code)
    assert message in finding.message


@pytest.mark.parametrize(
    ("text", "hint", "edit"),
    [
        ("s.txt", "did you mean `text`?", Edit(2, 5, "text")),
        ("i.inner.note.z", None, None),
        ("i.inner.z", "there are `x`, `note`", None),
        ("outputt.count", "did you mean `output`?", Edit(0, 7, "output")),
        ("s.opened.q", "there are `x`", None),
        ('s.opened["q"]', "there are `x`", None),
        ("s.maybe + 1", "give a fallback: default(…, value), or test it for null first", None),
        ('s.colour == "rad"', "did you mean `red`?", None),
        ("s.tags[s.ratio]", "round(…) makes it an integer", None),
    ],
)
def test_hints_and_repairs(text: str, hint: str | None, edit: Edit | None) -> None:
    """A finding says what may have been meant; where that is certain, how to write it."""
    (finding,) = read(text).findings
    assert finding.hint == hint
    assert finding.edit == edit


def test_steps_are_resolved() -> None:
    """A step's name becomes its main output, a member of it that field; the steps are named in order."""
    found = read("[m.text, s, s.inner.x]")
    assert found.steps == ("m", "s")
    assert found.needs == {"m", "s"}
    assert read("s").tree == StepOutput("s", "text", False, 0)
    assert read("m.tags").tree == StepOutput("m", "tags", True, 2)
    assert read("s.inner.x").tree == Member(StepOutput("s", "inner", False, 2), "x", 8)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("default(s, m)", {"m"}),
        ("default(s, 1)", set()),
        ("default(s.text + i.text, 1)", set()),
        ("[default(s, 1), m]", {"m"}),
        ("str(default(s, 1)) + i.text", {"i"}),
        ("s.good or m == []", {"s", "m"}),
        ('{ "a": s, "b": [m for x in i.tags] }', {"s", "m", "i"}),
    ],
)
def test_what_is_needed(text: str, needs: set[str]) -> None:
    """Steps without whose result there is no value: all but those that `default` stands in for."""
    assert read(text).needs == needs


@pytest.mark.parametrize(
    "text",
    [
        "s.maybe != null and s.maybe > 1",
        "s.maybe == null or s.maybe > 1",
        "not (s.maybe == null) and s.maybe > 1",
        "not (s.maybe != null) or s.maybe > 1",
        "s.maybe != null and s.note != null and len(s.note) > s.maybe",
        "(s.maybe != null and s.note != null) and s.maybe > 1",
        "s.inner.note != null and len(s.inner.note) > 1",
        's.inner["note"] != null and len(s.inner["note"]) > 1',
        "s.maybes[0] != null and s.maybes[0] > 1",
        "sum([x for x in s.maybes if x != null]) > 1",
        "any(x != null and x > 1 for x in s.maybes)",
        'i["note"] != null and len(i.note) > 1',
        "i != null and i.note != null and len(i.inner.note) > 0",
    ],
)
def test_a_test_for_null_is_understood(text: str) -> None:
    """Behind a test that it is not null, a value is taken for what it is otherwise."""
    assert read(text.replace("i.note != null", "i.inner.note != null")).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "s.maybe != null or s.maybe > 1",
        "s.maybe == null and s.maybe > 1",
        "(s.maybe != null or s.good) and s.maybe > 1",
        "s.maybes[1] != null and s.maybes[0] > 1",
        "(s.maybe != null and s.good) == (s.maybe > 1)",
        "s.inner.note != null and len(s.note) > 1",
        'i["inner"]["note"] != null and len(i.note) > 1',
        "sum(x for x in s.maybes) > 1",
        "m.maybe != null and sum(m.maybe) > 1",
    ],
)
def test_another_test_does_not_help(text: str) -> None:
    """A test of something else, in another alternative, or of the wrong sense, proves nothing."""
    assert [finding.code for finding in read(text).findings] == ["type-mismatch"]


def test_one_mistake_is_one_finding() -> None:
    """What is unknown is taken for anything from there on."""
    assert len(read("len(zz.a.b[0]) + -zz2[zz3]").findings) == 3


def test_an_expression_full_of_mistakes_is_given_up() -> None:
    """After some findings the search ends: hints take time, and a hostile text could ask for thousands."""
    assert len(read("[" + ",".join(["x"] * 1_000) + "]").findings) == MAX_FINDINGS


def test_templates_are_texts() -> None:
    """Whatever stands in the braces, a template makes text; what it names is found."""
    found = elaborate(parse_template("{s.count} of {zz}"), STEPS, {})
    assert str(found.type) == "a string"
    assert found.needs == {"s"}
    assert [(finding.start, finding.code) for finding in found.findings] == [(14, "unknown-step")]
