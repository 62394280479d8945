"""Names in a goal, and whether a plan does something with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.coverage import find_doubtful_names, find_names


@pytest.mark.parametrize(
    ("goal", "names"),
    [
        ("Read a/b.md and c.csv, then write d.txt.", ("a/b.md", "c.csv", "d.txt")),
        ("Mail it to bob@example.com, and to bob@example.com", ("bob@example.com",)),
        ("Post 'x' to #sales-team!", ("#sales-team",)),
        ("What is 3.14 * 2? I. e. nothing. Really.", ()),
        ("issue #5", ()),
    ],
)
def test_files_addresses_and_channels_are_names(goal: str, names: tuple[str, ...]) -> None:
    """Numbers and the ends of sentences are not."""
    assert find_names(goal) == names


def test_a_name_that_no_input_holds_is_told() -> None:
    """In any case; a name inside a template counts."""
    steps: list[JsonValue] = [
        {"id": "s1", "inputs": {"path": "A.md", "body": {"template": "for b@c.de: {s1}"}}}
    ]
    document: dict[str, JsonValue] = {"goal": "a.md to b@c.de and to out.md", "steps": steps}
    (sentence,) = find_doubtful_names(document)
    assert "out.md" in sentence


def test_a_name_that_is_made_up_is_told() -> None:
    """As a whole input, or among other words; a pattern is no name."""
    steps: list[JsonValue] = [
        {"id": "s1", "inputs": {"path": "made_up.txt"}},
        {"id": "s2", "inputs": {"text": "Write it as in other.txt, please", "pattern": "*.md"}},
    ]
    first, second = find_doubtful_names({"goal": "Write a poem", "steps": steps})
    assert "step s1 is about made_up.txt" in first
    assert "step s2 is about other.txt" in second


@given(st.text())
def test_any_goal_has_names_or_none(goal: str) -> None:
    """For every goal: nothing is raised, each name stands in it, and a plan with them all is not doubted."""
    names = find_names(goal)
    assert all(name in goal for name in names)
    steps: list[JsonValue] = [{"id": "s1", "inputs": {"names": list(names)}}]
    assert list(find_doubtful_names({"goal": goal, "steps": steps})) == []
