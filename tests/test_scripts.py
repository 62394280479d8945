"""The scripts a newcomer meets first say clearly what is wrong with a machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="the scripts need bash")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with a blank in its name that holds only what the scripts look at before they install."""
    folder = tmp_path / "a clone"
    (folder / "bin").mkdir(parents=True)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for command in ("bash", "dirname", "cat", "cksum", "rm"):
        found = shutil.which(command)
        assert found is not None
        (folder / "bin" / command).symlink_to(found)
    return folder


def _give_python(clone: Path, body: str) -> None:
    python = clone / "bin" / "python3"
    python.write_text(f"#!/bin/sh\n{body}\n")
    python.chmod(0o755)


def _run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    assert BASH is not None
    return subprocess.run(
        [BASH, *command],
        cwd=clone,
        env={"PATH": str(clone / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", ["scripts/try", "scripts/check"])
def test_an_old_python_is_named(clone: Path, script: str) -> None:
    """Where there is only an older Python, it is named together with the one that is needed."""
    _give_python(clone, 'test "$1" = --version && echo "Python 3.9.2"')
    done = _run(clone, script, "lint")
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert not list(clone.glob(".venv*"))


def test_a_python_without_venv_is_explained(clone: Path) -> None:
    """Debian's Python without python3-venv gets a sentence that says what to install."""
    _give_python(clone, 'test "$1" = -c')
    done = _run(clone, "scripts/try", "a goal")
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not (clone / ".venv-try").exists()


def test_no_goal_is_a_usage_error(clone: Path) -> None:
    """Without a goal nothing is set up, and the usage is shown."""
    done = _run(clone, "scripts/try")
    assert done.returncode == 2
    assert "usage: scripts/try" in done.stderr
    assert not list(clone.glob(".venv*"))
