"""Documents are data: what is written is read back, and what is no plain data is refused with its place."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.documents import MAX_NESTING, read_document, read_json, read_yaml, write_yaml
from callsheet.planner.errors import DocumentError

proper_text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | proper_text,
    lambda inner: st.lists(inner) | st.dictionaries(proper_text, inner),
)


@given(json_values)
def test_every_json_value_survives_yaml(value: JsonValue) -> None:
    """For every JSON value: what is written as YAML is read back the same."""
    assert read_yaml(write_yaml(value)) == value


@pytest.mark.parametrize(
    "text", ["no", "on", "1e3", "2024-01-31", "12:30:00", "~", "<<", "=", "0o7", "", "a\nb\n"]
)
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    """A text that some reader of YAML would take for another value is quoted."""
    assert read_yaml(write_yaml({"key": text})) == {"key": text}


@pytest.mark.parametrize("text", ["no", "on", "yes", "2024-01-31", "12:30:00", "1_000"])
def test_plain_words_are_texts(text: str) -> None:
    """YAML 1.2: what a person writes plainly is not turned into a date or a truth value."""
    assert read_yaml(f"key: {text}") == {"key": text}


@given(st.text())
def test_every_text_is_read_or_refused(text: str) -> None:
    """For every text: a value, or a DocumentError."""
    for read in (read_yaml, read_json):
        with contextlib.suppress(DocumentError):
            read(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x [1]\nb: *x", "aliases"),
        ("&a [*a]", "aliases"),
        ("a: 1\na: 2", "line 2: this is no YAML: this key stands twice"),
        ("1: 2", "a key is a text"),
        ("!!python/object:os.system x", "constructor"),
        ("x: !!timestamp 2024-01-01", "constructor"),
        ("x: !!set {a, b}", "constructor"),
        ("x: !!binary aGVsbG8=", "constructor"),
        ("[" * 100_000, "nested more than"),
        ("- " * 5_000 + "a", "nested more than"),
        ("{a: " * 5_000, "nested more than"),
        ("a: " + "9" * 5_000, "number"),
        ("a: [", "line 2"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, problem: str) -> None:
    """Tags, aliases, repeated keys, bombs and half documents: each a clear error."""
    with pytest.raises(DocumentError, match=problem):
        read_yaml(text)


def test_nesting_is_bounded_where_it_says() -> None:
    """As deep as is allowed is read, one deeper is not."""
    read_yaml("[" * MAX_NESTING + "]" * MAX_NESTING)
    with pytest.raises(DocumentError, match="nested"):
        read_yaml("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1\n"b"}', "line 2"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "number"),
    ],
)
def test_json_is_read_strictly(text: str, problem: str) -> None:
    """Repeated keys and NaN are refused, as is what is no JSON at all."""
    with pytest.raises(DocumentError, match=problem):
        read_json(text)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8: the error names the file and the reason."""
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, problem in [
        (tmp_path / "none.yaml", "No such file"),
        (tmp_path, "directory"),
        (binary, "UTF-8"),
    ]:
        with pytest.raises(DocumentError, match=problem) as caught:
            read_document(path)
        assert str(path) in str(caught.value)


def test_the_ending_says_which_format(tmp_path: Path) -> None:
    """A .json file is JSON, and everything else YAML; a byte order mark is no part of it."""
    (tmp_path / "plan.json").write_text('\ufeff{"a": [1]}', "utf-8")
    (tmp_path / "plan.yaml").write_text("a: [1]", "utf-8")
    assert read_document(tmp_path / "plan.json") == read_document(tmp_path / "plan.yaml") == {"a": [1]}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_an_end_is_refused() -> None:
    """What says nothing of its size, as a device or a pipe does, is read up to the bound and no further."""
    with pytest.raises(DocumentError, match="larger than"):
        read_document(Path("/dev/zero"))
