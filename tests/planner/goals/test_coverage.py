"""Names in a goal, and whether a plan does something with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.goals.coverage import (
    find_doubtful_names,
    find_figures,
    find_forgotten_names,
    find_names,
)
from tests.planner.catalogs import CATALOG, SHORTEN


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
    assert list(find_forgotten_names({"steps": steps}, "a.md to b@c.de and to out.md", ())) == ["out.md"]


def test_a_file_that_pure_work_alone_holds_is_told() -> None:
    """It opens none. An address in a letter may be all that was asked for, and where nothing else could take
    the file, there is nothing to tell."""
    told: list[JsonValue] = [
        {"id": "s1", "capability": "shorten", "inputs": {"text": "for a.md, and write to b@c.de"}}
    ]
    goal = "A letter to b@c.de, saved in a.md"
    assert list(find_forgotten_names({"steps": told}, goal, CATALOG)) == ["a.md"]
    assert list(find_forgotten_names({"steps": told}, goal, (SHORTEN,))) == []
    saved: JsonValue = {
        "id": "s2",
        "capability": "save",
        "inputs": {"path": "a.md", "content": {"from": "s1"}},
    }
    assert list(find_forgotten_names({"steps": [*told, saved]}, goal, CATALOG)) == []


def test_a_name_that_is_made_up_is_told() -> None:
    """As a whole input, or among other words; a pattern is no name."""
    steps: list[JsonValue] = [
        {"id": "s1", "inputs": {"path": "made_up.txt"}},
        {"id": "s2", "inputs": {"text": "Write it as in other.txt, please", "pattern": "*.md"}},
    ]
    first, second = find_doubtful_names({"steps": steps}, "Write a poem")
    assert "step s1 is about made_up.txt" in first
    assert "step s2 is about other.txt" in second


@given(st.text())
def test_any_goal_has_names_or_none(goal: str) -> None:
    """For every goal: nothing is raised, each name stands in it, and a plan with them all is not doubted."""
    names = find_names(goal)
    assert all(name in goal for name in names)
    steps: list[JsonValue] = [{"id": "s1", "inputs": {"names": list(names)}}]
    assert list(find_forgotten_names({"steps": steps}, goal, ())) == []


@pytest.mark.parametrize(
    ("goal", "figures"),
    [
        ("Order 50 chairs for 1,200 euros", ("50", "1,200")),
        ('Save it as "Where to live", three times', ("Where to live",)),
        ("Read q3.csv of 2 May from a4.b@c.de", ()),
        ("It's the dog's, isn't it?", ()),
    ],
)
def test_numbers_and_quotations_are_figures(goal: str, figures: tuple[str, ...]) -> None:
    """Single digits, which may be written out, and parts of names are not."""
    assert find_figures(goal) == figures


def test_a_figure_that_no_input_holds_is_doubted() -> None:
    """With or without a comma; as a number, too."""
    steps: list[JsonValue] = [{"id": "s1", "inputs": {"amount": 1200}}]
    (sentence,) = find_doubtful_names({"steps": steps}, "Pay 1,200 euros for 50 chairs")
    assert "50" in sentence
