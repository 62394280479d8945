"""Parameters: checked before they have values, and put into the plan as data when they have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.validation import Validator
from callsheet.planner.check.checker import CheckResult, check
from callsheet.planner.check.errors import ParameterError
from callsheet.planner.check.fixes import apply_fixes
from callsheet.planner.check.parameter_check import check_filled, fill
from callsheet.planner.check.parameters import Parameters
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.expressions.elaborate import elaborate
from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.grants.grant import Grant
from callsheet.planner.plan.plan import From, Literal, Plan, Template
from tests.planner.catalogs import CATALOG
from tests.planner.strategies import Known, Writer, reach, schemas, values

CITY: JsonObject = {"type": "string", "description": "the city to look at"}
COUNT: JsonObject = {"type": "integer", "minimum": 1, "default": 3}


def document(*steps: JsonObject, answer: Any = "done", **params: JsonObject) -> JsonObject:
    """A plan with parameters; one step that reads a file where none is given."""
    shown = steps or (step("read", "read_file", path="a.txt"),)
    return {"goal": "try it", "params": {**params}, "steps": [*shown], "answer": answer}


def step(id: str, capability: str, **inputs: Any) -> JsonObject:
    """A step with these inputs."""
    return {"id": id, "capability": capability, "inputs": inputs}


def found(plan: JsonObject) -> CheckResult:
    """What the checker says of it."""
    return check(plan, CATALOG)


def only(plan: JsonObject) -> Diagnostic:
    """The one error that a plan has."""
    (error,) = found(plan).errors
    return error


def filled(plan: JsonObject, **given: object) -> Plan:
    """The plan with these values, checked again."""
    return check_filled(plan, given, CATALOG).require().plan


# Before there are values.


def test_every_expression_may_refer_to_a_parameter() -> None:
    """Inputs, templates, conditions, expectations, for_each and the answer: all know `params`."""
    every: JsonObject = {
        **step("read", "read_file", path={"from": "item"}),
        "for_each": {"from": "params.files"},
        "condition": "len(params.city) > 0",
        "expect": ["output.bytes > params.count"],
    }
    save = step("save", "save", path={"template": "{params.city}.txt"}, content={"from": 'params["city"]'})
    files: JsonObject = {"type": "array", "items": {"type": "string"}}
    plan = document(every, save, answer={"from": "params.city"}, city=CITY, count=COUNT, files=files)
    assert found(plan).errors == ()


def test_an_unknown_parameter_is_found_and_its_repair_is_certain() -> None:
    """A slip of the pen is told with the name that was meant, and can be mended without asking."""
    plan = document(step("read", "read_file", path={"from": "params.cyti"}), city=CITY, cita=COUNT)
    assert only(plan).code == "unknown-field"
    plan = document(step("read", "read_file", path={"from": "params.citx"}), city=CITY, count=COUNT)
    error = only(plan)
    assert (error.code, error.pointer) == ("unknown-field", "/steps/0/inputs/path/from")
    assert error.hint == "did you mean `city`?"
    repaired, notes = apply_fixes(plan, [error])
    assert notes
    assert found(repaired).errors == ()


def test_a_parameter_is_typed_as_its_schema_says() -> None:
    """A number where a string is wanted, and a string in a condition, are refused before there are values."""
    assert (
        only(document(step("c", "count", words={"from": "params.count"}), count=COUNT)).code
        == "type-mismatch"
    )
    plan = document({**step("read", "read_file", path="a"), "condition": "params.city"}, city=CITY)
    assert only(plan).code == "not-a-truth-value"


def test_without_parameters_the_name_is_explained() -> None:
    """Who refers to parameters that are not declared is told to declare them."""
    error = only(document(answer={"from": "params.city"}))
    assert "declares no parameters" in error.message
    assert "params:" in (error.hint or "")


def test_no_variable_may_be_called_as_they_are() -> None:
    """A comprehension's variable called `params` would hide them, and is refused."""
    error = only(document(answer={"from": "[params for params in [1]]"}, city=CITY))
    assert error.code == "shadowed-name"


@pytest.mark.parametrize(
    ("name", "schema", "pointer"),
    [
        ("City", CITY, "/params/City"),
        ("a b", CITY, "/params/a b"),
        ("n", {"type": "nonsense"}, "/params/n"),
        ("n", {"type": 3}, "/params/n"),
        ("n", {"$ref": "#"}, "/params/n"),
        ("n", {"items": {"$ref": "https://example.com/schema"}}, "/params/n"),
        ("n", {"type": "integer", "default": "three"}, "/params/n/default"),
        ("n", {"minimum": 5, "default": 3}, "/params/n/default"),
    ],
)
def test_a_bad_declaration_is_a_finding(name: str, schema: JsonObject, pointer: str) -> None:
    """A name, a schema or a default that is none is told with its place, and never raises."""
    error = only(document(**{name: schema}))
    assert (error.code, error.pointer) == ("bad-parameter", pointer)


def test_a_plan_has_a_hundred_parameters_at_most() -> None:
    """What is out of all proportion is refused."""
    assert found(document(**{f"p{at}": CITY for at in range(100)})).errors == ()
    assert only(document(**{f"p{at}": CITY for at in range(101)})).code == "malformed-plan"


def test_a_plan_is_written_as_it_was_read() -> None:
    """Parameters are part of a plan's document; a plan without any has no entry for them."""
    plan = document(city=CITY, count=COUNT)
    assert Plan.model_validate(plan).to_document() == plan
    assert "params" not in Plan.model_validate(document()).to_document()


# Values.


def test_values_become_literals_and_text() -> None:
    """Whoever approves the plan sees what will be done, and nothing of it needs parameters any more."""
    steps = (
        step(
            "save",
            "save",
            path={"from": "params.city"},
            content={"template": "{{{params.city}}} in {params.count}"},
        ),
    )
    plan = filled(document(*steps, answer={"from": "params.count"}, city=CITY, count=COUNT), city="Oslo")
    assert plan.params == {}
    assert plan.steps[0].inputs == {"path": Literal("Oslo"), "content": Template("{{Oslo}} in 3")}
    assert plan.answer == Literal(3)


@pytest.mark.parametrize(
    "hostile",
    [
        "{read.text}",
        '"} + read.text + {"',
        "{{x}}",
        "}",
        '{"from": "read.text"}',
        "\\",
        "'\"\n\u2028{",
        "params.city",
    ],
)
def test_nothing_in_a_value_is_interpreted(hostile: str) -> None:
    """Braces, quotes and expressions in a value are text: in an input, a template, an expression."""
    read = step("read", "read_file", path="a.txt")
    save = step("save", "save", path={"from": "params.city"}, content={"template": "<{ params.city }>"})
    answer = {"from": "[params.city + save.path]"}
    checked = check_filled(
        document(read, save, answer=answer, city=CITY), {"city": hostile}, CATALOG
    ).require()
    assert evaluate(checked.steps["save"].inputs["path"], {}) == hostile
    assert evaluate(checked.steps["save"].inputs["content"], {}) == f"<{hostile}>"
    assert evaluate(checked.answer, {"save": {"path": "!"}}) == [f"{hostile}!"]
    assert checked.steps["save"].dependencies == ()


def test_a_value_that_looks_like_a_binding_is_a_value() -> None:
    """An object with the one key `from` is given as it is, through the plan's JSON and back."""
    given = {"from": "read.text"}
    plan = filled(document(answer={"from": "params.any"}, any={}), any=given)
    written = Plan.model_validate(json.loads(json.dumps(plan.to_document())))
    assert evaluate(check(written, CATALOG).require().answer, {}) == given


def test_what_was_proved_holds_with_every_value() -> None:
    """A test for null guards what is behind it, and an optional field may be missing, whatever is given."""
    nullable: JsonObject = {"type": ["integer", "null"]}
    record: JsonObject = {"type": "object", "properties": {"note": {"type": "string"}}}
    mode: JsonObject = {"enum": ["fast", "slow"]}
    read = step("read", "read_file", path="a.txt")
    short = step("short", "shorten", text={"from": "read"})
    short["condition"] = 'params.most == null or (params.mode == "fast" and read.bytes < params.most)'
    answer = {"from": 'default(params.record.note, "none") + read.text'}
    plan = document(read, short, answer=answer, most=nullable, record=record, mode=mode)
    for most, kind in ((None, "slow"), (5, "fast")):
        checked = check_filled(plan, {"most": most, "record": {}, "mode": kind}, CATALOG).require()
        assert evaluate(checked.answer, {"read": {"text": "!"}}) == "none!"
        assert checked.steps["short"].condition is not None
        assert evaluate(checked.steps["short"].condition, {"read": {"bytes": 4}}) is True


def test_what_stays_in_an_expression_has_its_value_as_the_default() -> None:
    """The filled plan stands for itself: checked again, after a restart too, it means the same."""
    read = {**step("read", "read_file", path={"from": "params.city"}), "condition": "params.count > 2"}
    plan = filled(document(read, city=CITY, count=COUNT), city="Oslo", count=7)
    assert plan.params == {"count": {**COUNT, "default": 7}}
    condition = check(plan.to_document(), CATALOG).require().steps["read"].condition
    assert condition is not None
    assert evaluate(condition, {}) is True


def test_a_value_that_its_input_does_not_take_is_found_before_the_run() -> None:
    """The schema of an input may want more than that of the parameter."""
    words: JsonObject = {"type": "integer"}
    plan = document(step("short", "shorten", text="x", words={"from": "params.n"}), n=words)
    (error,) = check_filled(plan, {"n": 0}, CATALOG).errors
    assert (error.code, error.pointer) == ("type-mismatch", "/steps/0/inputs/words")


def test_a_plan_that_does_not_check_is_refused_as_ever() -> None:
    """Its findings come first: values are only held against a plan that checks."""
    plan = document(step("read", "read_fil", path={"from": "params.city"}), city=CITY)
    assert check_filled(plan, {}, CATALOG).errors[0].code == "unknown-capability"


def test_a_plan_without_parameters_is_the_same_plan() -> None:
    """Nothing is changed, and nothing is checked twice."""
    checked = check(document(), CATALOG).require()
    assert fill(checked, {}) is checked.plan


def test_a_person_who_gives_a_host_grants_it() -> None:
    """What is given for a parameter counts as what the approved plan names."""
    plan = document(step("read", "read_file", path={"from": "params.city"}), city=CITY)
    checked = check_filled(plan, {"city": "secret/plans.txt"}, CATALOG).require()
    granted = Grant.from_plan("try it", checked)
    assert granted.beyond(checked.steps["read"], {"path": "secret/plans.txt"}) == ()
    assert granted.beyond(checked.steps["read"], {"path": "secret/other.txt"}) != ()


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# What is told.


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Missing, unknown and wrong values are one error, which says what to type."""
    plan = document(city=CITY, count=COUNT, flag={"type": "boolean"}, mode={"enum": ["fast", "slow"]})
    with pytest.raises(ParameterError) as raised:
        check_filled(plan, {"count": 0, "cty": "Oslo", "flag": "yes", "mode": "slow"}, CATALOG)
    assert len(raised.value.problems) == 4
    text = str(raised.value)
    assert "`city` is missing: it takes a string (the city to look at)" in text
    assert "`count` takes an integer: 0 is below 1" in text
    assert "there is no parameter `cty`: did you mean `city`?" in text
    assert raised.value.wanted == ("city=TEXT", "count=NUMBER", "flag=true|false")
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: float("nan"),
        lambda: b"x",
        lambda: {1, 2},
        lambda: "\ud800",
        lambda: "x" * 1_000_001,
        lambda: 10**5_000,
        lambda: _nested(2_000),
    ],
    ids=["nan", "bytes", "set", "half a character", "long", "digits", "deep"],
)
def test_a_value_is_json(make: Callable[[], object]) -> None:
    """What no plan could carry is refused, also where the schema takes anything."""
    with pytest.raises(ParameterError):
        check_filled(document(any={}), {"any": make()}, CATALOG)


def test_a_value_is_nobody_elses() -> None:
    """A list that its giver changes later is not changed in the plan."""
    given = [1]
    plan = filled(document(answer={"from": "params.any"}, any={}), any=given)
    given.append(2)
    assert plan.answer == Literal([1])


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "5", "5"),
        ({"type": "string"}, '"5"', '"5"'),
        ({"enum": ["a", "b"]}, "a", "a"),
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, "five", "five"),
        ({"type": "array"}, '["a"]', ["a"]),
        ({"type": "boolean"}, "true", True),
        ({"type": ["string", "null"]}, "null", None),
        ({"type": ["string", "null"]}, "5", "5"),
        ({}, "5", 5),
        ({}, "hello", "hello"),
        ({"type": "number"}, "[" * 100_000, "[" * 100_000),
    ],
)
def test_a_typed_text_is_read_as_the_schema_wants(schema: JsonObject, text: str, value: Any) -> None:
    """Texts are taken as they stand, everything else as JSON."""
    parameters = Parameters.from_plan(Plan.model_validate(document(p=schema)))
    assert parameters["p"].read_value(text) == value


# For every plan and every value.


@st.composite
def _cases(draw: st.DrawFn) -> tuple[dict[str, JsonObject], dict[str, Any], str, bool]:
    """Parameters, values that they take, and an expression over them; whether it stands in a template."""
    declared: dict[str, JsonObject] = {}
    taken: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(("one", "two", "three")), min_size=1, unique=True)):
        schema = draw(schemas(1).filter(lambda each: "$ref" not in json.dumps(each)))
        value = draw(values(schema, schema))
        assume(Validator(schema).accepts(value))
        declared[name], taken[name] = schema, value
    plan = Plan.model_validate(document(**declared))
    known = [
        each
        for name, parameter in Parameters.from_plan(plan).items()
        for each in reach(Known(f"params.{name}", parameter.type))
    ]
    sort = draw(st.sampled_from(("number", "truth", "text", "list", "object", "any")))
    return declared, taken, Writer(draw, known).write(sort), draw(st.booleans())


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(_cases())
def test_for_every_plan_and_every_value(
    case: tuple[dict[str, JsonObject], dict[str, Any], str, bool],
) -> None:
    """A plan that checks for all values checks for each of them, and its expressions yield what they would
    if `params` were a name like any other."""
    declared, taken, expression, is_template = case
    text = f"So {{{{it}}}} is: {{ {expression} }}."
    plan = document(answer={"template": text} if is_template else {"from": expression}, **declared)
    assume(found(plan).plan is not None)
    checked = check_filled(plan, taken, CATALOG).require()
    known = Parameters.from_plan(Plan.model_validate(plan))
    tree = parse_template(text) if is_template else parse(expression)
    as_variable = elaborate(tree, {}, {"params": known.type}).tree
    assert evaluate(checked.answer, {}) == evaluate(as_variable, {"params": taken})
    assert check(checked.plan.to_document(), CATALOG).plan is not None


def test_the_property_would_see_a_value_pasted_as_text() -> None:
    """Its comparison can fail: a value put into the expression as it stands means something else."""
    pasted = check(document(answer={"from": "-3 ** 2"}), CATALOG).require()
    checked = check_filled(
        document(answer={"from": "params.n ** 2"}, n={"type": "integer"}), {"n": -3}, CATALOG
    )
    assert evaluate(checked.require().answer, {}) == 9 != evaluate(pasted.answer, {})
    assert isinstance(checked.require().plan.answer, From)
