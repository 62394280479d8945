"""A revision that leaves a part of the goal out says so, and the user is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.replanning.losses import find_losses
from callsheet.planner.replanning.replanner import Replanner
from callsheet.planner.revision.decision import Ask, Revise
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Situation, Trouble
from tests.planner.formats.test_revision_formats import full
from tests.planner.situations import MISSING, OFFICE, STEPS, plan, situation

TODOS = plan(
    {"id": "names", "capability": "find", "inputs": {"pattern": "notes/*.md"}},
    {"id": "text", "capability": "read_file", "inputs": {"path": {"from": "names"}}},
    {"id": "out", "capability": "save", "inputs": {"path": "todos.md", "content": {"from": "text"}}},
    goal="Collect every TODO from notes/*.md into todos.md",
)
FAILED = Trouble("text", (MISSING,))
LISTED: JsonObject = {"id": "list", "do": {"use": "find", "pattern": "notes/*.md"}}


def losses(state: Situation, *steps: JsonObject) -> list[str]:
    """What is lost where the plan has these steps alone."""
    return list(find_losses(state, {"steps": list(steps)}))


def test_a_file_that_no_step_writes_any_more_is_told() -> None:
    """Also after an answer: it was about something else."""
    steps = steps_of(TODOS.document)
    said: dict[str, Any] = {"words": ("look in notes",), "answers": (("Where are they?", "look in notes"),)}
    for given in ({}, said):
        state = situation(TODOS, trouble=FAILED, **given)
        assert "the goal names todos.md" in losses(state, steps["names"])[0]
        assert losses(state, *steps.values()) == []


def test_what_the_user_was_asked_about_is_settled() -> None:
    """Whatever they said, they know of it."""
    answers = (("The plan leaves out a part of the goal: the goal names todos.md. Leave it out?", "yes"),)
    state = situation(TODOS, trouble=FAILED, words=("yes",), answers=answers)
    assert losses(state, steps_of(TODOS.document)["names"]) == []


def test_the_step_in_trouble_may_be_about_something_else() -> None:
    """The file that is missing is read under another name, and what is done is done."""
    other: JsonObject = {**STEPS[0], "inputs": {"path": "b.txt"}}
    assert losses(situation(), other, *STEPS[1:]) == []
    assert losses(situation(trouble=Trouble("s2", (MISSING,)), standings={"s1": "done"}), *STEPS[1:]) == []


def test_a_change_that_nothing_makes_any_more_is_told() -> None:
    """Unless something new makes one instead, or the user has spoken."""
    goal = "Read the letter, shorten it, and send it to Kim"
    state = situation(plan(*STEPS, goal=goal))
    assert losses(state, *STEPS[:2]) == ["step s3 (send) is left out, and nothing does it any more"]
    saved: JsonObject = {"id": "s4", "capability": "save", "inputs": {"path": "x", "content": {"from": "s2"}}}
    assert losses(state, *STEPS[:2], saved) == []
    assert losses(situation(plan(*STEPS, goal=goal), words=("do not send it",)), *STEPS[:2]) == []


@pytest.mark.parametrize("is_small", [True, False])
async def test_the_model_is_told_once_and_then_the_user_is_asked(is_small: bool) -> None:
    """Not the run is completed, but the question says what would be missing."""
    state = situation(TODOS, trouble=FAILED, catalog=OFFICE)
    lines = 'because: only the names\nrevise\nremove names, text\ns1 = find(pattern="notes/*.md")'
    forgetful = full(add=[LISTED], remove=["names", "text", "out"], answer="{list}")
    kept = full(replace=[{"id": "text", "do": {"use": "read_file", "path": "notes/a.md"}}])
    if is_small:
        state = situation(TODOS, trouble=Trouble("out", (MISSING,)), catalog=OFFICE)
        lines = "because: only the text\nrevise\ns1 = shorten(text=text)"
    answer = lines if is_small else json.dumps(forgetful)
    wire_format = LinesFormat() if is_small else FullFormat()
    with ScriptedModel([answer] * 2) as model:
        decision = await Replanner(model, wire_format=wire_format).decide(state)
    assert isinstance(decision, Ask)
    assert "leaves out a part of the goal" in decision.question
    assert "nothing does it any more" in model.requests[1].messages[-1].content
    if not is_small:
        with ScriptedModel([json.dumps(forgetful), json.dumps(kept)]) as model:
            decision = await Replanner(model, wire_format=wire_format).decide(state)
        assert isinstance(decision, Revise)
