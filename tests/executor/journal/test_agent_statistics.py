"""The figures of agents, kept over all runs."""

from __future__ import annotations

import asyncio

import pytest

from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.executor.journal.errors import RunNotFound
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.sqlite import SqliteJournal
from tests.executor.journals import created, in_file, journal, path

__all__ = ["in_file", "journal", "path"]


def seen(agent: str, at: float, *, capability: str = "work", succeeded: bool = True) -> Observation:
    return Observation(agent, capability, at, seconds=at / 10, succeeded=succeeded, cost=0.5)


async def test_what_was_seen_is_folded_in_order(journal: Journal) -> None:
    """The book says what the figures themselves make of the observations, one after another."""
    observations = [seen("a", 1.0), seen("b", 2.0), seen("a", 3.0, succeeded=False), seen("a", 9.0)]
    await journal.create(created())
    await journal.create(created("s"))
    await journal.figures.add_observations("r", observations[:2])
    await journal.figures.add_observations("s", observations[2:])
    expected = Figures().after(observations[0]).after(observations[2]).after(observations[3])
    assert journal.figures.read_statistics(["work"]) == {
        ("a", "work"): expected,
        ("b", "work"): Figures().after(observations[1]),
    }


async def test_a_run_is_added_once(journal: Journal) -> None:
    """However often it is tried: a run that was resumed at its very end counts no more than another."""
    await journal.create(created())
    await asyncio.gather(*(journal.figures.add_observations("r", [seen("a", 1.0)]) for _ in range(5)))
    assert journal.figures.read_statistics({"work"}) == {("a", "work"): Figures().after(seen("a", 1.0))}


async def test_only_what_is_asked_for_is_read(journal: Journal) -> None:
    """Those who do one of these capabilities, and nobody else."""
    await journal.create(created())
    await journal.figures.add_observations(
        "r", [seen("a", 1.0), seen("a", 1.0, capability="play"), seen("b", 2.0)]
    )
    assert set(journal.figures.read_statistics(["play", "rest"])) == {("a", "play")}
    assert journal.figures.read_statistics([]) == {}


async def test_a_run_that_there_is_not_adds_nothing(journal: Journal) -> None:
    """It says so."""
    with pytest.raises(RunNotFound):
        await journal.figures.add_observations("unknown", [seen("a", 1.0)])
    assert journal.figures.read_statistics(["work"]) == {}


async def test_two_journals_add_to_the_same_figures(in_file: SqliteJournal) -> None:
    """Nothing of either is lost, however they interleave."""
    other = SqliteJournal(in_file.path)
    runs = [f"r{number}" for number in range(20)]
    for run in runs:
        await in_file.create(created(run))
    await asyncio.gather(
        *(
            (in_file, other)[place % 2].figures.add_observations(run, [seen("a", 1.0)])
            for place, run in enumerate(runs)
        )
    )
    assert in_file.figures.read_statistics(["work"])["a", "work"].attempts == 20
    assert other.figures.read_statistics(["work"]) == in_file.figures.read_statistics(["work"])
    other.close()
