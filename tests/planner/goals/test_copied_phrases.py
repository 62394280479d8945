"""Phrases of worked examples in plans whose goals do not have them."""

from __future__ import annotations

import pytest

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.goals.copied_phrases import find_copied_phrases
from tests.planner.catalogs import TEXT, capability

EXAMPLES = ("Write a farewell speech in the manner of texts/tone.md", "Notes: {s1}")
WRITE = capability("write_letter", {"instructions": TEXT}, {"letter": TEXT}, description="compose a letter")


def copied(instructions: str, goal: str) -> list[str]:
    """What is found in a plan of one step with these instructions."""
    document: JsonObject = {
        "steps": [{"id": "s1", "capability": "write_letter", "inputs": {"instructions": instructions}}, "?"]
    }
    return list(find_copied_phrases(document, goal, [WRITE], EXAMPLES))


@pytest.mark.parametrize("goal", ["Write to Ann", "给安写信", ""])
def test_a_phrase_of_an_example_is_doubted(goal: str) -> None:
    """In whatever language the goal is; the sentence names the step and the phrase."""
    (doubt,) = copied("Write to Ann, in the manner of texts/tone.md", goal)
    assert "step s1" in doubt
    assert "in the manner of texts/tone.md" in doubt


def test_what_the_goal_says_is_no_copy() -> None:
    """A goal may well ask for what an example asks for."""
    assert copied("A farewell speech for Ann", "Send Ann a farewell speech") == []


def test_one_word_may_be_chance() -> None:
    """Only a phrase tells that it was copied."""
    assert copied("Mind your manner", "Write to Ann") == []


def test_the_worked_examples_themselves_have_no_doubts() -> None:
    """Each holds for its own goal, or models would be told off for what they are shown."""
    shown = LinesFormat()
    for each in shown.examples([]):
        answer = shown.read_answer(shown.write_answer(each.answer))
        assert shown.read_plan(answer, each.goal, each.catalog).doubts == ()
