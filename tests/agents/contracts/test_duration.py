"""D5. A duration is a number of seconds, or a text as people write it, wherever one is taken."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callsheet.agents.contracts.duration import seconds_of
from callsheet.agents.contracts.errors import DurationError


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1.5, 1.5),
        (timedelta(minutes=2), 120),
        ("90", 90),
        ("90s", 90),
        (" 5 m ", 300),
        ("1.5h", 5_400),
        ("1h 30m", 5_400),
        ("1h30m", 5_400),
        ("1d 2h 3m 4s", 93_784),
        ("2 weeks", 1_209_600),
        ("1 hour 30 minutes", 5_400),
        ("10 min", 600),
        ("250ms", 0.25),
        ("1e3s", 1_000),
    ],
)
def test_what_people_write_is_read(written: object, seconds: float) -> None:
    """Units fall from the first part to the last; a bare number is seconds."""
    assert seconds_of(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "m",
        "5x",
        "1h 30",
        "30 1h",
        "30m 1h",
        "5m 5m",
        "0",
        "0s",
        "-5m",
        "5M",
        "1e400",
        "1h,30m",
        "\u0665m",
        True,
        None,
    ],
)
def test_anything_else_is_refused(written: object) -> None:
    """With how to write one."""
    with pytest.raises(DurationError, match="write seconds, more than 0, or 90s, 5m, 1h 30m"):
        seconds_of(written)
