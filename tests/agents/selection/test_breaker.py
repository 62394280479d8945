"""An agent that keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.selection.breaker import AttemptVerdict, Breaker, BreakerPolicy
from callsheet.agents.selection.errors import BreakerPolicyError

GOOD, BAD, NEUTRAL = AttemptVerdict.GOOD, AttemptVerdict.BAD, AttemptVerdict.NEUTRAL


def tried(breaker: Breaker, *verdicts: AttemptVerdict, at: float = 0.0) -> Breaker:
    for each in verdicts:
        breaker.record_start()
        breaker.record_end(at, each)
    return breaker


def opened(at: float = 0.0) -> Breaker:
    return tried(Breaker(BreakerPolicy()), *[BAD] * 5, at=at)


def test_five_failures_in_a_row_open_it() -> None:
    """For 30 seconds; a success in between begins the count anew, and neutral ends don't count."""
    assert tried(Breaker(BreakerPolicy()), BAD, BAD, BAD, BAD, GOOD, BAD, BAD, BAD, BAD).ready_at(7.0) == 7.0
    assert tried(Breaker(BreakerPolicy()), BAD, BAD, NEUTRAL, BAD, BAD).closed
    assert opened(at=100.0).ready_at(100.0) == 130.0
    assert not opened().closed


def test_after_the_pause_one_probe_is_let_through() -> None:
    """While it runs no other attempt begins; its success closes the breaker."""
    breaker = opened()
    assert breaker.ready_at(29.9) == 30.0
    assert breaker.ready_at(30.0) == 30.0
    breaker.record_start()
    assert breaker.probing
    assert breaker.ready_at(31.0) == math.inf
    breaker.record_end(32.0, GOOD)
    assert breaker.closed
    assert breaker.ready_at(32.0) == 32.0


def test_each_failed_probe_doubles_the_pause_up_to_a_bound() -> None:
    """And a success brings it back to the first."""
    breaker, at, pauses = opened(), 0.0, []
    for _ in range(8):
        pauses.append(breaker.ready_at(at) - at)
        at = breaker.ready_at(at)
        tried(breaker, BAD, at=at)
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]
    at = breaker.ready_at(at)
    tried(breaker, GOOD, *[BAD] * 5, at=at)
    assert breaker.ready_at(at) == at + 30


def test_a_probe_that_says_nothing_frees_its_place() -> None:
    """It was cancelled, for instance: the next one may probe at once."""
    breaker = opened()
    breaker.record_start()
    breaker.record_end(40.0, NEUTRAL)
    assert breaker.ready_at(40.0) == 40.0
    assert not breaker.closed


def test_failures_that_began_before_the_opening_are_not_the_probes() -> None:
    """Late failures neither end the probe nor make the pause longer; a late success does close it."""
    breaker = Breaker(BreakerPolicy())
    for _ in range(7):
        breaker.record_start()
    for _ in range(5):
        breaker.record_end(0.0, BAD)
    breaker.record_start()
    breaker.record_end(31.0, BAD)
    assert breaker.ready_at(31.0) == math.inf
    breaker.record_end(31.0, BAD)
    assert breaker.ready_at(31.0) == math.inf
    breaker.record_end(32.0, BAD)
    assert breaker.ready_at(32.0) == 32.0 + 60.0


def test_a_clock_that_was_set_back_makes_it_ready() -> None:
    """An hour back must not mean an hour of rest; one early probe is the worst that comes of it."""
    assert opened(at=3600.0).ready_at(10.0) == 10.0


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    """With the values in it."""
    with pytest.raises(BreakerPolicyError, match="threshold is 0"):
        BreakerPolicy(threshold=0)
    with pytest.raises(BreakerPolicyError, match=r"cooldown is 9.0 and its max_cooldown 3.0"):
        BreakerPolicy(cooldown=9.0, max_cooldown=3.0)


MOVES = st.lists(
    st.tuples(st.sampled_from(["begin", *AttemptVerdict]), st.floats(0, 50), st.integers(0, 20)), max_size=120
)


@given(MOVES)
def test_for_every_course_no_two_probes_are_under_way(moves: list[tuple[str, float, int]]) -> None:
    """Attempts begin only when it is ready, and end in any order: of those that began while the breaker
    was not closed at most one is in hand, and every pause is between the first and the bound."""
    policy = BreakerPolicy(threshold=2, cooldown=10.0, max_cooldown=40.0)
    breaker, now = Breaker(policy), 0.0
    in_hand: list[bool] = []
    for move, passed, which in moves:
        now += passed
        if move == "begin":
            ready = breaker.ready_at(now)
            assert ready == math.inf or now <= ready <= now + policy.max_cooldown
            if ready <= now:
                in_hand.append(not breaker.closed)
                breaker.record_start()
        elif in_hand:
            in_hand.pop(which % len(in_hand))
            breaker.record_end(now, AttemptVerdict(move))
        if breaker.closed:
            in_hand = [False] * len(in_hand)
        assert sum(in_hand) <= 1


@given(MOVES)
def test_for_every_course_an_agent_comes_back(moves: list[tuple[str, float, int]]) -> None:
    """Once all that is in hand has ended and the longest pause is over, it is ready."""
    breaker, now, running = Breaker(BreakerPolicy(threshold=2)), 0.0, 0
    for move, passed, _ in moves:
        now += passed
        if move == "begin" and breaker.ready_at(now) <= now:
            breaker.record_start()
            running += 1
        elif move != "begin" and running:
            breaker.record_end(now, AttemptVerdict(move))
            running -= 1
    for _ in range(running):
        breaker.record_end(now, NEUTRAL)
    assert breaker.ready_at(now + 600.0) == now + 600.0
