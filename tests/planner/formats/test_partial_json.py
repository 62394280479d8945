"""An array is read element by element while its text arrives, as the whole text would be read."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.models.json_answer import read_json_answer
from callsheet.planner.formats.partial_json import ArrayReader

TRICKY = (
    "",
    '"',
    "\\",
    '\\"',
    "{",
    "]}",
    '{"steps": [1]}',
    "\U0001f600",
    "é\n\x07",
    "a\u2028b",
    "<think>",
    "```",
)
KEYS = st.sampled_from(("steps", "plan", "id", '"', "a\\", "{")) | st.text(max_size=3)
PROLOGUES = (
    "",
    " \n",
    "```json\n",
    "Here is the plan {as asked} [draft]:\n",
    '<think>{"steps": [0]} > [1]</think>\n',
    "\ufeff",
)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.sampled_from(TRICKY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The text of any JSON document, most of them objects with steps, in any of the usual spellings."""
    value: Any = draw(VALUES)
    if draw(st.integers(0, 4)):
        members = list(draw(st.dictionaries(KEYS, VALUES, max_size=3)).items())
        steps = draw(st.lists(VALUES, max_size=5)) if draw(st.integers(0, 6)) else draw(VALUES)
        members.insert(draw(st.integers(0, len(members))), ("steps", steps))
        value = dict(members)
    return json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from((None, 0, 2))))


def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """A splitting of the text, perhaps into single characters, perhaps with empty pieces."""
    if draw(st.integers(0, 3)) == 0:
        return list(text)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def splittings(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[str]]:
    """A text, and the pieces in which it arrives."""
    text = draw(texts)
    return text, pieces(draw, text)


def read(parts: list[str], *path: str) -> tuple[list[JsonValue], ArrayReader]:
    """All elements, and the reader at the end."""
    reader = ArrayReader(*(path or ("steps",)))
    return [each for part in parts for each in reader.feed(part)], reader


def elements_of(value: JsonValue) -> list[JsonValue]:
    """What the array has in a document that was read as a whole."""
    steps = value.get("steps") if isinstance(value, dict) else None
    return steps if isinstance(steps, list) else []


def same(one: JsonValue, other: JsonValue) -> bool:
    """Equal, and true is not 1."""
    return json.dumps(one) == json.dumps(other)


@given(splittings(documents()), st.sampled_from(PROLOGUES))
@settings(max_examples=300, deadline=None)
def test_every_document_reads_as_json_reads_it(split: tuple[str, list[str]], prologue: str) -> None:
    """For every JSON document and every splitting: the elements that `json.loads` finds, in order;
    whatever of thoughts, prose and fences a model writes before an object."""
    text, parts = split
    if prologue and not text.startswith("{"):
        prologue = ""
    found, reader = read([*prologue, *parts])
    assert same(found, elements_of(json.loads(text)))
    assert not reader.is_broken


@given(documents())
@settings(max_examples=200, deadline=None)
def test_an_element_comes_with_its_last_character(text: str) -> None:
    """For every document: fed by characters, what was found so far is a beginning of what will be found,
    and nothing of what stands behind an element is wanted for it but what ends a number or a word."""
    whole = elements_of(json.loads(text))
    reader, found = ArrayReader("steps"), list[JsonValue]()
    for character in text:
        new = reader.feed(character)
        assert len(new) <= 1
        if new and isinstance(new[0], (str, list, dict)):
            assert character in '"]}'
        found += new
        assert same(found, whole[: len(found)])
    assert same(found, whole)


@given(
    splittings(st.text(alphabet=st.sampled_from('{}[]",:\\ \nsteps01-.eEnulltrufa<think>/`'), max_size=60))
)
@example(('{"steps": [1, 2,, 3]}', ['{"steps": [1, 2,, 3]}']))
@example(('{"steps": [{"a": 1]]}', list('{"steps": [{"a": 1]]}')))
@settings(max_examples=500, deadline=None)
def test_garbage_yields_nothing_more(split: tuple[str, list[str]]) -> None:
    """For every text: nothing is raised; a broken one yields nothing after the break; and all splittings
    yield the same."""
    text, parts = split
    found, reader = read(parts)
    again, other = read([text])
    assert same(found, again)
    assert (reader.is_broken, reader.is_ended) == (other.is_broken, other.is_ended)
    if reader.is_broken:
        assert reader.is_ended
        assert reader.feed('{"steps": [1]}') == []


@given(documents(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_the_whole_answer_cannot_be_refused_for_is_not_refused(text: str, data: st.DataObject) -> None:
    """For every document with one character changed: where the whole still reads, so do its elements;
    where the reading broke, the whole is refused too."""
    at = data.draw(st.integers(0, max(0, len(text) - 1)))
    text = text[:at] + data.draw(st.sampled_from('{}[]",:\\ 0n')) + text[at + 1 :]
    found, reader = read(list(text))
    try:
        whole = read_json_answer(text)
    except ValueError:
        return
    assert not reader.is_broken
    if reader.is_ended and text.lstrip().startswith("{"):
        assert same(found, elements_of(whole))


@pytest.mark.parametrize(
    "element",
    [
        "NaN",
        "-Infinity",
        "1e999",
        "1" * 30,
        "1" * 6000,
        r'"\ud83d"',
        '"\t"',
        '{"a": 1, "a": 2}',
        "01",
        "[1 2]",
        "{1: 2}",
        "x[1]",
        "'a'",
        "",
        "[" * 63 + "]" * 63,
    ],
)
def test_what_is_not_portable_breaks_the_reading(element: str) -> None:
    """As it would the reading of the whole; the elements before it were found."""
    text = f'{{"steps": [7, {element}, 8]}}'
    with pytest.raises(ValueError):
        read_json_answer(text)
    for parts in ([text], list(text)):
        found, reader = read(parts)
        assert found == [7]
        assert reader.is_broken


def test_what_is_just_portable_is_read() -> None:
    """The deepest nesting, the largest number, a surrogate pair split over pieces."""
    deepest = "[" * 62 + "]" * 62
    text = f'{{"steps": [{deepest}, {2**64 - 1}, "\\ud83d\\ude00"]}}'
    assert same(read(list(text))[0], elements_of(read_json_answer(text)))


@pytest.mark.parametrize(
    "text",
    [
        '[{"steps": [1]}]',
        '[true, {"steps": [1]}]',
        '[1] {"steps": [1]}',
        '{} {"steps": [1]}',
        '{"steps": {"steps": [1]}}',
        '{"plan": {"steps": [1]}}',
        '<think> {"steps": [1]}',
        '"{ [1]"',
        "no plan at all",
    ],
)
def test_only_the_array_of_the_object_is_read(text: str) -> None:
    """Not one in another value, or further in, or in a thought that goes on."""
    assert read(list(text))[0] == []


def test_a_key_twice_breaks_the_reading() -> None:
    """Which of the two is meant cannot be known."""
    found, reader = read(['{"goal": 1, "goal": 2, "steps": [1]}'])
    assert found == []
    assert reader.is_broken


def test_a_path_leads_further_in() -> None:
    """Key by key, past what else there is."""
    text = '{"steps": [1], "plan": {"goal": {"steps": [2]}, "steps": [3, {"steps": [4]}]}, "steps": [5'
    found, reader = read(list(text), "plan", "steps")
    assert found == [3, {"steps": [4]}]
    assert reader.is_ended


def test_the_cost_is_in_proportion_to_the_text() -> None:
    """Twice as many elements, or elements twice as long, cost twice as many calls, character by character."""
    for element in ({"id": "s1", "inputs": ["a\n", {"b": 1}]}, {"text": "x" * 300}):
        once, twice = (calls_for([element] * count) for count in (20, 40))
        assert twice < 2.1 * once
    once, twice = (calls_for([["y" * 100] * count]) for count in (20, 40))
    assert twice < 2.1 * once


def calls_for(elements: list[Any]) -> int:
    """How many functions are called to read these, one character at a time."""
    text = json.dumps({"steps": elements})
    reader, calls = ArrayReader("steps"), 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        for character in text:
            reader.feed(character)
    finally:
        sys.setprofile(None)
    assert reader.is_ended and not reader.is_broken
    return calls
