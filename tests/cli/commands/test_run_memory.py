"""A run remembers the agents and the workspace that it began with: continuing it needs no flags again."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from callsheet.settings.run_memory import RunMemory
from callsheet.settings.settings import Settings
from tests.cli.conftest import TEAM, Invoke, step, write_plan


@pytest.fixture
def folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without settings, whose agents have to be named."""
    (folder / "callsheet.toml").unlink()
    (folder / "team.py").unlink()
    (folder / "own").mkdir()
    (folder / "own" / "mine.py").write_text(TEAM)
    return folder


def paused(invoke: Invoke, folder: Path, *flags: str) -> Path:
    """A run that waits for an approval; returns its plan."""
    plan = write_plan(folder, step("out", "send", text="hello"), answer="out")
    assert invoke("run", "--plan", plan, "--agents", "own/mine.py", *flags).exit_code == 3
    return plan


def test_a_run_goes_on_with_its_agents(invoke: Invoke, folder: Path) -> None:
    """The command that `show` prints has no --agents, and works."""
    paused(invoke, folder)
    shown = invoke("show", "last").stdout
    (command,) = re.findall(r"callsheet (resume \S+)$", shown, re.MULTILINE)
    assert invoke(*command.split(), "--yes").exit_code == 0
    assert (folder / "sent.txt").read_text() == "hello"


def test_an_approval_goes_on_with_its_agents(invoke: Invoke, folder: Path) -> None:
    """A step that waits by itself is approved, and the run continues."""
    plan = write_plan(folder, {**step("out", "send", text="hello"), "approval": True}, answer="out")
    invoke("run", "--plan", plan, "--agents", "own/mine.py")
    invoke("resume", "last")
    shown = invoke("show", "last").stdout
    assert "callsheet approve" in shown, shown
    assert invoke("approve", "last").exit_code == 0


def test_it_goes_on_from_another_folder(
    invoke: Invoke, folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are those of the folder in which the run began."""
    paused(invoke, folder, "--no-builtin")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert invoke("resume", "last", "--yes", "--store", folder / ".callsheet" / "runs.db").exit_code == 0


def test_what_is_named_now_wins(invoke: Invoke, folder: Path) -> None:
    """A flag replaces what was remembered."""
    paused(invoke, folder)
    (folder / "own" / "other.py").write_text(TEAM.replace('return "sent"', 'return "other"'))
    refused = invoke("resume", "last", "--yes", "--agents", "own/absent.py")
    assert (refused.exit_code, "own/absent.py" in refused.stderr) == (2, True)


def test_agents_that_are_gone_are_told(invoke: Invoke, folder: Path) -> None:
    """The file is named, and the run can be continued with another."""
    paused(invoke, folder)
    (folder / "own" / "mine.py").rename(folder / "moved.py")
    refused = invoke("resume", "last", "--yes")
    assert refused.exit_code == 2
    assert f"{folder / 'own' / 'mine.py'}: there is no such file" in refused.stderr.replace("'", "")
    assert invoke("resume", "last", "--yes", "--agents", "moved.py").exit_code == 0


def test_only_open_runs_are_remembered(
    invoke: Invoke, folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that has ended leaves nothing behind."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    plan = paused(invoke, folder)
    memory = Path(os.environ["XDG_STATE_HOME"]) / "callsheet" / "runs"
    assert invoke("cancel", "last").exit_code == 0
    assert not list(memory.iterdir())
    paused(invoke, folder)
    run = json.loads(invoke("show", "last", "--json").stdout)["run"]
    assert (memory / f"{run}.json").exists()
    assert invoke("resume", "last", "--yes").exit_code == 0
    assert not (memory / f"{run}.json").exists()
    assert invoke("run", "--plan", plan, "--agents", "own/mine.py", "--yes").exit_code == 0
    assert not list(memory.iterdir())


def test_a_store_from_elsewhere_imports_nothing(
    invoke: Invoke, folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's store does not say what code to run: that is not in the store."""
    paused(invoke, folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("another")))
    (folder / "own" / "mine.py").write_text("from pathlib import Path\nPath('ran.txt').write_text('')\n")
    refused = invoke("resume", "last", "--yes")
    assert refused.exit_code == 2
    assert "no agent provides 'send'" in refused.stderr
    assert not (folder / "ran.txt").exists()


@pytest.mark.parametrize("run", ["../stolen", "/tmp/stolen", "a/b", "..", "\ud800", ""])
def test_an_id_that_is_a_path_leads_nowhere_else(tmp_path: Path, run: str) -> None:
    """A stranger's journal may call a run whatever it likes: neither is another file read, nor removed."""
    memory, other = tmp_path / "state", tmp_path / "state" / "stolen.json"
    (memory / "runs").mkdir(parents=True)
    other.write_text('{"agents": ["evil.py"]}')
    RunMemory(memory).forget(run)
    assert other.exists()
    assert RunMemory(memory).recalled(run, Settings()).agents == ()
    RunMemory(memory).remember(run, Settings.load(tmp_path, {}, {"agents": ("own.py",)}))
    assert all(each.parent == memory / "runs" for each in tmp_path.rglob("*.json") if each != other)
