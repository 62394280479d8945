"""What each template of the planner renders."""

from __future__ import annotations

import pytest

from callsheet.agents.models.chat import Usage
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.planning.draft import Draft
from callsheet.planner.planning.prompt import PlanningPrompt
from callsheet.prompts.errors import PromptError
from callsheet.prompts.render import render
from tests.planner.catalogs import READ, SAVE

PLAN = 's1 = read_file(path="a.txt")'
FORMATS = (LinesFormat(), FullFormat())


@pytest.mark.parametrize("wire_format", FORMATS, ids=lambda each: each.name)
def test_the_rules_show_every_capability_on_a_line(wire_format: WireFormat) -> None:
    """Each with what it does to the world, at the end of the message that hardly ever changes."""
    (rules, *_) = PlanningPrompt(wire_format, "a goal", [READ, SAVE]).messages()
    assert rules.role == "system"
    lines = rules.content.splitlines()
    assert lines[0].startswith("You plan work.")
    assert lines[-2].startswith("- read_file(path) -> text: does read_file")
    assert lines[-1].startswith("- save(path, content) -> path: does save [changes something]")
    assert "{{" not in rules.content


@pytest.mark.parametrize("wire_format", FORMATS, ids=lambda each: each.name)
def test_the_examples_are_turns_of_the_same_conversation(wire_format: WireFormat) -> None:
    """A goal as it will stand in the question, and the answer as it is to be written."""
    _, *turns, question = PlanningPrompt(wire_format, "a goal", [READ]).messages()
    assert [each.role for each in turns] == ["user", "assistant"] * len(wire_format.examples([READ]))
    assert all(each.content.startswith("Goal: ") for each in turns[::2])
    assert [each.content for each in turns[1::2]] == [
        wire_format.write_answer(each.answer) for each in wire_format.examples([READ])
    ]
    assert question.role == "user"
    assert question.content == "Goal: a goal"


def test_a_repair_names_every_problem() -> None:
    """One line each, below the answer that has them."""
    draft = Draft("{}", Usage(), ("the first", "the second"))
    answer, question = PlanningPrompt(LinesFormat(), "a goal", [READ]).repair(draft)
    assert (answer.role, answer.content) == ("assistant", "{}")
    assert "- the first\n- the second\n" in question.content
    assert question.content.endswith("Write nothing but the lines.")


def test_what_is_missing_is_asked_for_alone() -> None:
    """Below the plan that lacks it, and not a word about writing that again."""
    plan, question = PlanningPrompt(LinesFormat(), "a goal", [READ]).missing(PLAN, "out.md")
    assert (plan.role, plan.content) == ("assistant", PLAN)
    assert question.content == "Nothing is done with out.md yet. Write the line that is missing."


def test_answers_stand_behind_the_goal() -> None:
    """Each behind its question, so that all before them stays the same."""
    answers = [("Which one?", "The first"), ("Sure?", "Yes")]
    plain = PlanningPrompt(LinesFormat(), "a goal", [READ]).messages()
    told = PlanningPrompt(LinesFormat(), "a goal", [READ], answers).messages()
    assert told[: len(plain)] == plain
    assert [(each.role, each.content) for each in told[len(plain) :]] == [
        ("assistant", "Which one?"),
        ("user", "The first"),
        ("assistant", "Sure?"),
        ("user", "Yes"),
    ]


def test_an_empty_answer_is_not_shown_again() -> None:
    """Servers refuse an empty message."""
    assert len(PlanningPrompt(LinesFormat(), "a goal", [READ]).repair(Draft(" ", Usage(), ("empty",)))) == 1


@pytest.mark.parametrize("template", ["lines_rules", "missing_line", "full_rules", "goal", "repair"])
def test_a_template_without_its_values_is_an_error(template: str) -> None:
    """A name that is missing never renders as nothing."""
    with pytest.raises(PromptError):
        render(f"planner/{template}")
