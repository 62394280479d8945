"""The examples do what they say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.slow
def test_the_recordings_of_the_example_project_replay(tmp_path: Path) -> None:
    """Its own tests pass, in a folder of their own, and so does the command line."""
    project = tmp_path / "recordings"
    shutil.copytree(EXAMPLES / "recordings", project)
    tested = _run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert tested.returncode == 0, tested.stdout
    assert "5 passed" in tested.stdout
    replayed = _run(project, "-m", "callsheet", "replay", "tests/recordings", "--agents", "warehouse.py")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "3 recordings: 3 as recorded" in replayed.stdout


@pytest.mark.slow
def test_the_example_of_replanning_runs() -> None:
    """It comes to its answer without a model."""
    run = _run(EXAMPLES, "replanning.py")
    assert run.returncode == 0, run.stderr
    assert "300.0 euros, 4.0 pieces" in run.stdout


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
