"""The difference of two plans in lines: each difference has one, and no line holds another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.plan.diff import compare
from callsheet.planner.plan.plan import Plan
from callsheet.planner.plan.plan_diff_text import MOST_SHOWN, plan_diff_lines

TEXTS = st.text(st.sampled_from("ab \n\r\t\x1b\u2028"), min_size=1, max_size=6)
VALUES = st.none() | st.booleans() | TEXTS | st.lists(TEXTS, max_size=2)
STEPS = st.fixed_dictionaries(
    {"capability": TEXTS, "inputs": st.dictionaries(TEXTS, VALUES, max_size=2)},
    optional={"depends_on": st.just(["z"])},
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan, in the order in which its steps come."""
    steps = draw(st.dictionaries(st.sampled_from("abc"), STEPS, max_size=3))
    documents: list[dict[str, Any]] = [{"id": id, **step} for id, step in steps.items()]
    return Plan.model_validate({"goal": "g", "steps": documents, "answer": draw(VALUES)})


@given(plans(), plans())
def test_for_every_two_plans_each_difference_has_a_line(before: Plan, after: Plan) -> None:
    """What is gone, new, changed or moved is there by its id; where nothing is, one line says so."""
    diff = compare(before, after)
    lines = list(plan_diff_lines(diff))
    assert all("\n" not in line and "\r" not in line for line in lines)
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert heads == (
        [f"- {step['id']}" for step in diff.removed]
        + [f"+ {step['id']}" for step in diff.added]
        + [f"~ {id}" for id in diff.changed]
        + [f"> {move.step}" for move in diff.moved]
        + (["~ answer"] if diff.answer else [])
        or ["no difference"]
    )


def test_a_long_value_is_cut() -> None:
    """What differs may be megabytes."""
    long = Plan.model_validate(
        {"goal": "g", "steps": [{"id": "a", "capability": "c", "inputs": {"x": "y" * 5_000}}], "answer": 1}
    )
    (_, line) = plan_diff_lines(compare(Plan.model_validate({"goal": "g", "steps": [], "answer": 1}), long))
    assert line == f'    inputs.x: "{"y" * (MOST_SHOWN - 2)}…'
