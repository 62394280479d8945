"""The plan as data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from callsheet.planner.check.checker import check
from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.parser import parse
from callsheet.planner.plan.plan import (
    From,
    Join,
    Literal,
    OnFailure,
    Plan,
    Step,
    Template,
    read_binding,
    write_binding,
)
from tests.planner.catalogs import capability
from tests.planner.strategies import anything

DOCUMENT: dict[str, Any] = {
    "goal": "a goal",
    "steps": [
        {
            "id": "one",
            "capability": "find",
            "inputs": {"a": 1, "b": {"from": "x.y"}, "c": {"template": "{x}"}, "d": {"from": "x", "to": "y"}},
            "condition": "true",
            "for_each": {"from": "zero"},
            "depends_on": ["zero"],
            "join": "any",
            "expect": ["output.ok"],
            "max_retries": 0,
            "timeout_seconds": 1.5,
            "on_failure": "continue",
            "approval": True,
        }
    ],
    "answer": {"from": "one"},
}


def test_a_document_comes_back() -> None:
    """A plan read from JSON writes the same JSON."""
    plan = Plan.model_validate(DOCUMENT)
    assert plan.to_document() == DOCUMENT
    assert plan.steps[0].join is Join.ANY
    assert plan.steps[0].on_failure is OnFailure.CONTINUE


def test_defaults_are_left_out() -> None:
    """What is left at its default is not written."""
    document = {"goal": "", "steps": [{"id": "a", "capability": "b"}], "answer": None}
    assert Plan.model_validate(document).to_document() == document


def test_plans_are_frozen() -> None:
    """A plan cannot be changed."""
    plan = Plan.model_validate(DOCUMENT)
    with pytest.raises(ValidationError):
        plan.goal = "another"


@pytest.mark.parametrize(
    ("value", "binding"),
    [
        ({"from": "a"}, From("a")),
        ({"template": "a"}, Template("a")),
        ({"from": "a", "template": "b"}, Literal({"from": "a", "template": "b"})),
        ([{"from": "a"}], Literal([{"from": "a"}])),
        ({"literal": {"from": "a"}}, Literal({"literal": {"from": "a"}})),
        ("{a}", Literal("{a}")),
        ("$1 costs {x}", Literal("$1 costs {x}")),
        (None, Literal(None)),
    ],
)
def test_bindings(value: JsonValue, binding: object) -> None:
    """Only an object with the one key `from` or `template` is anything but a literal."""
    assert read_binding(value) == binding
    assert write_binding(read_binding(value)) == value


@given(
    anything() | st.builds(lambda key, value: {key: value}, st.sampled_from(["from", "template"]), anything())
)
def test_a_literal_is_never_interpreted(value: JsonValue) -> None:
    """For every JSON value, a literal of it means that value after it was written and read, even where it
    looks like an expression: data that is put into a plan stays data."""
    match read_binding(write_binding(Literal(value))):
        case Literal(found):
            assert found == value
        case From(text):
            assert evaluate(parse(text), {}) == value
        case other:
            raise AssertionError(other)


def test_data_that_looks_like_an_expression_reaches_the_agent_as_data() -> None:
    """A checked plan made in Python gives its capability the literal, not what the literal names."""
    work = capability("work", {"what": {}}, {"text": {"type": "string"}})
    hostile: JsonValue = {"from": "secret.text"}
    plan = Plan(
        goal="",
        steps=(
            Step(id="secret", capability="work", inputs={"what": Literal(1)}),
            Step(id="show", capability="work", inputs={"what": Literal(hostile)}),
        ),
        answer=From("[secret, show]"),
    )
    checked = check(plan, [work]).require()
    assert checked.steps["show"].dependencies == ()
    assert evaluate(checked.steps["show"].inputs["what"], {}) == hostile


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, float("nan"), "\ud800", {"a": object()}])
def test_a_literal_that_is_no_json(value: Any) -> None:
    """A plan made in Python with a literal that JSON cannot carry does not check, and raises nothing."""
    plan = Plan(
        goal="", steps=(Step(id="a", capability="b", inputs={"x": Literal(value)}),), answer=From("a")
    )
    result = check(plan, [])
    assert result.plan is None
    assert {each.code for each in result.errors} <= {"not-json", "unknown-capability"}
