"""Whether a recording replays exactly: the same events, offline, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.drift.comparison import divergence_drift, event_line
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import Event
from callsheet.recordings.network_guard import NetworkGuard
from callsheet.recordings.playback import Playback, Played


def played(recording: Recording) -> Played:
    """The recording carried out again, with nothing live."""
    playback = Playback(
        recording, live=Liveness(), today=None, live_model=None, what_ifs=(), workspace=Path()
    )
    with NetworkGuard():
        return run_virtually(playback.play())


def require_exact(recording: Recording) -> None:
    """See that a replay follows the recording to its end, event for event, and leaves nothing over."""
    again = played(recording)
    follower = again.stage.follower
    told = _told(recording.events, len(recording.events) - len(follower.left))
    parted = "" if follower.divergence is None else divergence_drift(follower.divergence).describe()
    assert again.stopped is None, f"it stopped: {again.stopped.describe()}\n{parted}\n{told}"
    assert follower.divergence is None, f"it parted: {parted}\n{told}"
    assert follower.is_over, f"it ended early, because of {again.error!r}:\n{told}"
    assert not again.stage.unused_calls, "a call of the model was recorded, and nobody made it"
    assert not again.stage.unused_attempts, "an attempt was recorded, and nobody made it"
    assert tuple(again.events) == recording.events


def _told(events: Sequence[Event], place: int) -> str:
    """What was recorded around a place, for whoever looks into it."""
    began = events[0].at
    lines = [f"{at:3} {event.at - began:10.4f} {event_line(event)}" for at, event in enumerate(events)]
    return "\n".join((*lines[max(0, place - 14) : place], "---- up to here", *lines[place : place + 6]))
