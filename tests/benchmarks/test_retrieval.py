"""The first cut of a catalog of 1,000: what is promised of it, and that the goals are a test of it."""

from __future__ import annotations

import re

import pytest

from benchmarks.__main__ import main
from benchmarks.retrieval import TARGET, found_whole
from benchmarks.retrieval.catalog import large_catalog
from benchmarks.retrieval.needs import SETS, read_needs
from callsheet.planner.catalog.embeddings import installed_vectors
from callsheet.planner.catalog.shortlist import RetrievedShortlist
from callsheet.planner.catalog.tokens import telling_words

needs_vectors = pytest.mark.skipif(
    installed_vectors() is None, reason="the word vectors (extra `retrieval`) are not installed"
)


@needs_vectors
def test_what_goals_need_is_in_the_first_cut() -> None:
    """For 98 of 100 goals everything; and for most of those in words that have nothing to do with the
    catalog's."""
    assert found_whole("reworded", installed_vectors()) >= TARGET
    assert found_whole("idiomatic", installed_vectors()) >= 90


def test_words_alone_find_what_most_goals_need() -> None:
    """Where no vectors are installed."""
    assert found_whole("reworded", None) >= 88
    assert found_whole("idiomatic", None) >= 75


def test_a_thousand_capabilities_fit_a_small_context() -> None:
    """1,200 tokens of a context of 4,096, what is asked for later included, and goals are still served."""
    shortlist = RetrievedShortlist(large_catalog(), tokens=1_200)
    cut = shortlist.first("Where is my parcel?")
    assert "track_shipment" in {each.name for each in cut}
    assert 25 <= len(cut) < 100


def test_the_catalog_is_large_and_real() -> None:
    """1,000 different capabilities, the same each time."""
    catalog = large_catalog()
    assert len({each.name for each in catalog}) == 1_000
    assert [each.name for each in large_catalog()] == [each.name for each in catalog]


@pytest.mark.parametrize("name", SETS)
def test_goals_need_what_there_is(name: str) -> None:
    """A hundred of them, each of one to five capabilities of the catalog."""
    known = {each.name for each in large_catalog()}
    goals = read_needs(name)
    assert len({goal for goal, _ in goals}) == 100
    for _, needs in goals:
        assert 1 <= len(needs) <= 5
        assert all(set(need) <= known for need in needs)


@pytest.mark.parametrize(("name", "most"), [("reworded", 0.3), ("idiomatic", 0.2)])
def test_goals_are_not_made_of_the_words_of_the_catalog(name: str, most: float) -> None:
    """Of the words of a capability that is needed, the goal has but a part, stems counted as words."""
    catalog = {each.name: f"{each.name} {each.description}" for each in large_catalog()}
    shares: list[float] = []
    for goal, needs in read_needs(name):
        said = {word[:5] for word in telling_words(goal)}
        for need in needs:
            words = {word[:5] for word in telling_words(catalog[need[0]])}
            shares.append(len(words & said) / len(words))
    assert sum(shares) / len(shares) < most


def test_the_benchmark_prints_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each set, search and size of the cut."""
    main(["retrieval", "--cuts", "20"])
    printed = capsys.readouterr().out
    assert re.search(r"idiomatic +words +20 +\d+ +100", printed)
    assert f"target {TARGET}" in printed
