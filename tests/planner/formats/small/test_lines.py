"""Lines of calls are read as they are meant, and in pieces as in whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.formats.small.lines import LineReader, read_calls, read_lines, write_call

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=6), each, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["path", "class", "Exchange Rate", "größe", "a.b", 'say "so"', "x=y", ""])
STEPS = st.lists(
    st.tuples(st.sampled_from(["save", "read_file"]), st.dictionaries(NAMES, VALUES, max_size=3)), max_size=4
)


def inputs_of(text: str) -> Any:
    """The inputs of the one call in a text."""
    (step,) = read_calls(text)
    return step["inputs"]


def written_as(steps: list[tuple[str, dict[str, Any]]]) -> list[JsonObject]:
    """The steps with ids, in order."""
    return [
        {"id": f"s{at}", "capability": name, "inputs": inputs} for at, (name, inputs) in enumerate(steps, 1)
    ]


@given(STEPS)
def test_what_is_written_is_read(steps: list[tuple[str, dict[str, Any]]]) -> None:
    """For every step whose texts are no references: its line means the step."""
    written = written_as(steps)
    assert read_calls("\n".join(map(write_call, written))) == written


@given(STEPS, st.lists(st.integers(0, 200), max_size=8))
def test_pieces_come_to_the_same_as_the_whole(
    steps: list[tuple[str, dict[str, Any]]], cuts: list[int]
) -> None:
    """However the text is split, each step arrives once, when its line has ended."""
    written = written_as(steps)
    text = "\n".join((*map(write_call, written), ""))
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    reader = LineReader()
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert [step for piece in pieces for step in reader.feed(piece)] == written
    assert not reader.is_broken


@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("s2 = f(x=s1)", {"x": "{s1}"}),
        ("s2 = f(x=s1.rows[0].name, y=2)", {"x": "{s1.rows[0].name}", "y": 2}),
        ("s2 = f(x=[s1, 'b'], y={\"k\": s1})", {"x": ["{s1}", "b"], "y": {"k": "{s1}"}}),
        ('s2 = f(x="a " + s1 + "!")', {"x": "a {s1}!"}),
        ("s3 = f(x=s1 + s2 * 2)", {"x": "{s1 + s2 * 2}"}),
        (
            "s2 = f(x=f'{s1} it\\'s', y=True, z=None, w=false)",
            {"x": "{s1} it's", "y": True, "z": None, "w": False},
        ),
        ("- s2: f(format=pdf)", {"format": "pdf"}),
        ('1. s2 = f(x="two\nlines (and a bracket)")', {"x": "two\nlines (and a bracket)"}),
        ("s2 = f()", {}),
        ("s2 = f(\n  x=1,\n  y=-2.5e3,\n)", {"x": 1, "y": -2500.0}),
    ],
)
def test_what_means_the_same_is_read_the_same(line: str, inputs: Any) -> None:
    """An engine that takes no grammar may write as Python does."""
    assert inputs_of(line) == inputs


def test_a_bare_word_is_a_reference_where_a_step_is_called_so() -> None:
    """Plans by other hands have names for ids."""
    (step,) = read_calls("s4 = f(x=menu, y=menus)", ["menu"])
    assert step["inputs"] == {"x": "{menu}", "y": "menus"}


def test_prose_and_fences_are_passed_over() -> None:
    """Only calls count."""
    text = 'Here is the plan:\n```\ns1 = f(x="a")\n```\nIt reads a.'
    assert read_lines(text) == {"steps": [{"id": "s1", "capability": "f", "inputs": {"x": "a"}}]}


@pytest.mark.parametrize(
    "text",
    ["", "no", "read the file", "f(x=1)", "s1", "s0 = f()", "[]", '{"plan": 1}', "{", '{"steps": 5}'],
)
def test_what_has_no_calls_is_refused_in_a_sentence(text: str) -> None:
    """The sentence shows a line."""
    with pytest.raises(ValueError, match=r"s1 = capability|JSON"):
        read_lines(text)


@pytest.mark.parametrize(
    "text",
    [
        's1 = f(x="a',
        "s1 = f(",
        's1 = f("a")',
        "s1 = f(x=1 y=2)",
        "s1 = f(x=)",
        "s1 = f(x=1, x=2)",
        "s1 = f(x=[1)",
        "s1 = f(x={1: 2})",
        "s1 = f(x=" + "[" * 5000,
        's1 = f(x="\\u12")',
    ],
)
def test_a_broken_call_is_named(text: str) -> None:
    """The model is told which line, and shown its shape; a stream ends there."""
    with pytest.raises(ValueError, match=r"the line of s1 is no call: write s1 = f\("):
        read_lines(text)
    reader = LineReader()
    assert reader.feed(f"{text}\ns2 = f()\n") == []
    assert reader.is_broken
    assert reader.is_ended


def test_json_of_older_recordings_is_read() -> None:
    """In whole and in pieces."""
    step = {"id": "s1", "capability": "f", "inputs": {"x": "{s0}"}, "depends_on": []}
    text = ' {"steps": [{"id": "s1", "capability": "f", "inputs": {"x": "{s0}"}, "depends_on": []}]}'
    assert read_lines(text) == {"steps": [step]}
    reader = LineReader()
    assert [each for letter in text for each in reader.feed(letter)] == [step]
    assert reader.is_ended
    assert not reader.is_broken
