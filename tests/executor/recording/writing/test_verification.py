"""What is written can be read back, or is not written, and then what is in the way is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.writing.verification import proven_text
from callsheet.executor.redaction.redactor import Redactor
from tests.executor.recording.everything import everything
from tests.executor.recording.untouched import Untouched, recording_text

from .test_redaction import Replaces


def test_what_can_be_read_back_is_the_text() -> None:
    """With its secrets taken out; the proof changes nothing."""
    recording = Recording.from_events(everything())
    assert proven_text(recording, Untouched()) == recording_text(recording, Untouched())


@pytest.mark.parametrize("word", ["letter", "attempt", "system"], ids=["a step", "a field", "a role"])
def test_a_secret_that_the_run_is_made_of_is_told_by_its_variable(word: str, tmp_path: Path) -> None:
    """And what to do; nothing is left behind, not even a folder. Other secrets are not to blame."""
    redactor = Redactor({"MY_SECRET": word, "REAL_TOKEN": "déjà vu"})
    with pytest.raises(RunNotRecordable, match=r"environment variable MY_SECRET \(") as caught:
        save_recording(Recording.from_events(everything()), tmp_path / "deep" / "run.yaml", redactor)
    assert "REAL_TOKEN" not in str(caught.value)
    assert caught.value.advice.startswith("unset or rename the variable")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["fetch", "system"])
def test_a_placeholder_without_a_variable_is_told_as_it_is(word: str) -> None:
    """Where a pattern, or a name in the run, made a secret of a word."""
    with pytest.raises(RunNotRecordable, match="<secret-1>"):
        proven_text(Recording.from_events(everything()), Replaces(word, "<secret-1>"))


def test_secrets_are_not_blamed_for_what_is_wrong_without_them(tmp_path: Path) -> None:
    """A plan that does not check was so before."""
    path = tmp_path / "run.yaml"
    text = recording_text(Recording.from_events(everything()), Untouched())
    path.write_text(text.replace("condition: len(page) > 0", "condition: lenn(page) > 0"), "utf-8")
    with pytest.raises(RunNotRecordable, match="could not be read back: plan 1 is invalid") as caught:
        save_recording(load_recording(path, check_plans=False), tmp_path / "again.yaml", Untouched())
    assert "secret" not in str(caught.value) and not (tmp_path / "again.yaml").exists()


def test_a_file_that_would_be_too_large_is_not_written() -> None:
    """With its size, the limit, and what to do about it."""
    recording = Recording.from_events(everything())
    size = len(proven_text(recording, Untouched()).encode())
    assert proven_text(recording, Untouched(), size)
    with pytest.raises(RunNotRecordable, match=r"have 0\.0 MB, and .* at most 0\.005 MB; let agents"):
        proven_text(recording, Untouched(), 5_000)
