"""Random plans, killed at every boundary of the journal, and at moments that nobody chose."""

from __future__ import annotations

import os
from random import Random

import pytest

from .conftest import MakeStory
from .plans import random_plan

pytestmark = pytest.mark.slow

SEEDS = [1, 2, 3, 4, *map(int, os.environ.get("CALLSHEET_FAULTS_SEED", "").split())]
"""One more may come from the environment, for soaking. Later lives are given more time, so that each run
ends."""
PARTS = 4
SWEPT = 25
"""Kills in each part of the boundaries, at least."""
KILLS = 60
"""Of each of the other tests, at least."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("seed", SEEDS[:1] + SEEDS[4:])
def test_a_kill_at_any_boundary_changes_nothing_that_counts(
    make_story: MakeStory, seed: int, part: int
) -> None:
    """For every boundary that a run passes, each fourth of them here: killed there and resumed, it comes to
    what it would have come to. Nothing that was acknowledged is lost, nothing completed is done again."""
    plan = random_plan(seed, (6, 8))
    undisturbed = make_story(plan).live()
    assert undisturbed["status"] == "completed"
    kills = 0
    while True:
        story = make_story(plan)
        if story.live(count=1 + part + PARTS * kills) is not None:
            break
        kills += 1
        assert story.live() == undisturbed
        story.check()
    assert kills >= SWEPT


@pytest.mark.parametrize("seed", SEEDS)
def test_one_kill_after_another_changes_nothing_that_counts(make_story: MakeStory, seed: int) -> None:
    """For every plan: however often it is killed, while it resumes too, a run comes to what it would have
    come to."""
    chance = Random(seed)
    kills = 0
    while kills < KILLS:
        plan = random_plan(chance.randrange(10**9))
        undisturbed = make_story(plan).live()
        story = make_story(plan)
        while (result := story.live(count=chance.randint(1, 60 + 10 * story.lives))) is None:
            pass
        assert result == undisturbed
        story.check()
        kills += story.kills


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_from_outside_changes_nothing_that_counts(make_story: MakeStory, seed: int) -> None:
    """The same at moments that have nothing to do with what the run is doing."""
    chance = Random(seed)
    kills = 0
    while kills < KILLS:
        plan = random_plan(chance.randrange(10**9))
        undisturbed = make_story(plan).live()
        story = make_story(plan)
        while (result := story.live_for(chance.uniform(0.0, 0.04 + 0.005 * story.lives))) is None:
            pass
        assert result == undisturbed
        story.check()
        kills += story.kills


def test_there_are_enough_kills() -> None:
    """Five hundred at least, in every run of these tests."""
    assert PARTS * SWEPT + 2 * len(SEEDS) * KILLS >= 500
