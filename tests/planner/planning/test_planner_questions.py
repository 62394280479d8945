"""What a model may say instead of a plan: that it has to know more, or that it needs to see more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.planning.errors import PlanningFailed
from callsheet.planner.planning.planner import MAX_WIDENINGS, Clarification, Planned, Planner
from tests.planner.catalogs import CATALOG, COUNT, READ, SAVE, SHORTEN

GOAL = "Read it and shorten it"
QUESTION = json.dumps({"steps": [], "answer": {"ask": "Which file?"}})
WRONG = json.dumps({"steps": [{"id": "a", "do": {"open_sesame": {}}}], "answer": "{a}"})


def lacking(*what: str) -> str:
    """An answer that asks for more capabilities."""
    return json.dumps({"steps": [], "answer": {"lacking": list(what)}})


def reading(path: str) -> str:
    """A plan that reads a file."""
    return json.dumps({"steps": [{"id": "text", "do": {"read_file": {"path": path}}}], "answer": "{text}"})


class Cut:
    """A shortlist that shows one capability at first, and one more each time."""

    def __init__(self, *rest: Capability) -> None:
        self.rest = list(rest)
        self.wanted: list[Sequence[str]] = []

    def first(self, goal: str) -> tuple[Capability, ...]:
        """Always the same."""
        return (COUNT,)

    def more(self, wanted: Sequence[str], had: Sequence[Capability]) -> tuple[Capability, ...]:
        """The next one, whatever is wanted."""
        self.wanted.append(wanted)
        return (*had, *([self.rest.pop(0)] if self.rest else []))


async def plan(model: ScriptedModel, **options: Any) -> Planned | Clarification:
    """What comes of the goal, in the full format."""
    return await Planner(model, **options).plan(GOAL, CATALOG)


async def test_a_goal_that_cannot_be_planned_yields_a_question() -> None:
    """No plan is invented, and what the question cost is told."""
    with ScriptedModel([QUESTION]) as model:
        found = await plan(model)
    assert isinstance(found, Clarification)
    assert found.question == "Which file?"
    assert found.usage == found.drafts[0].usage


async def test_an_answer_goes_into_the_prompt_behind_its_question() -> None:
    """As turns, in order; names that the person gives there are no inventions."""
    with ScriptedModel([reading("a.txt")]) as model:
        found = await Planner(model).plan(GOAL, CATALOG, answers=[("Which file?", "a.txt")])
    assert isinstance(found, Planned)
    assert len(found.drafts) == 1
    goal, question, answer = model.requests[0].messages[-3:]
    assert GOAL in goal.content
    assert (question.role, question.content) == ("assistant", "Which file?")
    assert (answer.role, answer.content) == ("user", "a.txt")


async def test_a_question_after_a_wrong_plan_is_asked() -> None:
    """A model that sees that it guessed may say so."""
    with ScriptedModel([WRONG, QUESTION]) as model:
        found = await plan(model)
    assert isinstance(found, Clarification)
    assert len(found.drafts) == 2


async def test_a_plan_is_better_than_a_question() -> None:
    """A question about the doubts of a plan that checks leaves the plan."""
    with ScriptedModel([reading("made_up.txt"), QUESTION]) as model:
        found = await plan(model)
    assert isinstance(found, Planned)
    assert len(found.drafts) == 2


async def test_a_goal_that_needs_no_step_is_answered_straight_away() -> None:
    """The plan has no steps, and its answer."""
    with ScriptedModel([json.dumps({"steps": [], "answer": "Paris"})]) as model:
        found = await plan(model)
    assert isinstance(found, Planned)
    assert not found.plan.steps


async def test_a_model_that_misses_a_capability_is_shown_more() -> None:
    """The next prompt has what it wanted, without a word of blame, and that costs no repair."""
    cut = Cut(READ)
    with ScriptedModel([lacking("read a file"), reading("a.txt")]) as model:
        found = await Planner(model, shortlist=cut, max_repairs=0).plan("Read a.txt", CATALOG)
    assert isinstance(found, Planned)
    assert cut.wanted == [("read a file",)]
    first, second = model.requests
    assert "read_file(" not in first.messages[0].content
    assert "read_file(" in second.messages[0].content
    assert len(second.messages) == len(first.messages)


async def test_more_is_shown_twice_at_most() -> None:
    """Then a model that still wants more is told that there is none."""
    with (
        ScriptedModel([lacking("x")] * 4) as model,
        pytest.raises(PlanningFailed, match="no other capabilities"),
    ):
        await Planner(model, shortlist=Cut(READ, SAVE, SHORTEN), max_repairs=1).plan("Do it", CATALOG)
    shown = ["shorten(" in request.messages[0].content for request in model.requests]
    assert len(shown) == MAX_WIDENINGS + 2
    assert not any(shown)


async def test_a_shortlist_that_has_no_more_says_so() -> None:
    """Nothing new to show is no reason to ask the same again."""
    with ScriptedModel([lacking("x"), lacking("x")]) as model, pytest.raises(PlanningFailed):
        await Planner(model, shortlist=Cut(), max_repairs=1).plan("Read a.txt", CATALOG)
    assert "no other capabilities" in model.requests[1].messages[-1].content


async def test_a_capability_beyond_the_cut_counts_when_it_is_named() -> None:
    """C8. The plan is checked against the whole catalog: what exists is not "no agent provides"."""
    with ScriptedModel([reading("a.txt")]) as model:
        found = await Planner(model, shortlist=Cut(), max_repairs=0).plan("Read a.txt", CATALOG)
    assert isinstance(found, Planned)
    assert [step.capability for step in found.plan.steps] == ["read_file"]


async def test_a_capability_beyond_the_cut_is_shown_once_it_was_named() -> None:
    """C8. Where the plan has errors, the model sees the line of what it named, and mends its step."""
    wrong = reading("a.txt").replace('"path"', '"where"')
    assert wrong != reading("a.txt")
    with ScriptedModel([wrong, reading("a.txt")]) as model:
        found = await Planner(model, shortlist=Cut(), max_repairs=1).plan("Read a.txt", CATALOG)
    assert isinstance(found, Planned)
    first, second = model.requests
    assert "read_file(" not in first.messages[0].content
    assert "read_file(" in second.messages[0].content
    assert "has no input `where`" in second.messages[-1].content


async def test_a_capability_that_is_asked_for_by_its_name_is_shown() -> None:
    """C8. Whether the search finds it or not."""
    with ScriptedModel([lacking("read_file"), reading("a.txt")]) as model:
        found = await Planner(model, shortlist=Cut(), max_repairs=0).plan("Read a.txt", CATALOG)
    assert isinstance(found, Planned)
    assert "read_file(" in model.requests[1].messages[0].content
