"""What small models forget when they write calls is mended where there is one way, and said."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Effect
from callsheet.planner.formats.small.lines import read_calls, write_call
from callsheet.planner.formats.small.repairs import CallRepairs
from tests.planner.catalogs import READ, SAVE, SHORTEN, TEXT, capability

SEARCH = capability("search_web", {"query": TEXT}, {"findings": TEXT}, effect=Effect.READ)
WRITE = capability("write_letter", {"instructions": TEXT}, {"letter": TEXT})
SEND = capability(
    "send", {"to": TEXT, "subject": TEXT, "body": TEXT}, {"receipt": TEXT}, effect=Effect.IRREVERSIBLE
)
CATALOG = (READ, SAVE, SHORTEN, SEARCH, WRITE, SEND)


def mended(*lines: str) -> list[str]:
    """The lines after their repairs."""
    steps: list[Any] = CallRepairs(list(read_calls("\n".join(lines))), CATALOG).mended.steps
    return [write_call(step) for step in steps]


def notes(*lines: str) -> tuple[str, ...]:
    """What was repaired in the lines."""
    return CallRepairs(list(read_calls("\n".join(lines))), CATALOG).mended.notes


def test_a_file_is_read_before_pure_work_on_it() -> None:
    """Pure work opens no file: its name alone is not what is to be shortened."""
    lines = ('s1 = shorten(text="notes.md")', 's2 = save(path="out.md", content=s1)')
    assert mended(*lines) == ['s3 = read_file(path="notes.md")', "s1 = shorten(text=s3)", lines[1]]
    (note,) = notes(*lines)
    assert note == "step s1: `text` is the name of a file; it takes the text that s3 reads there"


def test_a_file_that_is_read_is_not_read_again() -> None:
    """The step that reads it is there, and its result is what was meant."""
    lines = ('s1 = read_file(path="notes.md")', 's2 = shorten(text="notes.md")')
    assert mended(*lines) == [lines[0], "s2 = shorten(text=s1)"]


def test_a_file_that_is_named_in_prose_or_written_to_is_left_alone() -> None:
    """Only a name in place of a text is a slip, and only in pure work."""
    lines = (
        's1 = write_letter(instructions="about notes.md")',
        's2 = save(path="notes.md", content="a.txt")',
    )
    assert mended(*lines) == list(lines)


def test_a_result_that_no_step_takes_follows_the_next_instructions() -> None:
    """The letter was to be about what was found."""
    lines = (
        's1 = search_web(query="what pandas eat")',
        's2 = write_letter(instructions="Write a letter about what pandas eat")',
    )
    assert mended(*lines) == [
        lines[0],
        's2 = write_letter(instructions="Write a letter about what pandas eat\\n\\n{s1}")',
    ]
    assert notes(*lines) == ("step s2: the result of s1, which no step takes, was added to `instructions`",)


def test_a_forgotten_result_never_lands_in_a_heading_or_a_question() -> None:
    """A subject line is no place for a text, and what is looked up is asked, not told."""
    lines = (
        's1 = read_file(path="notes.md")',
        's2 = search_web(query="the best restaurants in Rome")',
        's3 = send(to="kim@example.org", subject="All the notes that we have", body=s2)',
    )
    assert mended(*lines) == list(lines)


def test_a_result_that_is_handed_on_stays_where_it_is() -> None:
    """One use is enough, near or far."""
    lines = (
        's1 = read_file(path="notes.md")',
        's2 = write_letter(instructions="Write about something quite different")',
        's3 = send(to="kim@example.org", subject="Notes", body="{s1} {s2}")',
    )
    assert mended(*lines) == list(lines)


def test_a_number_stands_for_a_text() -> None:
    """A schema that wants a text gets one, digit for digit."""
    assert mended("s1 = search_web(query=2024)") == ['s1 = search_web(query="2024")']


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
)
STEP = st.fixed_dictionaries(
    {
        "id": JSON,
        "capability": st.sampled_from(["shorten", "send", "x"]),
        "inputs": st.dictionaries(st.sampled_from(["text", "body"]), JSON) | JSON,
    }
)


@given(st.lists(JSON | STEP))
def test_any_steps_are_repaired_or_left(steps: list[JsonValue]) -> None:
    """For every JSON value in the place of a step: nothing is raised, and no step is lost."""
    assert len(CallRepairs(steps, CATALOG).mended.steps) >= len(steps)
