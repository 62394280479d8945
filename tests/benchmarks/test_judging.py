"""The judge of plans: what is wrong with what their inputs say."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.judging.figures import as_number, find_figures, known_numbers
from benchmarks.judging.inputs import find_input_fault
from benchmarks.judging.worked_examples import find_copied, load_worked_examples
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import load_examples, read_capability

CATALOG = tuple(
    read_capability(each)
    for each in (
        {
            "capability": "look",
            "description": "look",
            "inputs": [],
            "optional": ["text", "path"],
            "output": "y",
        },
        {
            "capability": "count",
            "description": "count",
            "inputs": {"days": {"type": "integer"}},
            "output": "y",
        },
        {"capability": "list", "description": "list", "inputs": {"items": {"type": "array"}}, "output": "y"},
        {
            "capability": "save",
            "description": "save",
            "inputs": ["path"],
            "optional": ["subject", "to"],
            "output": "y",
            "effect": "write",
        },
    )
)


def fault(goal: str, *steps: dict[str, Any], mention: tuple[str, ...] = ()) -> str | None:
    """What is wrong with a plan of these steps, each with its capability and inputs."""
    written: list[Any] = [{"id": f"s{at}", **step} for at, step in enumerate(steps, start=1)]
    document: Any = {"goal": goal, "steps": written, "answer": None}
    return find_input_fault(goal, mention, check(document, CATALOG).require())


def look(text: Any, **others: Any) -> dict[str, Any]:
    return {"capability": "look", "inputs": {"text": text}, **others}


def save(**inputs: Any) -> dict[str, Any]:
    return {"capability": "save", "inputs": inputs}


@pytest.mark.parametrize(
    "text",
    ["value", "strings", "Text", "...", ".24", "", "<the summary>", "[summary]", "{value}", "'string'"],
)
def test_a_placeholder_is_no_text(text: str) -> None:
    """Neither a word for a text nor the name of the input, nor signs alone."""
    assert fault("Shorten the letter", look(text)) is not None


def test_the_name_of_an_input_is_a_placeholder() -> None:
    """In a list, too."""
    assert "placeholder" in str(fault("Save it", save(path="path")))
    assert "placeholder" in str(
        fault("Save it", {"capability": "list", "inputs": {"items": ["item", "items"]}})
    )


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        ("Translate 'text' into French", "text"),
        ("List all files", "*"),
        ("What is 24% of that?", ".24"),
        ("Read the contents page", "contents page"),
    ],
)
def test_what_the_goal_says_is_no_placeholder(goal: str, text: str) -> None:
    """A quoted word, a pattern, and a figure that follows from the goal's are texts."""
    assert fault(goal, look(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "notes.md",
        "read data/report.txt",
        "kim@example.com",
        "https://example.com/b",
        "example.net",
        "#news",
        "+49 170 7654321",
        "in 2023",
        "500 words",
        "twenty words",
        "on 2025-06-12",
    ],
)
def test_a_name_or_a_figure_that_the_goal_has_not_is_made_up(text: str) -> None:
    """Files, addresses, pages, channels, telephone numbers, dates and figures of more than one digit."""
    goal = "Send report.txt of 12 June to ann@example.com, #staff, https://example.com/a and +49 170 1234567"
    assert "which the goal does not" in str(fault(goal, look(text)))


@pytest.mark.parametrize(
    "text",
    [
        "./report.txt",
        "Send it to Ann@Example.com",
        "example.com/a",
        "#staff",
        "#finance",
        "+491701234567",
        "0170 is not checked, 9 neither; q42, run17.",
        "4,500 or 4500",
        "0.12 and 1.12",
        "{{x}} * 12 / 100",
        "20 days, 15:00 and 14:00",
        "the 12th of June, 12.11. or 06-12",
    ],
)
def test_what_follows_from_the_goal_is_not_made_up(text: str) -> None:
    """The same in another spelling, a part of it, a percentage, an hour of the afternoon."""
    goal = (
        "Send report.txt to ann@example.com, #staff, finance, https://example.com/a and +49 (0)170 1234567: "
        "12% of 4.500, within twenty days, by 12 June at 3 pm or 14:00; call +49 170 1234567"
    )
    assert fault(goal, look(text)) is None


def test_arithmetic_has_the_months_of_a_year() -> None:
    """Twelve months are nothing made up where something is worked out, and are where something is told."""
    assert fault("What is that a year?", look({"template": "{1 + 1} * 12"})) is None
    assert fault("What is that a year?", look("for 12 friends")) is not None
    assert fault("¿Cuánto es al año?", look("12 个月")) is not None


def test_figures_are_read_in_numbers_too() -> None:
    """An input that takes integers is no different."""
    count = {"capability": "count", "inputs": {"days": 14}}
    assert fault("The weather of the next fourteen days", count) is None
    assert "has 14" in str(fault("The weather of the coming days", count))


def test_a_plan_names_what_is_new_itself() -> None:
    """A subject may have its own words, and a file to be written its own name where the goal has none."""
    assert fault("Save the notes", save(path="notes.md", subject="Notes of 2025")) is None
    assert fault("Save it", save(path="x", subject="Results")) is None
    assert fault("Save it", save(path="x", subject="Subject")) is not None
    assert fault("Save it", save(path="x", subject="Notes", to="kim@example.com")) is not None
    assert fault("Save a.md as b.md", save(path="c.md")) is not None


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("three", "in 3 sentences"),
        ("3", "a three-sentence text"),
        ("Twelve", "LIMIT 12"),
        ("25", "twenty-five chairs"),
        ("12", "{{x}} * 0.12"),
        ("3", "drei Tage"),
        ("3", "三天"),
        ("15", "\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT FIVE}"),
        ("1480", "1.480 Euro"),
        ("1234567", "+49 170-1234567"),
        ("4 May", "on May 4"),
        ("Lindenstraße 14", "LINDENSTRASSE 14"),
        ("100", "a hundred"),
    ],
)
def test_a_figure_may_stand_in_digits_or_as_a_word(word: str, text: str) -> None:
    """In any case, any grouping, and as a percentage of what it is taken of."""
    goal = "12% of 1480, 25, 14, 15, 100, +49 170 1234567"
    assert fault(goal, look(text), mention=(word,)) is None


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("ten", "often"),
        ("3", "13 or q3"),
        ("six", "sixteen"),
        ("19", "1900"),
        ("4 May", "May"),
        ("ann", "bob"),
    ],
)
def test_a_word_that_is_only_part_of_another_is_not_mentioned(word: str, text: str) -> None:
    """A figure stands for itself."""
    assert fault("13, 16, 1900", look(text), mention=(word,)) == f"no input mentions {word}"


def test_a_word_is_mentioned_in_a_text_and_not_in_the_name_of_a_step() -> None:
    """What an expression takes is a result: it says nothing itself, and a text within it does."""
    first = {"id": "berlin", "capability": "look", "inputs": {}}
    for binding in ({"from": "berlin"}, {"template": "about {berlin.y}"}):
        assert fault("g", first, look(binding), mention=("berlin",)) == "no input mentions berlin"
    assert fault("g", first, look({"template": "Berlin: {berlin}"}), mention=("berlin",)) is None
    assert fault("g", first, look({"from": "'Berlin: ' + berlin"}), mention=("berlin",)) is None
    assert fault("over 40?", first, look("x", condition="len(berlin) > 40"), mention=("40",)) is None


def test_what_a_worked_example_says_is_copied() -> None:
    """Three words in a row or a name that neither the goal nor its capabilities have."""
    assert "worked example" in str(fault("Find out about tea", look("the population of Norway")))
    assert "worked example" in str(fault("Translate the letter", look("into Dutch")))
    assert fault("Translate it into Dutch", look("into Dutch")) is None
    assert fault("The population of Norway?", look("population of Norway")) is None
    assert find_copied("Write two paragraphs about tea", "Write about tea") == "write two paragraphs"
    assert find_copied("What are the three largest ones?", "the three largest customers") is None
    assert find_copied("the main points of the letter", "Shorten the letter") is None


@pytest.mark.parametrize("name", ["lines", "full"])
def test_every_worked_example_is_told_when_it_is_copied(name: str) -> None:
    """The goal of an example, planned for another goal, is found out."""
    assert {"Norway", "Dutch", "Inn", "Linz"} <= load_worked_examples().names
    for example in load_examples(name):
        assert find_copied(example.goal, "How much rain falls in Oslo?") is not None, example.goal


@pytest.mark.parametrize("text", ["s2", "the summary: {s2}", "<s2>", "$s2"])
def test_a_step_does_not_name_itself(text: str) -> None:
    """A literal text that means the step's own result; the checker refuses an expression that does."""
    assert "its own step" in str(fault("Shorten it", look("tea"), look(text)))


def test_a_step_is_not_named_in_place_of_its_result() -> None:
    """What should have been a reference has stayed a text; a word of the goal is one."""
    assert "takes no result" in str(fault("Shorten it", look("tea"), look("about {s1}")))
    assert fault("Shorten it", {**look("tea"), "id": "summary"}, look("summary")) is None
    assert fault("Save it as s1", look("tea"), look("s1")) is None


def test_figures_have_all_their_readings() -> None:
    """A comma and a point mean two things, and words are figures in six languages."""
    assert find_figures("1.480")[0].readings == {1480, 1.48}
    assert known_numbers("two hundred and a dozen, neuf, doce, zwölf, 十二, ثلاثة") >= {200, 12, 9, 3}
    assert as_number("often") is None
