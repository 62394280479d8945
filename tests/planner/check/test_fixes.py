"""Repairs that are made without asking a model."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.check.checker import Policy
from callsheet.planner.check.fixes import apply_fixes, fix
from callsheet.planner.diagnostics import Diagnostic, Fix
from tests.planner.catalogs import CATALOG


def plan(*steps: dict[str, Any], answer: Any = None) -> dict[str, JsonValue]:
    """A document whose answer is its last step, unless told otherwise."""
    return {"goal": "a goal", "steps": list(steps), "answer": answer or {"from": str(steps[-1]["id"])}}


def finding(pointer: str, value: JsonValue, removes: str | None = None) -> Diagnostic:
    """A diagnostic with a fix."""
    return Diagnostic("x", pointer, "message", step="s1", fix=Fix(pointer, value, "was mended", removes))


READ = {"id": "a", "capability": "read_file", "inputs": {"path": "x"}}


def test_a_field_within_a_letter_is_taken_for_the_one_there_is() -> None:
    """The plan has no errors afterwards, and a note says what was replaced."""
    fixed = fix(plan(READ, answer={"from": "a.texts"}), CATALOG, Policy())
    assert fixed.result.plan is not None
    assert fixed.document["answer"] == {"from": "a.text"}
    assert len(fixed.notes) == 1
    assert "texts" in fixed.notes[0]


def test_a_literal_is_converted_where_that_is_all_it_wants() -> None:
    """A number in quotes becomes the number, one text a list of it."""
    short = {"id": "b", "capability": "shorten", "inputs": {"text": 5, "words": "40"}}
    count = {"id": "c", "capability": "count", "inputs": {"words": "one"}}
    fixed = fix(plan(short, count, answer={"template": "{b} {c}"}), CATALOG, Policy())
    assert fixed.result.plan is not None
    steps: Any = fixed.document["steps"]
    assert steps[0]["inputs"] == {"text": "5", "words": 40}
    assert steps[1]["inputs"] == {"words": ["one"]}
    assert len(fixed.notes) == 3


def test_a_result_that_is_no_text_becomes_one_where_text_is_wanted() -> None:
    """A reference of another kind is written into a string."""
    count = {"id": "c", "capability": "count", "inputs": {"words": ["one"]}}
    save = {"id": "d", "capability": "save", "inputs": {"path": "x", "content": {"from": "c"}}}
    fixed = fix(plan(count, save), CATALOG, Policy())
    assert fixed.result.plan is not None
    steps: Any = fixed.document["steps"]
    assert steps[1]["inputs"]["content"] == {"template": "{ c }"}


def test_a_chain_of_work_that_nothing_needs_is_dropped() -> None:
    """Steps without effect whose results go nowhere are left out, with a note for each."""
    unused = {"id": "b", "capability": "read_file", "inputs": {"path": "y"}}
    chained = {"id": "c", "capability": "shorten", "inputs": {"text": {"from": "b"}}}
    fixed = fix(plan(READ, unused, chained, answer={"from": "a"}), CATALOG, Policy())
    assert fixed.result.plan is not None
    assert list(fixed.result.plan.steps) == ["a"]
    assert len(fixed.notes) == 2
    assert fixed.result.warnings == ()


def test_work_that_changes_something_is_never_dropped() -> None:
    """An effect is a reason of its own."""
    save = {"id": "b", "capability": "save", "inputs": {"path": "x", "content": "y"}}
    fixed = fix(plan(READ, save, answer={"from": "a"}), CATALOG, Policy())
    assert fixed.result.plan is not None
    assert list(fixed.result.plan.steps) == ["a", "b"]
    assert fixed.notes == ()


def test_a_path_that_lost_its_folders_gets_them_back() -> None:
    """Where the goal names one such path, and never the file alone."""
    document = {**plan({**READ, "inputs": {"path": "q3.csv"}}), "goal": "Read sales/q3.csv, then stop"}
    fixed = fix(document, CATALOG, Policy())
    steps: Any = fixed.document["steps"]
    assert steps[0]["inputs"] == {"path": "sales/q3.csv"}
    assert len(fixed.notes) == 1
    for goal in ("Read sales/q3.csv and q3.csv", "Read a/q3.csv and b/q3.csv", "Read it"):
        assert fix({**document, "goal": goal}, CATALOG, Policy()).notes == ()


def test_what_is_not_certain_is_left_alone() -> None:
    """An unknown capability that resembles none stays an error for the model to mend."""
    document = plan({"id": "a", "capability": "dance", "inputs": {}})
    fixed = fix(document, CATALOG, Policy())
    assert fixed.document == document
    assert [each.code for each in fixed.result.errors] == ["unknown-capability"]


def test_the_first_of_two_fixes_for_one_place_wins() -> None:
    """The other one is found again, if it is still wanted, in the next round."""
    document: dict[str, JsonValue] = {"a": [1, 2]}
    repaired, notes = apply_fixes(document, [finding("/a/1", "first"), finding("/a/1", "second")])
    assert repaired == {"a": [1, "first"]}
    assert notes == ("step s1: was mended",)
    assert document == {"a": [1, 2]}


def test_a_renamed_entry_leaves_its_old_name() -> None:
    """The value moves; names with `/` and `~` are found."""
    repaired, _ = apply_fixes({"a/b~": 1}, [finding("/c", 1, removes="/a~1b~0")])
    assert repaired == {"c": 1}


@given(st.recursive(st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)), st.text())
def test_a_pointer_that_leads_nowhere_does_nothing(value: Any, pointer: str) -> None:
    """For every document and pointer: nothing is raised, and without a note nothing has changed."""
    document: dict[str, JsonValue] = {"x": value}
    repaired, notes = apply_fixes(document, [finding("/x/" + pointer, "new")])
    assert notes or repaired == document


def test_work_that_the_goal_speaks_of_is_not_dropped_with_what_was_forgotten() -> None:
    """Where a chain is unused, its last result was forgotten: a word of the goal keeps all of it."""
    read = {"id": "b", "capability": "read_file", "inputs": {"path": "plans/berlin.md"}}
    shorten = {"id": "c", "capability": "shorten", "inputs": {"text": {"from": "b"}}}
    document = {
        **plan(READ, read, shorten, answer={"from": "a"}),
        "goal": "Lies plans/berlin.md und kürze es",
    }
    fixed = fix(document, CATALOG, Policy())
    assert fixed.result.plan is not None
    assert list(fixed.result.plan.steps) == ["a", "b", "c"]
    assert [each.code for each in fixed.result.warnings] == ["unused-step", "unused-step"]


def test_a_source_that_another_step_goes_to_by_itself_is_dropped() -> None:
    """Although the goal names it."""
    again = {"id": "b", "capability": "read_file", "inputs": {"path": "x"}}
    fixed = fix({**plan(again, READ), "goal": "Read x"}, CATALOG, Policy())
    assert fixed.result.plan is not None
    assert list(fixed.result.plan.steps) == ["a"]
