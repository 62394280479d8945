"""`callsheet runs` and `callsheet show`: what the journal tells afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, step, write_plan


@pytest.fixture
def three(invoke: Invoke, folder: Path) -> list[str]:
    """The ids of three runs, the oldest first: two that completed and one that failed."""
    good = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    bad = write_plan(folder, step("no", "refuse", text="x"), answer="no", name="bad.yaml")
    return [json.loads(invoke("run", "--plan", plan, "--json").stdout)["run"] for plan in (good, good, bad)]


def test_runs_are_listed_newest_first(invoke: Invoke, three: list[str]) -> None:
    """The list has every run with its state, the newest on top; --limit cuts it."""
    lines = invoke("runs").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["run", *reversed(three)]
    assert [line.split()[1] for line in lines[1:]] == ["failed", "completed", "completed"]
    document = json.loads(invoke("runs", "--json", "--limit", "1").stdout)
    assert [each["run"] for each in document["runs"]] == [three[-1]]


def test_a_run_is_found_by_id_prefix_or_as_the_last(invoke: Invoke, three: list[str]) -> None:
    """An id, a beginning that fits one run alone, `last`, and nothing at all lead to a run."""
    for name, run in ((three[0], three[0]), (three[1][:11], three[1]), ("last", three[2]), (None, three[2])):
        done = invoke("show", *([name] if name else []), "--json")
        assert json.loads(done.stdout)["run"] == run


def test_show_tells_of_every_step_attempt_agent_and_error(invoke: Invoke, three: list[str]) -> None:
    """The account of a failed run has its steps, attempts, agents and errors."""
    shown = invoke("show").stdout
    assert f"run {three[2]}: failed in " in shown
    assert "no  refuse  failed" in shown
    assert "attempt 1  refuse  failed" in shown
    assert "I will not" in shown
    assert "\x1b" not in shown


def test_an_unknown_run_ends_with_2(invoke: Invoke, three: list[str]) -> None:
    """What is in no journal is said so, with what to do."""
    done = invoke("show", "zzz")
    assert done.exit_code == 2
    assert "callsheet runs" in done.stderr


def test_without_a_journal_nothing_is_made(invoke: Invoke, folder: Path) -> None:
    """Looking at runs where there are none makes no file."""
    assert invoke("runs").stdout == "no runs yet in .callsheet/runs.db\n"
    assert json.loads(invoke("runs", "--json").stdout) == {"runs": []}
    assert invoke("show").exit_code == 2
    assert not (folder / ".callsheet").exists()
