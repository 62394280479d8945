"""The executor in a process of its own, as a user has it: interrupted, and with work that won't stop."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callsheet.executor.journal.history import read_history
from callsheet.executor.journal.sqlite import SqliteJournal

PROGRAM = """
import asyncio, sys, threading
from callsheet.agents.functions.decorator import agent
from callsheet.agents.registry import Registry
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.run.events import RunCreated
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.planner.check.checker import check

@agent(effect="pure", timeout_seconds=600.0)
async def wait() -> str:
    "Wait for a long time."
    print("waiting", flush=True)
    await asyncio.sleep(600)
    return "done"

@agent(effect="pure", timeout_seconds=0.1, max_retries=0)
def block() -> str:
    "Block for ever."
    threading.Event().wait()
    return "done"

async def main() -> None:
    registry = Registry([wait, block])
    plan = {"goal": "g", "steps": [{"id": "a", "capability": sys.argv[2]}], "answer": {"from": "a"}}
    journal = SqliteJournal(sys.argv[1])
    await journal.create(RunCreated(1.0, "r", "g", 7))
    executor = Executor(registry, journal, workspace=Workspace("."))
    result = await executor.run("r", check(plan, registry.catalog).require())
    print(result.status, flush=True)

asyncio.run(main())
"""


def start(path: Path, capability: str) -> subprocess.Popen[str]:
    """A process that carries out one step."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), capability],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_ctrl_c_leaves_a_journal_that_says_so(tmp_path: Path) -> None:
    """A real SIGINT: the attempt is stopped, the run can be resumed, and KeyboardInterrupt goes on."""
    path = tmp_path / "runs.db"
    with start(path, "wait") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in process.stderr.read()
    journal = SqliteJournal(path, must_exist=True)
    result = read_history(journal, "r")
    journal.close()
    assert result.status == "running"
    assert [attempt.status for attempt in result.steps["a"].attempts] == ["running"]


@pytest.mark.slow
def test_work_that_blocks_for_ever_does_not_hold_up_the_end_of_the_process(tmp_path: Path) -> None:
    """The run fails at the timeout, and the process ends, though the thread never does."""
    with start(tmp_path / "runs.db", "block") as process:
        output, errors = process.communicate(timeout=60)
    assert (output, process.returncode) == ("failed\n", 0), errors
