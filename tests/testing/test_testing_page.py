"""The page about testing, docs/testing.md."""

from __future__ import annotations

import re
from pathlib import Path

from .conftest import Project

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_examples_pass(project: Project) -> None:
    """Each is a module of tests that passes as it stands."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    tests = project.folder / "tests"
    tests.mkdir()
    recordings = (project.folder / "recordings").rename(tests / "recordings")
    (recordings / "planned.yaml").rename(recordings / "chairs.yaml")
    for number, block in enumerate(blocks):
        (tests / f"test_{number}.py").write_text(block)
    assert len(blocks) == 8
    project.configure(pythonpath=".")
    project.run("--callsheet-record=missing").assert_outcomes(passed=10)


def test_every_option_is_on_the_page() -> None:
    """Nobody has to read the code to find an option."""
    text = PAGE.read_text("utf-8")
    for name in ("--callsheet-record", "callsheet_record", "callsheet_strict", "callsheet_no_network"):
        assert name in text
