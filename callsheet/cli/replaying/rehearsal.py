"""A recording that was just written, replayed at once: strictly, offline, with nobody but itself."""

from __future__ import annotations

from pathlib import Path

from callsheet.executor.recording.file import load_recording
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.planner.documents.reader import read_yaml
from callsheet.recordings.replay import Terms, replay
from callsheet.recordings.replay_result import Replay

_NO_FILE = "the recording"


def rehearse(file: Path) -> Replay:
    """The replay of a file. Raises what `load_recording` does, and NetworkForbidden."""
    return replay(load_recording(file), Terms())


def rehearse_text(text: str) -> Replay:
    """The replay of what a file would hold. Raises RecordingInvalid, and NetworkForbidden."""
    return replay(recording_from(read_yaml(text, _NO_FILE), _NO_FILE, lambda _: None), Terms())
