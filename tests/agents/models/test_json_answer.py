from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.models.json_answer import read_json_answer

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' \n{"a": 1}\n ',
        '\ufeff{"a": 1}',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        'Here it is:\n```json\n{"a": 1}\n```\nAnything else?',
        'Sure! {"a": 1} is what you want.',
        'I replaced {name} with it: {"a": 1}',
        '<think>{"a": 2}? No.</think>\n{"a": 1}',
    ],
)
def test_the_one_value_is_found(text: str) -> None:
    """Bare, fenced, or amid prose."""
    assert read_json_answer(text) == {"a": 1}


def test_a_fence_inside_a_text_is_part_of_it() -> None:
    """Whole JSON is taken as it is, whatever its texts look like."""
    value = {"a": "```json\n{}\n```"}
    assert read_json_answer(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("I cannot do that.", "not JSON"),
        ('{"a": 1} {"a": 2}', "2 JSON values"),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', "2 JSON values"),
        ('{"steps": [{"id": "s1"}, oops]}', "not JSON"),
        ('{"a": {"b": 1}', "not JSON"),
        ('Sure: {"a": {"b": 1}, ', "not JSON"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('so: {"a": NaN}', "NaN"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ('{"a": 18446744073709551616}', "too large"),
        ('"\\ud800"', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        ("[" * 100_000, "deeper"),
        ("[" * 65 + "]" * 65, "deeper"),
        ("so: " + "[" * 100_000, "deeper"),
        ("{" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_single_portable_value_is_a_clear_problem(text: str, problem: str) -> None:
    """Nothing is guessed, and nothing crashes."""
    with pytest.raises(ValueError, match=problem):
        read_json_answer(text)


def test_nesting_is_taken_up_to_its_bound() -> None:
    """Sixty-four levels are read, the innermost value included."""
    text = "[" * 64 + '"x"' + "]" * 64
    assert read_json_answer(text) == json.loads(text)


@given(JSON)
def test_every_value_comes_back(value: object) -> None:
    """For every JSON value, written and fenced, reading gives it back."""
    try:
        text = json.dumps(value)
        text.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert read_json_answer(text) == value
    assert read_json_answer(f"```json\n{text}\n```") == value


@given(st.text(alphabet='{}[]",:\\ntrue0123 `\n'))
def test_no_text_makes_it_crash(text: str) -> None:
    """For every text, there is a value or a ValueError."""
    try:
        read_json_answer(text)
    except ValueError as error:
        assert str(error)
