"""What the lines of a plan come to: its order, and its answer."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.contracts.capability import Effect
from callsheet.planner.check.checker import check
from callsheet.planner.formats.small.lines import read_calls
from callsheet.planner.formats.small.steps import CallSteps, is_prose
from tests.planner.catalogs import CATALOG, READ, SAVE, SHORTEN, TEXT, capability

SEND = capability("send", {"to": TEXT, "body": TEXT}, {"receipt": TEXT}, effect=Effect.IRREVERSIBLE)
EFFECTS = {each.name: each.effect for each in (*CATALOG, SEND)}


def document(*lines: str) -> dict[str, Any]:
    """The plan of these lines: its steps by id, and its answer."""
    found: Any = CallSteps(list(read_calls("\n".join(lines))), EFFECTS).document("a goal")
    assert check(found, (*CATALOG, SEND)).errors == ()
    return {**{step["id"]: step for step in found["steps"]}, "answer": found["answer"]}


def test_changes_happen_in_the_order_of_their_lines() -> None:
    """What is told afterwards is told when it has happened, although no result says so."""
    plan = document(
        's1 = save(path="a", content="x")',
        's2 = read_file(path="b")',
        's3 = send(to="kim", body="a is there")',
        's4 = send(to="lee", body="{s3} and {s1}")',
    )
    assert plan["s3"]["depends_on"] == ["s1"]
    assert "depends_on" not in plan["s2"]
    assert "depends_on" not in plan["s4"]


def test_a_look_waits_for_a_change_of_the_same_thing() -> None:
    """A file is read after it was written, and others meanwhile."""
    plan = document(
        's1 = save(path="a", content="x")', 's2 = save(path="b", content="y")', 's3 = read_file(path="a")'
    )
    assert plan["s3"]["depends_on"] == ["s1"]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (['s1 = read_file(path="a")'], {"from": "s1"}),
        (['s1 = read_file(path="a")', "s2 = shorten(text=s1)"], {"from": "s2"}),
        (['s1 = read_file(path="a")', 's2 = read_file(path="b")'], {"template": "{s1}\n\n{s2}"}),
        (['s1 = read_file(path="a")', 's2 = save(path="b", content=s1)'], {"from": "s1"}),
        (['s1 = save(path="b", content="x")'], {"from": "s1"}),
    ],
)
def test_the_answer_is_what_no_other_step_takes(lines: list[str], answer: Any) -> None:
    """Where all of that are effects, it is the last result that went into them."""
    assert document(*lines)["answer"] == answer


def test_steps_that_are_there_already_may_be_referred_to() -> None:
    """By the ids that they have, whatever these look like."""
    steps = CallSteps(list(read_calls("s4 = shorten(text=menu)", ["menu"])), EFFECTS, {"menu": Effect.READ})
    assert steps.document("a goal")["steps"] == [
        {"id": "s4", "capability": "shorten", "inputs": {"text": {"from": "menu"}}}
    ]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Write a poem about wind", True),
        ("写一首关于风的短诗", True),
        ("اكتب قصيدة قصيرة عن الريح", True),
        ("notes.md", False),
        ("s1 * 8 / 100", False),
        (5, False),
    ],
)
def test_prose_is_told_in_any_language(text: Any, is_one: bool) -> None:
    """By its words, or its signs where no blanks divide them."""
    assert is_prose(text) is is_one


def test_reading_and_saving_are_what_these_tests_take_them_for() -> None:
    """The order of lines depends on it."""
    assert (READ.effect, SAVE.effect, SHORTEN.effect) == (Effect.READ, Effect.WRITE, Effect.PURE)
