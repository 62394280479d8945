"""How well an agent has done so far."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.selection.statistics import HALF_LIFE_SECONDS, Figures, Observation


def seen(
    succeeded: bool = True, *, at: float = 100.0, seconds: float = 1.0, cost: float = 0.0
) -> Observation:
    return Observation("agent", "work", at, seconds, succeeded, cost)


def after(*observations: Observation) -> Figures:
    figures = Figures()
    for each in observations:
        figures = figures.after(each)
    return figures


observations = st.builds(
    seen,
    st.booleans(),
    at=st.floats(0, 1e10),
    seconds=st.floats(0, 1e6),
    cost=st.floats(0, 1e3),
)


def test_one_success_is_credited_beforehand() -> None:
    """An agent without history counts as reliable; one failure makes it half so, and a success after it mends
    it."""
    assert Figures().reliability == 1.0
    assert after(seen(False)).reliability == 0.5
    assert after(seen(False), seen(False)).reliability < 0.4
    assert 0.5 < after(seen(False), seen(True)).reliability < 1.0


def test_the_latest_attempts_count_most() -> None:
    """An agent that began to fail is known to fail after some twenty attempts, however good it was."""
    good = after(*[seen()] * 1000)
    assert good.after(seen(False)).reliability > 0.9
    spoilt = after(*[seen()] * 1000, *[seen(False)] * 40)
    assert spoilt.reliability < 0.2
    assert (spoilt.attempts, spoilt.successes) == (1040, 1000)


def test_time_is_of_successes_and_cost_of_all() -> None:
    """A failure that comes at once doesn't make an agent fast, but it may have cost something."""
    figures = after(seen(seconds=4.0, cost=1.0), seen(False, seconds=0.0, cost=1.0))
    assert figures.mean_seconds == 4.0
    assert figures.mean_cost == pytest.approx(1.0)
    assert figures.recent == (4.0,)
    first = after(seen(False, seconds=9.0), seen(seconds=2.0))
    assert first.mean_seconds == 2.0


def test_the_p95_needs_five_durations() -> None:
    """Fewer say nothing about outliers; 32 are kept, the latest."""
    assert after(*[seen()] * 4).p95 is None
    assert after(*[seen(seconds=float(each)) for each in (5, 1, 2, 3, 4)]).p95 == 5.0
    many = after(*[seen(seconds=float(each)) for each in range(100)])
    assert many.recent == tuple(map(float, range(68, 100)))
    assert many.p95 == 98.0


def test_what_was_seen_loses_half_of_its_weight_every_hour() -> None:
    """A bad agent is forgiven with time, a slow one's time is worth less; nothing else is forgotten."""
    bad = after(*[seen(False)] * 20)
    later = bad.aged(bad.latest + HALF_LIFE_SECONDS)
    assert later.weight == pytest.approx(bad.weight / 2)
    assert bad.reliability < later.reliability < 0.25
    assert bad.aged(bad.latest + 30 * HALF_LIFE_SECONDS).reliability > 0.99
    slow = after(*[seen(seconds=9.0)] * 20)
    assert slow.speed_trust > 0.9
    assert slow.aged(slow.latest + 30 * HALF_LIFE_SECONDS).speed_trust < 0.01
    assert slow.aged(slow.latest + HALF_LIFE_SECONDS).mean_seconds == pytest.approx(9.0)


def test_a_clock_that_was_set_back_makes_nothing_younger() -> None:
    """Times before the latest observation are taken for that one's."""
    figures = after(seen(False, at=1000.0))
    assert figures.aged(10.0) is figures
    assert figures.after(seen(at=10.0)).latest == 1000.0


@given(st.lists(observations, max_size=50), st.floats(0, 1e11))
def test_for_every_history_the_figures_keep_within_bounds(history: list[Observation], now: float) -> None:
    """Reliability and trust are shares, means lie between what was seen, and JSON keeps everything."""
    figures = after(*history)
    times = [each.seconds for each in history if each.succeeded]
    for each in (figures, figures.aged(now)):
        assert 0 < each.reliability <= 1 + 1e-9
        assert 0 <= each.trust < 1
        assert 0 <= each.speed_trust < 1
        assert each.p95 is None or each.p95 in times
        if times:
            assert min(times) * (1 - 1e-9) <= each.mean_seconds <= max(times) * (1 + 1e-9)
        assert msgspec.json.decode(msgspec.json.encode(each), type=Figures) == each


@given(st.lists(observations, max_size=20), observations)
def test_for_every_history_a_success_never_harms_and_a_failure_never_helps(
    history: list[Observation], last: Observation
) -> None:
    """Compared at the time of the observation, so that forgetting is left aside."""
    figures = after(*history)
    before = figures.aged(last.at).reliability
    assert figures.after(msgspec.structs.replace(last, succeeded=True)).reliability >= before - 1e-9
    assert figures.after(msgspec.structs.replace(last, succeeded=False)).reliability < before
