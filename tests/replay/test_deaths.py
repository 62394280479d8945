"""Processes that die, at every place at which one can: what is left replays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import RunResumed

from .exact import require_exact
from .scenes import SCENES
from .story import Day, Story

MOST = 120
"""Events that any of these runs has until it is over, at the most."""


def dying(make: Callable[[], Story], *after: int) -> Story:
    """The run, the first processes of which die after so many events each; the last ones do not."""
    story = make()
    days = [*story.days, *[replace(story.days[-1], said=())] * len(after)]
    mortal = [replace(day, dies_after=events) for day, events in zip(days, after, strict=False)]
    return replace(story, days=[*mortal, *days[len(after) :], Day(story.days[-1].options)])


def recorded(story: Story) -> Recording:
    """The one recording that comes of it."""
    (recording,) = story.tell()
    return recording


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_undisturbed_replays(scene: str) -> None:
    """These runs, from their beginning to their end."""
    recording = recorded(SCENES[scene]())
    assert 14 < len(recording.events) < MOST
    require_exact(recording)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_a_death_after_any_event_replays(scene: str) -> None:
    """For every event: the process dies when it is kept, and the recording ends there; or another process
    goes on with the run, and dies a little later, too."""
    whole = len(recorded(SCENES[scene]()).events)
    for place in range(1, whole):
        story = dying(SCENES[scene], place)
        require_exact(recorded(replace(story, days=story.days[:1])))
        require_exact(recorded(dying(SCENES[scene], place)))
        require_exact(recorded(dying(SCENES[scene], place, 1 + place % 5, 2 + place % 3)))


def test_a_death_before_anything_was_done_replays() -> None:
    """The run was created, and that is all: its replay does nothing either."""
    recording = recorded(SCENES["replanned"]())
    for events in (2, 3, 4):
        require_exact(Recording.from_events(recording.events[:events]))


def test_dying_is_in_these_recordings() -> None:
    """What was interrupted has gone on, under the same plan."""
    recording = recorded(dying(SCENES["approved"], 9, 4))
    assert sum(isinstance(event, RunResumed) for event in recording.events) == 2
    assert recording.status in ("completed", "failed")


def test_whoever_goes_on_reads_what_was_written() -> None:
    """A process dies with a plan that is too dear in its hands; the next one has the same in its first
    instant, knows it for what was drafted already, refuses it again, and dies after any event of its own."""
    for events in range(1, 14):
        require_exact(recorded(dying(SCENES["too dear"], 20, events)))
