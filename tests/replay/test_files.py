"""Recordings that went through a file: times are rounded there, and secrets taken out, and they replay."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings

from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.redaction.redactor import Redactor

from .drawn import stories
from .exact import require_exact
from .scenes import SCENES, step
from .story import Story
from .world import Mind, Nature, decision, hands, planned, written

KEEPS_NOTHING_BACK = Redactor({}, ())


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(stories(lives=2))
def test_every_recording_replays_from_its_file(story: Story) -> None:
    """For every run: it is written down, read again, and carried out again; event for event."""
    for recording in story.tell():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.yaml"
            save_recording(recording, path, KEEPS_NOTHING_BACK)
            require_exact(load_recording(path))


@pytest.mark.parametrize("scene", SCENES)
def test_these_recordings_replay_from_their_files(scene: str, tmp_path: Path) -> None:
    """The same, of runs that have something of everything."""
    (recording,) = SCENES[scene]().tell()
    save_recording(recording, tmp_path / "run.yaml", KEEPS_NOTHING_BACK)
    require_exact(load_recording(tmp_path / "run.yaml"))


def test_a_recording_without_its_secrets_replays(tmp_path: Path) -> None:
    """A key that went through goals, inputs, questions and answers: the placeholder goes the same way."""
    key = "sk-proj-1f8a0c44de2b4b7a9e55d3c2"
    plan = planned([step("a", "think", key), step("b", "muse", {"from": "[default(a, null)]"})])
    nature = Nature(["good", "consult"])
    mended = {"id": "a", "do": {"think": {"it": f"{key} again"}}}
    mind = Mind([written(plan), decision("revise", f"not with {key}", replace=[mended])], nature)
    story = Story(partial(hands, nature), mind, goal=f"Use {key}", days=Story(list).days)
    (recording,) = story.tell()
    save_recording(recording, tmp_path / "run.yaml", Redactor({"OPENAI_API_KEY": key}, ()))
    assert key not in (tmp_path / "run.yaml").read_text()
    require_exact(load_recording(tmp_path / "run.yaml"))
