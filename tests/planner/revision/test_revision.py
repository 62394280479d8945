"""Revisions: only what they name changes, together or not at all."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.plan.references import (
    repoint_binding,
    repoint_step,
    steps_named_by,
    steps_named_in,
)
from callsheet.planner.revision.errors import RevisionError
from callsheet.planner.revision.revision import Revision, revise

IDS = ("alpha", "beta", "gamma", "delta")
RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
NEW = ("new_one", "new_two", "new_three")
WORDS = st.sampled_from(["alpha", "the text of beta", "{gamma}", "a { brace", "", "delta.text"])


def expressions(ids: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Expressions over some of these steps, with their names in texts, keys and fields too."""
    name = st.sampled_from(ids)
    return st.one_of(
        name,
        name.map(lambda id: f"{id}.alpha"),
        name.map(lambda id: f' [{id} , "alpha", {{"beta": {id}.gamma}}]'),
        name.map(lambda id: f"len([alpha_1 for alpha_1 in {id}.items if alpha_1.beta > 0]) > 1"),
        name.map(lambda id: f"'{id} and beta' in str({id})"),
        st.tuples(name, name).map(lambda two: f"{two[0]}.text + {two[1]}[0].alpha"),
    )


def bindings(ids: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Literals, expressions and templates."""
    expression = expressions(ids)
    return st.one_of(
        WORDS,
        st.lists(WORDS, max_size=2),
        st.builds(lambda text: {"from": text}, expression),
        st.builds(lambda text: {"template": f"alpha: {{{{beta}}}} {{ {text} }}"}, expression),
    )


def steps(id: str, ids: tuple[str, ...]) -> st.SearchStrategy[JsonObject]:
    """A step of this id that refers to some of these."""
    return st.fixed_dictionaries(
        {
            "id": st.just(id),
            "capability": st.just("work"),
            "inputs": st.dictionaries(st.sampled_from("xy"), bindings(ids)),
        },
        optional={
            "condition": expressions(ids),
            "for_each": bindings(ids),
            "expect": st.lists(expressions(ids), max_size=1),
            "depends_on": st.lists(st.sampled_from(ids), max_size=2, unique=True),
        },
    )


@st.composite
def documents(draw: st.DrawFn) -> JsonObject:
    """A plan's document; whether it checks does not matter here."""
    written: list[Any] = [draw(steps(id, tuple(each for each in IDS if each != id))) for id in IDS]
    return {"goal": "alpha", "steps": written, "answer": draw(bindings(IDS))}


def step(id: str, **others: Any) -> JsonObject:
    """A step with these entries."""
    return {"id": id, "capability": "work", "inputs": {}, **others}


def names_of(document: Any) -> set[str]:
    """What a document refers to."""
    named = {name for each in document["steps"] for name in steps_named_by(each)}
    return named | steps_named_in(document["answer"])


@RELAXED
@given(documents())
def test_an_empty_revision_changes_nothing(document: JsonObject) -> None:
    """For every plan."""
    assert revise(document, Revision()) == document


@RELAXED
@given(documents(), st.sampled_from(IDS))
def test_repointing_there_and_back_again_is_no_change(document: JsonObject, old: str) -> None:
    """For every plan: what a new step took over, the old one gets back, letter by letter."""
    there = revise(document, Revision(add=(step("new_one"),), repoint={old: "new_one"}))
    assert old not in names_of(there)
    back = revise(there, Revision(remove=("new_one",), repoint={"new_one": old}))
    assert json.dumps(back) == json.dumps(document)


@RELAXED
@given(documents(), st.permutations(IDS))
def test_renaming_there_and_back_again_is_no_change(document: JsonObject, order: list[str]) -> None:
    """For every plan and any renaming: all references are re-pointed at once, so none is lost on the way."""
    renamed = {old: f"{new}_2" for old, new in zip(IDS, order, strict=True)}
    back = {new: old for old, new in renamed.items()}
    for each in _by_id(document).values():
        there = repoint_step(each, renamed)
        assert steps_named_by(there) == {renamed.get(name, name) for name in steps_named_by(each)}
        assert json.dumps(repoint_step(there, back)) == json.dumps(each)


@RELAXED
@given(documents(), st.data())
def test_the_order_of_the_changes_does_not_matter(document: JsonObject, data: st.DataObject) -> None:
    """For every revision: however its lists are ordered, the same steps come of it."""
    add = tuple(step(id, inputs={"x": data.draw(bindings(IDS[2:]))}) for id in NEW)
    replace = tuple(step(id, expect=[data.draw(expressions(IDS[2:]))]) for id in IDS[2:])
    repoint = {"alpha": "new_one", "beta": "new_two"}
    one = Revision(add, replace, ("alpha", "beta"), repoint)
    other = Revision(
        tuple(data.draw(st.permutations(add))),
        tuple(data.draw(st.permutations(replace))),
        ("beta", "alpha"),
        dict(data.draw(st.permutations(list(repoint.items())))),
    )
    found, again = (revise(document, each, ()) for each in (one, other))
    assert _by_id(found) == _by_id(again)
    assert found["answer"] == again["answer"]


@RELAXED
@given(documents(), st.data())
def test_changes_apart_and_together_come_to_the_same(document: JsonObject, data: st.DataObject) -> None:
    """For every pair of revisions that touch different steps: both at once is one after the other."""
    first = Revision(add=(data.draw(steps("new_one", IDS)),))
    second = Revision(replace=(data.draw(steps("beta", IDS)),))
    together = Revision(add=first.add, replace=second.replace)
    assert revise(revise(document, first), second) == revise(document, together)
    assert revise(revise(document, second), first) == revise(document, together)


@RELAXED
@given(documents(), st.data())
def test_untouched_steps_stay_as_they_are(document: JsonObject, data: st.DataObject) -> None:
    """For every revision: a step that it neither writes nor removes, and that refers to nothing
    re-pointed, is letter by letter what it was; and the document that came in is never changed."""
    before = copy.deepcopy(document)
    old = data.draw(st.sampled_from(IDS))
    replaced = data.draw(steps("delta", IDS))
    revised = revise(document, Revision((step("new_one"),), (replaced,), (), {old: "new_one"}))
    assert document == before
    found = _by_id(revised)
    for id, each in _by_id(document).items():
        if id != "delta" and old not in steps_named_by(each):
            assert json.dumps(found[id]) == json.dumps(each)
    assert found["delta"] == replaced
    assert [*found] == [*IDS, "new_one"]


def _by_id(document: Any) -> dict[str, JsonObject]:
    return {each["id"]: each for each in document["steps"]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"from": "old"}, {"from": "new"}),
        ({"from": "old.old"}, {"from": "new.old"}),
        ({"from": ' [ old, "old", other.old ] '}, {"from": ' [ new, "old", other.old ] '}),
        ({"from": '{"old": old}'}, {"from": '{"old": new}'}),
        ({"from": "[old for old in other]"}, {"from": "[old for old in other]"}),
        (
            {"from": "[each for each in old if each > old.x]"},
            {"from": "[each for each in new if each > new.x]"},
        ),
        ({"template": "old {{old}} { old } {old}"}, {"template": "old {{old}} { new } {new}"}),
        ({"from": '{"from": "old"}'}, {"from": '{"from": "old"}'}),
        ("old", "old"),
        ("{old}", "{old}"),
        ({"from": "old", "to": "old"}, {"from": "old", "to": "old"}),
        ({"from": "old ("}, {"from": "old ("}),
        ({"from": 7}, {"from": 7}),
    ],
)
def test_only_references_are_repointed(before: Any, after: Any) -> None:
    """Neither texts, keys and fields, nor what a comprehension binds, nor what is no expression."""
    assert repoint_binding(before, {"old": "new"}) == after


def test_every_part_of_a_step_is_repointed() -> None:
    """Inputs, condition, for_each, expectations, and order, in which two may become one."""
    before = step(
        "user",
        inputs={"a": {"from": "old.x"}, "b": {"template": "{old}"}, "c": "old"},
        condition="len(old) > 1",
        for_each={"from": "old"},
        expect=["output.x > old.x"],
        depends_on=["new", "old", "other"],
    )
    assert repoint_step(before, {"old": "new"}) == step(
        "user",
        inputs={"a": {"from": "new.x"}, "b": {"template": "{new}"}, "c": "old"},
        condition="len(new) > 1",
        for_each={"from": "new"},
        expect=["output.x > new.x"],
        depends_on=["new", "other"],
    )


def test_a_step_that_takes_anothers_place_may_go_on_using_it() -> None:
    """It is never made to refer to itself."""
    filter_ = step("filter", inputs={"a": {"from": "source"}})
    document: JsonObject = {
        "goal": "",
        "steps": [step("source"), filter_, step("user", inputs={"a": {"from": "source"}})],
        "answer": {"from": "source"},
    }
    revised = revise(document, Revision(repoint={"source": "filter"}))
    assert _by_id(revised)["filter"] == filter_
    assert _by_id(revised)["user"]["inputs"] == {"a": {"from": "filter"}}
    assert revised["answer"] == {"from": "filter"}


def test_an_answer_that_is_written_is_not_repointed() -> None:
    """The model says itself what it uses."""
    document: JsonObject = {"goal": "", "steps": [step("a"), step("b")], "answer": {"from": "a"}}
    revision = Revision(repoint={"a": "b"}, answer={"template": "{a} and {b}"})
    assert revise(document, revision)["answer"] == {"template": "{a} and {b}"}


@pytest.mark.parametrize(
    ("revision", "problem"),
    [
        (Revision(add=(step("a"),)), "there is already a step `a`"),
        (Revision(add=(step("gone"),)), "`gone` was the id of another step"),
        (Revision(replace=(step("bb"),)), "there is no step `bb` to replace"),
        (Revision(remove=("x",)), "there is no step `x` to remove"),
        (Revision(add=(step("n"), step("n"))), "step `n` is named 2 times"),
        (Revision(replace=(step("a"),), remove=("a",)), "step `a` is named 2 times"),
        (Revision(repoint={"x": "a"}), "there is no step `x` to re-point references from"),
        (Revision(repoint={"a": "x"}), "there will be no step `x` to re-point references to"),
        (Revision(remove=("a",), repoint={"b": "a"}), "there will be no step `a` to re-point references to"),
        (Revision(remove=("a",)), "step `b` uses `a`, which is removed"),
        (Revision(remove=("b",)), "the answer uses `b`, which is removed"),
        (
            Revision(remove=("a",), repoint={"a": "n"}, add=(step("n", depends_on=["a"]),)),
            "step `n` uses `a`, which is removed",
        ),
    ],
)
def test_what_does_not_fit_is_refused(revision: Revision, problem: str) -> None:
    """With a sentence that says what is wrong, and the plan as it was."""
    document: JsonObject = {
        "goal": "",
        "steps": [step("a"), step("b", inputs={"x": {"from": "a"}})],
        "answer": {"from": "b"},
    }
    before = copy.deepcopy(document)
    with pytest.raises(RevisionError) as caught:
        revise(document, revision, {"a", "b", "gone"})
    assert any(each.startswith(problem) for each in caught.value.problems), caught.value.problems
    assert document == before


def test_everything_that_is_wrong_is_said_at_once_and_within_bounds() -> None:
    """A flood of faults makes no endless error."""
    document: JsonObject = {"goal": "", "steps": [step("a")], "answer": "done"}
    with pytest.raises(RevisionError) as caught:
        revise(document, Revision(remove=("x", "y"), repoint={"z": "a"}))
    assert len(caught.value.problems) == 3
    with pytest.raises(RevisionError) as caught:
        revise(document, Revision(remove=tuple(f"x{number}" for number in range(10_000))))
    assert len(caught.value.problems) == 50
