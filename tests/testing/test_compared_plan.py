"""Plans in assertions."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.planner.plan.plan import Plan
from callsheet.testing import ComparedPlan, plan_differences

from .conftest import Project

pytest_plugins = ["pytester"]

COUNT = {"id": "count", "capability": "stock", "inputs": {"article": "chair"}}
TWICE = {"id": "twice", "capability": "double", "inputs": {"number": {"from": "count"}}}


def document(*steps: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"goal": "Count", "steps": list(steps), "answer": {"from": "count"}, **others}


def compared(*steps: dict[str, Any], **others: Any) -> ComparedPlan:
    return ComparedPlan.from_plan(Plan.model_validate(document(*steps, **others)))


def test_a_plan_is_equal_to_its_document() -> None:
    """On either side, with defaults written out or not."""
    plan = compared(COUNT, TWICE)
    assert plan == document(COUNT, TWICE)
    assert document(COUNT, TWICE) == plan
    assert plan == document({**COUNT, "join": "all", "max_retries": None}, TWICE, params={})
    assert plan == plan.to_document()


def test_a_plan_is_equal_to_the_same_plan() -> None:
    """Whether it comes from a replay or not, and their hashes are the same."""
    plan = Plan.model_validate(document(COUNT, TWICE))
    assert compared(COUNT, TWICE) == plan
    assert plan == compared(COUNT, TWICE)
    assert compared(COUNT, TWICE) == compared(COUNT, TWICE)


@pytest.mark.parametrize(
    "other",
    [
        document(COUNT),
        document(TWICE, COUNT),
        document({**COUNT, "inputs": {"article": "table"}}, TWICE),
        document(COUNT, TWICE, goal="Count twice"),
        document(COUNT, TWICE, answer={"from": "twice"}),
        document(COUNT, TWICE, params={"article": {"type": "string"}}),
        {"steps": [COUNT, TWICE]},
        {},
        None,
        [COUNT, TWICE],
    ],
)
def test_a_plan_is_not_equal_to_another(other: object) -> None:
    """Other steps, in another order, another goal, answer or parameter, and what is no plan at all."""
    assert compared(COUNT, TWICE) != other


def test_numbers_and_truths_are_told_apart() -> None:
    """In Python 1 equals true; in a plan it does not."""
    assert compared({**COUNT, "inputs": {"n": 1}}) != document({**COUNT, "inputs": {"n": True}})


def test_differences_go_from_what_was_expected_to_what_there_is() -> None:
    """The plan of a replay is what there is, on whichever side it stands."""
    plan, other = compared(COUNT), document({**COUNT, "inputs": {"article": "table"}})
    lines = plan_differences(plan, other)
    assert lines is not None
    assert any('"table" -> "chair"' in line for line in lines)
    assert plan_differences(other, plan) == lines


def test_what_is_not_about_plans_is_left_to_pytest() -> None:
    """Neither for two other values, nor for a plan and something that is none."""
    assert plan_differences({}, {"a": 1}) is None
    assert plan_differences(compared(COUNT), None) is None
    assert plan_differences(compared(COUNT), compared(COUNT)) is None


def test_an_assertion_tells_plans_apart_by_steps(project: Project) -> None:
    """Steps that were added, left out and changed, the goal and the answer, instead of two long texts."""
    result = project.test("""
@pytest.mark.recording("recordings/planned.yaml")
def test_shop(recording):
    run = recording.replay()
    assert run.plan == run.revisions[0].to_document()
    assert run.plan == {
        "goal": "How many chairs?",
        "steps": [
            {"id": "count", "capability": "stock", "inputs": {"article": "table"}},
            {"id": "mail", "capability": "order", "inputs": {"pieces": 1}},
        ],
        "answer": {"from": "count"},
    }
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       assert the plan differs from the expected one:",
            'E*~ goal: "How many chairs?" -> "How many chairs are there, doubled?"',
            "E*- mail: order",
            "E*+ twice: double",
            "E*~ count",
            'E*inputs.article: "table" -> "chair"',
        ]
    )


def test_a_document_that_is_no_plan_is_told(project: Project) -> None:
    """The assertion says which key is missing or wrong."""
    result = project.test("""
@pytest.mark.recording("recordings/planned.yaml")
def test_shop(recording):
    assert recording.replay().plan == {"goal": "Count", "stages": []}
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*the plan is compared with a document that is not a plan:",
            "E*`steps` is missing",
            "E*there is no field `stages`",
        ]
    )


def test_what_hides_in_a_plan_is_spelled_out() -> None:
    """The texts of a failed assertion are read by people: what nobody sees, or what reorders, is escaped."""
    documents = [
        {
            "goal": f"mail {address}",
            "steps": [{"id": "a", "capability": "x", "inputs": {"q": address}}],
            "answer": {"from": "a"},
        }
        for address in ("boss@example\u200b.com\u202e", "boss@example.com")
    ]
    told = "\n".join(plan_differences(Plan.model_validate(documents[0]), documents[1]) or [])
    assert told.count("\\u200b") == told.count("\\u202e") == 2
    assert "\u200b" not in told and "\u202e" not in told
