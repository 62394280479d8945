"""Clocks that are set, and machines that sleep, in the middle of a run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.executor.clocks.virtual_loop import EPOCH, VirtualClock

from .drawn import documents
from .exact import require_exact
from .scenes import SCENES
from .story import Day, Story, say_yes
from .world import Mind, Nature, hands

ENDING = ["good", "good", "retryable", "permanent", "consult", "consult twice", "text", "surprise"]


class SetClock:
    """A clock that is set forward or back by so many seconds, after so many."""

    def __init__(self, jumps: Sequence[tuple[float, float]]) -> None:
        self._clock = VirtualClock()
        self._jumps = jumps

    def now(self) -> float:
        """What it shows."""
        now = self._clock.now()
        return now + sum(by for after, by in self._jumps if now - EPOCH >= after)


JUMPS = st.tuples(
    st.sampled_from([0.3, 1.2, 2.7, 5.5, 22.0]), st.sampled_from([-3600.0, -0.3, -0.01, 0.01, 2.0, 3600.0])
)


@settings(max_examples=40, deadline=None)
@given(
    documents(most=5), st.lists(st.sampled_from(ENDING), min_size=1, max_size=6), st.lists(JUMPS, max_size=2)
)
def test_every_run_whose_clock_is_set_replays(
    document: object, ends: Sequence[str], jumps: Sequence[tuple[float, float]]
) -> None:
    """For every run whose attempts end by themselves: an hour more or less on the clock is one in the
    replay."""
    nature = Nature(ends, [1.0, 0.0, 2.5])
    day = Day({"approve": say_yes, "fail_fast": False})
    story = Story(
        partial(hands, nature),
        Mind(["nonsense"], nature),
        plan=document,
        days=[day],
        clock=partial(SetClock, jumps),
    )
    for recording in story.tell():
        require_exact(recording)


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
@pytest.mark.parametrize("events", [5, 10, 20])
def test_whoever_goes_on_may_have_another_clock(events: int, by: float) -> None:
    """The machine that goes on with a run is an hour ahead, or behind."""
    story = SCENES["approved"]()
    day = Day({"approve": say_yes}, dies_after=events)
    clock = partial(SetClock, [(50.0, by)])
    days = [day, *[Day({"approve": say_yes})] * 3]
    for recording in Story(story.agents, story.model, plan=story.plan, days=days, clock=clock).tell():
        require_exact(recording)
