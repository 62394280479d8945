"""On which line a part of a document stands, whatever the document is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.planner.documents.source_lines import SourceLines
from callsheet.planner.documents.writer import write_yaml

NAMES = st.text(st.sampled_from("ab/~0 é"), max_size=3)
DOCUMENTS = st.recursive(
    st.integers(0, 9) | st.sampled_from(["", "one", "two\nlines\n", " x\ny", "# no comment"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def pointers(value: Any, at: str = "") -> list[str]:
    """The pointer of everything in a value, itself first, in the order of its text."""
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(name.replace("~", "~0").replace("/", "~1"), each) for name, each in value.items()]
    elif isinstance(value, list):
        inner = [(str(at), each) for at, each in enumerate(value)]
    return [at, *(found for name, each in inner for found in pointers(each, f"{at}/{name}"))]


def test_lines_are_found_in_json_and_yaml_alike() -> None:
    """The line is that of the deepest part of the pointer that is there."""
    yaml = SourceLines('a:\n  - b: 1\n    "c/d~e": 2\n')
    assert [yaml.line(at) for at in ("", "/a/0", "/a/0/c~1d~0e", "/a/0/gone", "/a/7", "/a/0/b/x")] == [
        1, 2, 3, 2, 2, 2,
    ]  # fmt: skip
    assert SourceLines('{\n  "a": [\n    1,\n    2\n  ]\n}').line("/a/1") == 4
    assert SourceLines('{\n\t"a": 1}').line("/a") == 2
    assert SourceLines('{"a": ').line("/a") is None


def test_the_line_of_a_key_is_not_that_of_its_value() -> None:
    """A key is found where it stands, and only in the mapping where it is looked for."""
    lines = SourceLines("a:\n\n  b:\n    - c: 1\n      d:\n        e: 2\n")
    assert (lines.line("/a"), lines.key_line("", "a")) == (3, 1)
    assert (lines.line("/a/b/0/d"), lines.key_line("/a/b/0", "d")) == (6, 5)
    for pointer, key in (("", "b"), ("/a", "c"), ("/a/gone", "b"), ("/a/b", "0"), ("/a/b/0/c", "1")):
        assert lines.key_line(pointer, key) is None


@pytest.mark.parametrize("index", ["00", "-1", "1", "x", "", "²", "9" * 5_000])
def test_what_is_no_index_finds_no_item(index: str) -> None:
    """A list has its items at 0, 1, 2 and so on, and nothing at any other text."""
    assert SourceLines("\n-\n\n  1\n").line(f"/{index}") == 2


@given(DOCUMENTS, st.booleans())
def test_for_every_value_each_part_has_a_line_in_the_order_of_the_text(value: Any, compact: bool) -> None:
    """None is missing, none is past the end, and a string on one line has all on one line."""
    text = write_yaml(value, compact=compact)
    found = [SourceLines(text).line(each) for each in pointers(value)]
    known = [line for line in found if line is not None]
    assert len(known) == len(found)
    assert known == sorted(known)
    assert known[-1] <= len(text.splitlines())


@given(st.lists(st.dictionaries(NAMES, st.integers(), min_size=1), min_size=1))
def test_for_every_list_of_mappings_line_and_key_are_where_an_editor_finds_them(value: Any) -> None:
    """Each key, written on a line of its own, is told by the number of that line."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    rows = text.split("\n")
    lines = SourceLines(text)
    for at, entries in enumerate(value):
        for key in entries:
            line = lines.key_line(f"/{at}", key)
            assert line is not None
            assert rows[line - 1].startswith(f"  {json.dumps(key, ensure_ascii=False)}: ")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000 + "a",
        "{a: " * 10_000,
        "? " * 10_000,
        "[" * 900 + "]" * 900,
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "&a {*a : *a, [1]: {2: 3}, ? {}}",
        "a: \x00",
        '"\ud800"',
        "%YAML 9.9\n---\n",
        "",
        "--- a\n--- b",
    ],
)
def test_no_text_does_it_harm(text: str) -> None:
    """Deep, with aliases, cut off or no YAML at all: a line or none, and never an error."""
    lines = SourceLines(text)
    for pointer in ("", "/a", "/0/0/0", "/a/" + "0/" * 1_000):
        assert lines.line(pointer) in (None, 1, 2, 3)
        assert lines.key_line(pointer, "a") in (None, 1, 2, 3)


def test_an_alias_is_not_followed() -> None:
    """What it would stand for is not there: a bomb has as many places as it has letters."""
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    lines = SourceLines("\n".join(rows))
    assert lines.line("/a39/0/0/0") == 40


def test_of_a_large_text_every_line_is_known() -> None:
    """Also of the last of a hundred thousand."""
    text = "".join(f"- {{a: {at}, b: [1, 2]}}\n" for at in range(100_000))
    assert SourceLines(text).line("/99999/b/1") == 100_000
