"""What is different between two plans, by step id."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from callsheet.planner.plan.diff import MAX_SHOWN, Change, Move, PlanDiff, compare, plan_diff_lines
from callsheet.planner.plan.plan import Plan

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
IDS = st.sampled_from(["a", "b", "c"])
ORDERS = st.lists(st.sampled_from("abcdefg"), unique=True)
TEXTS = st.text(st.sampled_from("ab \n\r\t\x1b\u2028"), min_size=1, max_size=6)
VALUES = st.none() | st.booleans() | TEXTS | st.lists(TEXTS, max_size=2)
STEPS = st.fixed_dictionaries(
    {"capability": TEXTS, "inputs": st.dictionaries(TEXTS, VALUES, max_size=2)},
    optional={"depends_on": st.just(["z"])},
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Small plans that share ids, names and values, so that many of them are nearly equal."""
    ids = draw(st.lists(IDS, unique=True, max_size=3))
    steps: list[dict[str, Any]] = []
    for id in ids:
        inputs = draw(st.dictionaries(st.sampled_from(["x", "y"]), JSON_VALUES, max_size=2))
        steps.append({"id": id, "capability": draw(st.sampled_from(["think", "look"])), "inputs": inputs})
    return {"goal": draw(st.sampled_from(["g", "h"])), "steps": steps, "answer": draw(JSON_VALUES)}


def plan(*steps: dict[str, Any], answer: Any = "x", **others: Any) -> Plan:
    """A plan that was not checked."""
    return Plan.model_validate({"goal": "g", "steps": steps, "answer": answer, **others})


def step(id: str, **others: Any) -> dict[str, Any]:
    """A step as a document."""
    return {"id": id, "capability": "think", **others}


def _text(model: BaseModel) -> str:
    """JSON with its keys in order, which mean nothing."""
    return json.dumps(model.model_dump(mode="json"), sort_keys=True)


def content(each: Plan) -> tuple[list[str], str]:
    """The plan as text, but for the order of its steps and the words of its goal."""
    rest = each.model_copy(update={"steps": (), "goal": ""})
    return sorted(map(_text, each.steps)), _text(rest)


def reorder(before: list[str], after: list[str]) -> PlanDiff:
    """The difference of two plans that have the same to say about each of these steps."""
    return compare(plan(*map(step, before)), plan(*map(step, after)))


def fewest_moves(before: list[str], after: list[str]) -> int:
    """How many of the steps that both have must be moved, found by trying every choice of those that stay."""
    old, new = ([id for id in ids if id in before and id in after] for ids in (before, after))
    sizes = range(len(old), 0, -1)
    in_order = (
        len(old) - size
        for size in sizes
        for stay in combinations(old, size)
        if list(stay) == [id for id in new if id in stay]
    )
    return next(in_order, 0)


@given(documents(), documents())
def test_for_every_two_plans_there_is_a_difference_where_they_differ(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """And none where only the order of the steps, or the goal's words, are others."""
    old, new = Plan.model_validate(before), Plan.model_validate(after)
    found = compare(old, new)
    assert {str(step["id"]) for step in found.added} == {s.id for s in new.steps} - {s.id for s in old.steps}
    assert {str(step["id"]) for step in found.removed} == {s.id for s in old.steps} - {
        s.id for s in new.steps
    }
    assert bool(found) is (content(old) != content(new))


@given(documents(), documents())
def test_for_every_two_plans_the_way_back_is_the_way_there_reversed(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """What one adds the other removes, and each change is turned round."""
    old, new = Plan.model_validate(before), Plan.model_validate(after)
    there, back = compare(old, new), compare(new, old)
    assert (there.added, there.removed) == (back.removed, back.added)
    turned = {
        id: {(each.key, repr(each.after), repr(each.before)) for each in changes}
        for id, changes in back.changed.items()
    }
    assert turned == {
        id: {(each.key, repr(each.before), repr(each.after)) for each in changes}
        for id, changes in there.changed.items()
    }


def test_each_input_differs_by_itself() -> None:
    """What stays is not told; what is new or gone is None on the other side."""
    before = plan(step("a", inputs={"x": 1, "y": 2, "z": 3}))
    after = plan(step("a", inputs={"x": 1, "y": {"from": "params.n"}, "w": 4}))
    assert compare(before, after).changed == {
        "a": (
            Change("inputs.y", 2, {"from": "params.n"}),
            Change("inputs.z", 3, None),
            Change("inputs.w", None, 4),
        )
    }


def test_policies_expectations_and_flow_are_differences_too() -> None:
    """A step that only waits, or is only looked at, in another way is not the same step."""
    before = plan(step("a"), step("b"))
    after = plan(step("a", expect=["output.x > 1"]), step("b", depends_on=["a"], on_failure="continue"))
    found = compare(before, after)
    assert [change.key for change in found.changed["a"]] == ["expect"]
    assert {change.key for change in found.changed["b"]} == {"depends_on", "on_failure"}


def test_true_is_not_one() -> None:
    """JSON tells them apart, whatever Python does; nor is null the same as nothing."""
    assert compare(plan(step("a", inputs={"x": 1})), plan(step("a", inputs={"x": True})))
    assert compare(plan(step("a")), plan(step("a", inputs={"x": None})))
    assert compare(plan(answer=1), plan(answer=True)).answer == Change("answer", 1, True)


def test_parameters_and_the_answer_differ_beside_the_steps() -> None:
    """By name, and as a whole."""
    before = plan(params={"city": {"type": "string"}}, answer={"from": "params.city"})
    after = plan(params={"town": {"type": "string"}}, answer={"from": "params.town"})
    found = compare(before, after)
    assert [change.key for change in found.params] == ["city", "town"]
    assert found.answer == Change("answer", {"from": "params.city"}, {"from": "params.town"})
    assert found.to_document()["params"] == [
        {"key": "city", "before": {"type": "string"}, "after": None},
        {"key": "town", "before": None, "after": {"type": "string"}},
    ]


@given(ORDERS, ORDERS)
def test_for_every_two_orders_as_few_steps_as_can_be_are_moved(before: list[str], after: list[str]) -> None:
    """None where the steps that both have stand in the same order; the others stand in it in any case."""
    moved = [move.step for move in reorder(before, after).moved]
    assert len(moved) == len(set(moved)) == fewest_moves(before, after)
    assert set(moved) <= set(before) & set(after)
    stayed = (set(before) & set(after)) - set(moved)
    assert [id for id in before if id in stayed] == [id for id in after if id in stayed]


@given(ORDERS, ORDERS)
def test_for_every_two_orders_the_moves_lead_from_one_to_the_other(
    before: list[str], after: list[str]
) -> None:
    """Taken out and put behind what `after` names, one after the other, they give the order of the later."""
    moves = reorder(before, after).moved
    order = [id for id in before if id in after and id not in {move.step for move in moves}]
    behind: dict[str | None, list[str]] = {}
    for move in moves:
        behind.setdefault(move.after, []).append(move.step)
    made = [*behind.get(None, []), *(each for id in order for each in (id, *behind.get(id, [])))]
    assert made == [id for id in after if id in before]


@given(ORDERS, ORDERS)
def test_for_every_move_the_two_places_are_true_and_not_the_same(before: list[str], after: list[str]) -> None:
    """Each is the last step in front of it that did not move."""
    moves = reorder(before, after).moved
    stayed = (set(before) & set(after)) - {move.step for move in moves}
    for move in moves:
        assert move.before != move.after
        for ids, front in ((before, move.before), (after, move.after)):
            assert ([None, *(id for id in ids[: ids.index(move.step)] if id in stayed)])[-1] == front


@given(st.permutations("abcde"))
def test_for_every_order_the_same_steps_do_the_same(order: list[str]) -> None:
    """A plan whose steps are only listed otherwise is no other plan, though it says what was moved."""
    found = reorder(list("abcde"), order)
    assert not found
    assert (found.moved == ()) is (order == list("abcde"))


def test_a_step_is_moved_only_among_those_that_both_plans_have() -> None:
    """What is added or removed between them moves nothing; a step that moved may have changed, too."""
    assert reorder(["a", "b"], ["x", "a", "y", "b"]).moved == ()
    found = compare(
        plan(step("gone"), step("a"), step("b"), step("c")),
        plan(step("c", inputs={"x": 1}), step("new"), step("a"), step("b")),
    )
    assert found.moved == (Move("c", "b", None),)
    assert list(found.changed) == ["c"]
    assert found.to_document()["moved"] == [{"step": "c", "before": "b", "after": None}]


def test_a_long_plan_turned_round_keeps_one_step_in_its_place() -> None:
    """Two thousand steps in the reverse order: all but one are moved."""
    ids = [f"s{at}" for at in range(2_000)]
    assert len(reorder(ids, ids[::-1]).moved) == 1_999


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
    assert line == f'    inputs.x: "{"y" * (MAX_SHOWN - 2)}…'
