"""The clock of a process."""

from __future__ import annotations

import time

import pytest

from callsheet.executor.clocks.clock import SystemClock


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_on_the_wall_that_is_set_changes_no_duration(
    monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """Nothing is done in minus one hour."""
    clock, wall = SystemClock(), time.time
    began = clock.now()
    assert abs(began - wall()) < 60.0
    monkeypatch.setattr(time, "time", lambda: wall() + jump)
    assert 0.0 <= clock.now() - began < 60.0
