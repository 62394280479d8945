"""Which agent gets an attempt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.selection import select


def agents(*names: str) -> list[Any]:
    """Agents of which only the name matters."""
    return [SimpleNamespace(name=name) for name in names]


def test_the_first_is_taken_where_nothing_tells_them_apart() -> None:
    """The order of the registry is the person's preference."""
    assert select(agents("a", "b")).name == "a"


def test_one_that_failed_this_work_is_avoided() -> None:
    """Even where the others have more to do; and where all failed, the one that failed least."""
    assert select(agents("a", "b"), failures={"a": 1}, running={"b": 9}).name == "b"
    assert select(agents("a", "b"), failures={"a": 2, "b": 1}).name == "b"


def test_the_least_loaded_is_preferred() -> None:
    """Work spreads over agents that do equally well."""
    assert select(agents("a", "b", "c"), running={"a": 2, "b": 1, "c": 1}).name == "b"


@given(
    names=st.lists(st.sampled_from("abcd"), min_size=1, unique=True),
    failures=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)),
    running=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)),
)
def test_for_every_situation_the_choice_is_the_same_and_none_is_better(
    names: list[str], failures: dict[str, int], running: dict[str, int]
) -> None:
    """Asking again gives the same agent, and no other has fewer failures."""
    crowd = agents(*names)
    chosen = select(crowd, failures=failures, running=running)
    assert select(crowd, failures=dict(failures), running=dict(running)) is chosen
    assert failures.get(chosen.name, 0) == min(failures.get(name, 0) for name in names)
