"""Where a failing agent failed: in the one line that is printed, in its traceback, and in the log."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, step, write_plan

CRASHING = '''
import asyncio
import callsheet

def look_up(text):
    token = "ghp_" + "a1B2" * 9
    raise LookupError(f"no such entry: {text} {token}")

@callsheet.agent(effect="pure", max_retries=0)
def threaded(text: str) -> str:
    """In a thread."""
    return look_up(text)

@callsheet.agent(effect="pure", max_retries=0, isolation="process")
def apart(text: str) -> str:
    """In a process."""
    return look_up(text)

@callsheet.agent(effect="pure", max_retries=0)
async def looped(text: str) -> str:
    """On the loop."""
    return look_up(text)

@callsheet.agent(effect="pure", max_retries=0)
async def grouped(text: str) -> str:
    """In several tasks."""
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(look_up, text))
        group.create_task(asyncio.to_thread(look_up, text))
    return text

@callsheet.agent(effect="pure", max_retries=0)
def caused(text: str) -> str:
    """With a cause."""
    try:
        look_up(text)
    except LookupError as error:
        raise callsheet.Permanent("\\x1b[31mthe service is closed") from error

@callsheet.agent(effect="pure", max_retries=0)
def surprised(text: str) -> str:
    """Find the world different."""
    raise callsheet.Surprise("it is gone")
'''
LINE = next(at for at, line in enumerate(CRASHING.split("\n"), 1) if "raise LookupError" in line)
KINDS = ("threaded", "apart", "looped", "grouped")


@pytest.fixture
def folder(folder: Path) -> Path:
    """A folder with agents that fail."""
    (folder / "crashing.py").write_text(CRASHING)
    return folder


def run(invoke: Invoke, folder: Path, capability: str, *flags: str) -> str:
    """What a run prints in which an agent of this capability fails."""
    plan = write_plan(folder, step("s", capability, text="red"), answer="s")
    done = invoke("run", "--plan", plan, "--agents", "crashing.py", *flags)
    assert done.exit_code == 1
    return done.stderr


@pytest.mark.parametrize("capability", KINDS)
def test_the_message_ends_with_the_line_that_raised(invoke: Invoke, folder: Path, capability: str) -> None:
    """Wherever the agent was called; no traceback is printed unless it is wanted."""
    said = run(invoke, folder, capability)
    (error,) = (line for line in said.splitlines() if line.startswith("error: "))
    assert error.endswith(f"(crashing.py:{LINE}, in look_up)")
    assert "Traceback" not in said
    assert f"(crashing.py:{LINE}, in look_up)" in invoke("show", "last").stdout


@pytest.mark.parametrize("capability", KINDS)
def test_the_traceback_is_kept(invoke: Invoke, folder: Path, capability: str) -> None:
    """`--debug` prints it, then and later; it begins with the agent's own code, and has no secrets."""
    during = run(invoke, folder, capability, "--debug")
    later = invoke("show", "last", "--debug").stdout
    for text in (during, later):
        told = text[text.index("traceback of step s, attempt 1") :]
        assert f'File "{folder / "crashing.py"}", line {LINE}, in look_up' in told
        assert "LookupError: no such entry: red <secret" in told
        assert "/callsheet/" not in told.partition("error: ")[0].replace(str(folder), "")
    assert "traceback of" not in invoke("show", "last").stdout
    shown = json.loads(invoke("show", "last", "--json").stdout)
    assert f"line {LINE}" in shown["steps"][0]["attempts"][0]["traceback"]


def test_a_cause_is_part_of_it(invoke: Invoke, folder: Path) -> None:
    """As Python tells it; escape sequences are not printed."""
    said = run(invoke, folder, "caused", "--debug")
    assert "The above exception was the direct cause" in said
    assert "\x1b" not in said


def test_a_surprise_says_where_it_was_raised(invoke: Invoke, folder: Path) -> None:
    """As a failure does."""
    assert "it is gone (crashing.py:" in run(invoke, folder, "surprised")


def test_what_is_kept_is_bounded(invoke: Invoke, folder: Path) -> None:
    """A recursion that never ends, with a message of a megabyte, keeps a few kilobytes."""
    (folder / "crashing.py").write_text(
        "import callsheet\n"
        "def deeper(n):\n    return deeper(n + 1) + deeper(n + 2)\n"
        "@callsheet.agent(effect='pure', max_retries=0)\n"
        "def endless(text: str) -> int:\n    '''Never end.'''\n"
        "    try:\n        return deeper(0)\n"
        "    except RecursionError as error:\n        raise ValueError('x' * 1_000_000) from error\n"
    )
    run(invoke, folder, "endless")
    with sqlite3.connect(folder / ".callsheet" / "runs.db") as database:
        events = [json.loads(body) for (body,) in database.execute("SELECT body FROM events")]
    (failed,) = (event for event in events if event["event"] == "attempt_failed")
    assert 4_000 < len(failed["traceback"]) < 9_000


def test_a_recording_has_neither_place_nor_traceback(invoke: Invoke, folder: Path) -> None:
    """It is shared; and a line that was edited is no drift, live or not."""
    run(invoke, folder, "threaded")
    assert invoke("record", "last", "-o", "run.yaml").exit_code == 0
    text = (folder / "run.yaml").read_text()
    assert "crashing.py" not in text
    assert str(folder) not in text
    assert invoke("replay", "run.yaml", "--agents", "crashing.py").exit_code == 0
    (folder / "crashing.py").write_text("\n\n" + CRASHING)
    assert invoke("replay", "run.yaml", "--live", "threaded", "--agents", "crashing.py").exit_code == 0


def test_the_log_is_silent_unless_it_is_wanted(invoke: Invoke, folder: Path) -> None:
    """`--debug` prints what happens, under the names of the modules, for this command alone."""
    said = run(invoke, folder, "threaded", "--debug")
    assert "WARNING callsheet.executor.run.log: run " in said
    assert "attempt_failed, step s, attempt 1, agent threaded, failure LookupError" in said
    assert "callsheet.executor" not in run(invoke, folder, "threaded")
