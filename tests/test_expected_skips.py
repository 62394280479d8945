"""No test is left out unseen: where CI is set, only reasons on a short list may skip one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = """
import pytest

def test_listed():
    pytest.skip("mounting a small file system needs root")

def test_unlisted():
    pytest.skip("the weights of smollm2-135m are not in the cache")

@pytest.mark.skipif(True, reason="another day")
def test_marked():
    pass

@pytest.mark.xfail
def test_expected_to_fail():
    assert False
"""


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", "3 skipped, 1 xfailed"), ("true", "1 failed, 1 skipped, 1 xfailed, 1 error")]
)
def test_with_ci_set_a_skip_that_is_not_listed_fails(tmp_path: Path, ci: str, outcome: str) -> None:
    """With its reason; on a machine of one's own it is only skipped."""
    shutil.copy(Path(__file__).parent / "expected_skips.py", tmp_path / "conftest.py")
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:callsheet",
        "-c",
        os.devnull,
    ]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout
    assert ("not in tests/expected_skips.py: another day" in done.stdout) is bool(ci)
