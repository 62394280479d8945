"""C2. The planner's question names the failure and the choices: "What should I do instead?" is none."""

from __future__ import annotations

import json

import pytest

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.replanning.choices import answerable
from callsheet.planner.replanning.replanner import Replanner
from callsheet.planner.revision.decision import Ask
from callsheet.planner.revision.situation import Mishap, Trouble
from tests.planner.situations import MISSING, SHORT, situation


@pytest.mark.parametrize(
    "question", ["What should I do instead?", "The step failed. How should I proceed?", "¿Qué hago ahora?"]
)
def test_a_question_that_names_nothing_gets_the_failure_and_the_choices(question: str) -> None:
    """The step, its capability, what was said, and what can be done."""
    asked = answerable(question, situation())
    assert asked.startswith("Step `s1` (read_file) failed: there is no file a.txt. " + question)
    for choice in ("another `path`", "go on without it", "give up"):
        assert choice in asked
    assert "accept" not in asked


@pytest.mark.parametrize("question", ["Which a.txt?", "Where is the file now?", "What is the path?"])
def test_a_question_that_names_the_matter_stays(question: str) -> None:
    """Word for word."""
    assert answerable(question, situation()) == question


def test_a_result_that_is_there_can_be_accepted() -> None:
    """An expectation that does not hold is what went wrong."""
    asked = answerable("What now?", situation(trouble=Trouble("s1", (SHORT,))))
    assert "`len(output.text) > 10`" in asked
    assert "accept the result as it is" in asked


def test_a_failure_is_said_in_one_line() -> None:
    """However long, and whatever control characters an agent put into it."""
    long = Mishap(None, "error", "no\n\x1b[2J" + "x" * 5_000, 1)
    asked = answerable("What now?", situation(trouble=Trouble("s1", (long, MISSING))))
    assert len(asked) < 700
    assert "\n" not in asked
    assert "\x1b" not in asked
    assert "1 more of its items" in asked


def test_a_question_without_trouble_stays() -> None:
    """Nothing has failed."""
    assert answerable("What now?", situation(trouble=None)) == "What now?"


async def test_the_replanner_asks_so() -> None:
    """The decision carries the question as the user reads it."""
    answer: JsonObject = {
        "reason": "unclear",
        "decision": "ask",
        "add": [],
        "replace": [],
        "remove": [],
        "repoint": [],
        "answer": None,
        "question": "What should I do instead?",
    }
    with ScriptedModel([json.dumps(answer)]) as model:
        decision = await Replanner(model).decide(situation())
    assert isinstance(decision, Ask)
    assert "there is no file a.txt" in decision.question
