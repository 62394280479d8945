"""Whether events are the same, but for what a recording rounds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from callsheet.executor.recording.content.times import times_of
from callsheet.executor.run.events import Event


def require_alike(events: Sequence[Event], others: Sequence[Event]) -> None:
    """See that the events are the same, with times to the microsecond."""
    assert [type(event) for event in events] == [type(other) for other in others]
    for event, other in zip(events, others, strict=True):
        times = {name: getattr(event, name) for name in times_of(type(event))}
        times = {name: time for name, time in times.items() if time is not None}
        for name, time in times.items():
            assert getattr(other, name) == pytest.approx(time, rel=0, abs=1e-6)
        assert msgspec.structs.replace(other, **times) == event
