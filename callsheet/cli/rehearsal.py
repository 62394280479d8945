"""A recording that was just written, replayed at once: strictly, offline, with nobody but itself."""

from __future__ import annotations

from pathlib import Path

from callsheet.executor.recording.file import load_recording
from callsheet.executor.recording.reading import recording_from
from callsheet.planner.documents import read_yaml
from callsheet.replayed import Replay
from callsheet.replays import Terms, replay

_NO_FILE = "the recording"


def rehearse(file: Path) -> Replay:
    """The replay of a file. Raises what `load_recording` does, and NetworkForbidden."""
    return replay(load_recording(file), Terms())


def rehearse_text(text: str) -> Replay:
    """The replay of what a file would hold. Raises RecordingInvalid, and NetworkForbidden."""
    return replay(recording_from(read_yaml(text, _NO_FILE), _NO_FILE, lambda _: None), Terms())
