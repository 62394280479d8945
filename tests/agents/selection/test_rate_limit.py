"""How many requests and tokens an agent is given in a minute."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.selection.rate_limit import RateLimiter


def test_requests_wait_until_the_oldest_has_left_the_window() -> None:
    """With two a minute the third begins sixty seconds after the first."""
    rates = RateLimiter(2, None)
    rates.record_start(100.0)
    assert rates.ready_at(110.0) == 110.0
    rates.record_start(110.0)
    assert rates.ready_at(120.0) == 160.0
    assert rates.ready_at(160.0) == 160.0


def test_less_than_one_a_minute_is_one_in_a_longer_time() -> None:
    """0.5 a minute is one in two minutes."""
    rates = RateLimiter(0.5, None)
    rates.record_start(0.0)
    assert rates.ready_at(60.0) == 120.0


def test_tokens_count_when_the_attempt_has_ended() -> None:
    """As many attempts go on as are expected to have room; then it waits for the window, or for an end."""
    rates = RateLimiter(None, 100)
    rates.record_start(0.0)
    rates.record_end(1.0, 40)
    assert rates.ready_at(1.0) == 1.0
    rates.record_start(1.0)
    assert rates.ready_at(1.0) == 1.0
    rates.record_start(1.0)
    assert rates.ready_at(1.0) == 61.0
    rates.record_start(1.0)
    assert rates.ready_at(1.0) == math.inf
    rates.record_end(2.0, 0)
    assert rates.ready_at(2.0) < math.inf


def test_one_attempt_over_the_limit_is_followed_by_a_minute_of_rest() -> None:
    """A limit that a single attempt breaks must not stop everything for ever."""
    rates = RateLimiter(None, 10)
    rates.record_start(0.0)
    rates.record_end(5.0, 1000)
    assert rates.ready_at(5.0) == 65.0
    assert rates.ready_at(65.0) == 65.0


@pytest.mark.parametrize("rates", [RateLimiter(1, None), RateLimiter(None, 1)])
def test_a_clock_that_was_set_back_does_not_stop_an_agent(rates: RateLimiter) -> None:
    """What was noted an hour ahead counts no more."""
    rates.record_start(3600.0)
    rates.record_end(3600.0, 5)
    assert rates.ready_at(3601.0) == 3660.0
    assert rates.ready_at(0.0) == 0.0


@given(st.floats(0.2, 8), st.lists(st.floats(0, 40), max_size=60))
def test_for_every_course_no_window_holds_more_requests_than_allowed(
    limit: float, pauses: list[float]
) -> None:
    """Whoever begins as soon as the window lets them is never over the limit, and always gets on."""
    rates, now, starts = RateLimiter(limit, None), 0.0, list[float]()
    for pause in pauses:
        now = max(now + pause, rates.ready_at(now + pause))
        assert rates.ready_at(now) == now
        rates.record_start(now)
        starts.append(now)
    span = 60.0 if limit >= 1 else 60.0 / limit
    for first in starts:
        assert sum(first <= each and each < first + span for each in starts) <= max(1, math.floor(limit))


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 60)), max_size=60))
def test_for_every_course_nothing_begins_while_the_window_is_full_of_tokens(
    moves: list[tuple[float, int]],
) -> None:
    """One after the other: what was counted in the last minute is under the limit whenever one begins."""
    rates, now, log = RateLimiter(None, 100), 0.0, list[tuple[float, int]]()
    for pause, tokens in moves:
        now = max(now + pause, rates.ready_at(now + pause))
        assert now < math.inf
        assert sum(used for at, used in log if now < at + 60.0) < 100
        rates.record_start(now)
        rates.record_end(now, tokens)
        log.append((now, tokens))
