"""Goal sets: which plans count as sensible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.goal_set import SHIPPED, Goal, find_fault, read_goal_set
from callsheet.agents.contracts.capability import Effect
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import read_capability

CATALOG = tuple(
    read_capability({"capability": name, "description": name, "inputs": ["x"], "output": "y"})
    for name in ("read", "write", "other")
)
GOAL = Goal("g", {"a": "read", "a2": "read", "b": "write"}, (("a", "b"), ("a2", "b")), ("other",), ("Word",))


def fault(*steps: tuple[str, str, Any]) -> str | None:
    """Why a plan of these steps (id, capability, input) is not sensible for GOAL."""
    written: list[Any] = [{"id": id, "capability": name, "inputs": {"x": x}} for id, name, x in steps]
    return fault_of(written)


def fault_of(written: list[Any]) -> str | None:
    """The same for steps as a plan has them."""
    document: Any = {"goal": "g", "steps": written, "answer": {"from": written[-1]["id"]}}
    return find_fault(GOAL, check(document, CATALOG).require())


READS = (("one", "read", "a word"), ("two", "read", "more"))


def test_a_plan_with_the_wanted_steps_in_order_is_sensible() -> None:
    """Which of two equal steps is which does not matter, nor do steps that may also be used."""
    assert fault(*READS, ("three", "write", {"from": "two + one"})) is None
    assert (
        fault(*READS, ("more", "other", {"from": "one"}), ("three", "write", {"from": "more + two"})) is None
    )


def test_a_step_that_is_done_for_each_item_may_be_several() -> None:
    """Two files that are read by one step are read."""
    reads = {
        "id": "reads",
        "capability": "read",
        "inputs": {"x": {"from": "item"}},
        "for_each": ["a word", "b"],
    }
    write = {"id": "text", "capability": "write", "inputs": {"x": {"template": "of {reads}"}}}
    assert fault_of([reads, write]) is None
    assert fault_of([{**reads, "for_each": ["b", "c"]}, write]) == "no input mentions Word"
    again = {"id": "again", "capability": "write", "inputs": {"x": {"template": "of {text}"}}}
    assert "steps are" in str(fault_of([reads, write, again]))


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((*READS, ("three", "write", {"from": "one"})), "uses no read"),
        ((*READS, ("x", "write", {"from": "two + one"}), ("z", "write", {"from": "x"})), "steps are"),
        ((READS[0], ("three", "write", {"from": "one"})), "steps are"),
        ((("one", "read", "less"), READS[1], ("three", "write", {"from": "two + one"})), "mentions Word"),
        (((("three", "write", {"from": "two + one"})), *READS), "later step"),
    ],
)
def test_a_plan_that_is_not_sensible_is_told_why(steps: Any, why: str) -> None:
    """Order, steps too many or too few, a word that no input has, a reference to a later step."""
    found = fault(*steps)
    assert found is not None
    assert why in found


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.json")), ids=lambda path: path.stem)
def test_the_shipped_sets_can_be_read(path: Path) -> None:
    """Each goal wants capabilities that its catalog has."""
    goals = read_goal_set(path)
    names = {each.name for each in goals.catalog}
    assert len(goals.goals) >= 6
    for goal in goals.goals:
        assert set(goal.steps.values()) | set(goal.may_also_use) <= names
        assert {label for pair in goal.order for label in pair} <= set(goal.steps)


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.json")), ids=lambda path: path.stem)
def test_the_catalogs_say_what_has_an_effect(path: Path) -> None:
    """What reads, what writes and what cannot be undone is declared, as a catalog in use would have it."""
    effects = {each.name: each.effect for each in read_goal_set(path).catalog}
    assert Effect.READ in effects.values()
    for name, effect in effects.items():
        if name.startswith(("send_", "post_", "publish_", "schedule_", "book_", "order_", "issue_")):
            assert effect is Effect.IRREVERSIBLE, name
        if name.startswith(("save_", "write_file", "export_", "upload_", "draft_", "add_to_")):
            assert effect is Effect.WRITE, name


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.json")), ids=lambda path: path.stem)
def test_each_goal_has_a_sensible_plan(path: Path) -> None:
    """One with its steps in its order, in the goal's own words: they mention what must be mentioned, and make
    nothing up."""
    for goal in read_goal_set(path).goals:
        catalog = [
            read_capability({"capability": name, "description": name, "inputs": ["x"], "output": "y"})
            for name in dict.fromkeys(goal.steps.values())
        ]
        steps: list[Any] = []
        for label, name in goal.steps.items():
            taken = " ".join(f"{{{first}}}" for first, second in goal.order if second == label)
            steps.append(
                {"id": label, "capability": name, "inputs": {"x": {"template": f"{goal.goal} {taken}"}}}
            )
        document: Any = {"goal": goal.goal, "steps": steps, "answer": None}
        assert find_fault(goal, check(document, catalog).require()) is None, goal.goal


@pytest.mark.parametrize("path", sorted((SHIPPED / "languages").glob("*.json")), ids=lambda path: path.stem)
def test_the_goals_of_a_language_go_from_one_step_to_several(path: Path) -> None:
    """Ten goals of one to five steps over one catalog that is described in English."""
    goals = read_goal_set(path)
    assert len(goals.goals) == 10
    assert {len(goal.steps) for goal in goals.goals} >= {1, 2, 3, 4}
    assert max(len(goal.steps) for goal in goals.goals) <= 5
    assert 8 <= len(goals.catalog) <= 12
    assert all(each.description.isascii() for each in goals.catalog)
