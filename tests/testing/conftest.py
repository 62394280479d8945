"""What the tests of the plugin share: a project with agents and recordings, and pytest to run in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from callsheet.settings.user_agents import load_agents

from .recorded import INI, SHOP, record_runs


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what the person who runs the tests has set reaches them."""
    for name in tuple(os.environ):
        if name.startswith(("CALLSHEET_", "OPENAI_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings of real runs. Making them imports all of Callsheet that is used here, so that
    the inner runs of pytest, which forget what they import, don't import it again and again."""
    folder = tmp_path_factory.mktemp("recorded")
    shop = folder / "shop.py"
    shop.write_text(SHOP)
    (folder / "callsheet.toml").write_text("builtin = false\n")
    record_runs(load_agents(str(shop)), folder / "recordings")
    return folder


class Project:
    """A folder with agents in `shop.py`, recordings, and the tests that one writes into it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path

    def test(self, body: str, *arguments: str, name: str = "test_shop.py") -> pytest.RunResult:
        """Run pytest over these tests, in this process."""
        self.write(body, name)
        return self.run(*arguments)

    def write(self, body: str, name: str = "test_shop.py") -> Path:
        """Write a module of tests, with what most of them import."""
        file = self.folder / name
        file.write_text(f"import callsheet\nimport pytest\nfrom callsheet import WhatIf\n\n{body}")
        return file

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess(*arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*arguments)

    def configure(self, **options: Any) -> None:
        """Set options in the ini-file."""
        lines = (f"{key} = {value}" for key, value in options.items())
        (self.folder / "pytest.ini").write_text("\n".join((INI, *lines)))


@pytest.fixture
def project(pytester: pytest.Pytester, recorded: Path) -> Project:
    """A project to test, with recordings in `recordings/`."""
    shutil.copytree(recorded, pytester.path, dirs_exist_ok=True)
    project = Project(pytester)
    project.configure()
    return project
