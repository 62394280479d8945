"""G2: what is redrawn is not mixed with what is said meanwhile, and no command in a hint is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import step, write_plan
from tests.cli.script import FIGURES, TWICE, do, plan
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.slow

Start = Callable[..., Terminal]
WRONG = plan(do("read", "weather_forecast", file="figures"), answer="{read}")
RIGHT = plan(FIGURES, TWICE, answer="{twice}")
REDRAWN = "characters written"


@pytest.mark.parametrize("columns", [20, 40, 120])
def test_a_planning_retry_stands_on_a_line_of_its_own(said: list[str], terminal: Start, columns: int) -> None:
    """Each rejected plan is told on a line of its own, whole, whatever the width of the terminal."""
    said += [WRONG, WRONG, RIGHT]
    screen = terminal("plan", "Double the revenue", "--model", "openai/scripted", columns=columns)
    assert screen.wait() == 0
    told = [line for line in screen.lines if "plan rejected" in line]
    assert len(told) == 2
    for number, line in enumerate(told, start=2):
        assert line.startswith("plan rejected: ")
        assert line.endswith(f"; planning again (try {number})")
    assert not any(REDRAWN in line for line in screen.lines)


def test_the_log_does_not_run_into_the_live_line(said: list[str], terminal: Start) -> None:
    """What `--debug` logs stands above the line that is redrawn, too."""
    said += [WRONG, RIGHT]
    screen = terminal("plan", "Double the revenue", "--model", "openai/scripted", "--debug", columns=60)
    assert screen.wait() == 0
    logged = [line for line in screen.lines if " callsheet." in line]
    assert logged
    assert not any(REDRAWN in line for line in logged)


def test_a_command_in_a_hint_is_never_broken(terminal: Start, folder: Path) -> None:
    """The command that goes on with an interrupted run is one line, however narrow the terminal is."""
    store = folder / "a folder" / "with quite a long name" / "runs.db"
    store.parent.mkdir(parents=True)
    file = write_plan(folder, step("wait", "linger", text="hello"), answer="wait")
    screen = terminal("run", "--plan", file, "--store", store, columns=30)
    screen.expect("▸  wait")
    screen.interrupt()
    assert screen.wait() == 130
    assert any(f"--store '{store}'" in line and "resume" in line for line in screen.lines)
