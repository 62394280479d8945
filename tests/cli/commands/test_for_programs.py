"""What other programs and shells use: `--json` before a command, the stream of events, completion."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import decode
from tests.cli.conftest import Invoke, step, write_plan

ASKS = {**step("out", "send", text="from loud"), "approval": True}
"""A step that waits for an approval of its own."""


@pytest.fixture
def plan(folder: Path) -> Path:
    """A plan of two steps."""
    return write_plan(
        folder, step("loud", "shout", text="hi"), step("more", "shout", text="from loud"), answer="more"
    )


@pytest.mark.parametrize("before", [("--json",), ("--debug", "--json")])
def test_json_may_stand_before_the_command(invoke: Invoke, plan: Path, before: tuple[str, ...]) -> None:
    """As behind it; errors are JSON, too."""
    done = invoke(*before, "run", "--plan", plan)
    assert json.loads(done.stdout)["answer"] == "HI"
    wrong = invoke(*before, "show", "nothing")
    assert (wrong.exit_code, json.loads(wrong.stdout)["error"]["type"]) == (2, "RunNotFound")
    assert json.loads(invoke(*before, "run").stdout)["error"]["type"] == "UsageError"


def test_events_are_streamed_to_stdout(invoke: Invoke, plan: Path, folder: Path) -> None:
    """Each as the journal has it, one a line, and nothing else; the last has the answer."""
    done = invoke("run", "--plan", plan, "--events", "-")
    events = [decode(line.encode()) for line in done.stdout.splitlines()]
    journal = SqliteJournal(folder / ".callsheet" / "runs.db", must_exist=True)
    try:
        assert events == journal.read_events(json.loads(done.stdout.splitlines()[0])["run"])
    finally:
        journal.close()
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, last["event"], last["answer"]) == (0, "run_completed", "HI")
    assert "completed in" in done.stderr


def test_events_go_to_a_file_beside_the_answer(invoke: Invoke, folder: Path) -> None:
    """A file goes on where the run is resumed; it can be had with --json."""
    waits = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    assert invoke("run", "--plan", waits, "--events", "events.jsonl", "--json").exit_code == 3
    assert invoke("resume", "last", "--yes", "--events", "events.jsonl").stdout == "HELLO\n"
    kinds = [json.loads(line)["event"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert kinds[0] == "run_created"
    assert kinds[-1] == "run_completed"
    assert "run_resumed" in kinds


@pytest.mark.parametrize("flags", [("--events", "-", "--json"), ("--events", "absent/folder/x.jsonl")])
def test_a_stream_that_cannot_be_is_refused(invoke: Invoke, plan: Path, flags: tuple[str, ...]) -> None:
    """Before anything runs."""
    refused = invoke("run", "--plan", plan, *flags)
    assert refused.exit_code == 2
    assert "--events" in refused.stderr or "cannot be written" in refused.stderr
    assert invoke("runs").stdout.startswith("no runs yet")


@pytest.mark.parametrize("command", ["show", "resume", "approve", "answer", "pause", "cancel", "record"])
def test_shells_complete_the_ids_of_runs(
    invoke: Invoke, plan: Path, folder: Path, child_environment: dict[str, str], command: str
) -> None:
    """The latest first, and `last`; a store that cannot be read completes nothing and says nothing."""
    ids = [json.loads(invoke("run", "--plan", plan, "--json").stdout)["run"] for _ in range(2)]
    script = "from callsheet.cli import main; main()"

    def completed(word: str) -> list[str]:
        words = {"COMP_WORDS": f"callsheet {command} {word}", "COMP_CWORD": "2"}
        environment = {**child_environment, **words, "_CALLSHEET_COMPLETE": "bash_complete"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.stderr == ""
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("") == ["last", *reversed(ids)]
    assert completed(ids[0][:10]) == [ids[0]]
    (folder / ".callsheet" / "runs.db").write_text("no journal")
    for name in ("runs.db-wal", "runs.db-shm"):
        (folder / ".callsheet" / name).unlink(missing_ok=True)
    assert completed("") == ["last"]


@pytest.mark.parametrize("mistake", ["modle = 'x'\n", "max_replans = -1\n", "[[[\n"])
def test_a_doctor_goes_on_after_a_mistake_in_the_settings(invoke: Invoke, folder: Path, mistake: str) -> None:
    """It is the first finding; the rest is examined with the flags, and findings come before the settings."""
    (folder / "callsheet.toml").write_text(mistake)
    done = invoke("doctor", "--model", "local/absent.gguf", "--agents", "team.py")
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[0].startswith("wrong   settings: callsheet.toml")) == (1, True)
    assert any(line.startswith("ok      agents: ") for line in lines)
    assert any("local/absent.gguf" in line or "absent.gguf cannot be read" in line for line in lines)
    assert lines.index(next(line for line in lines if line.startswith("setting  "))) > 5
    found = json.loads(invoke("doctor", "--json", "--model", "local/absent.gguf").stdout)
    assert (found["sound"], found["findings"][0]["part"]) == (False, "settings")


def test_a_doctor_goes_on_after_a_mistake_in_the_environment(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the usual settings."""
    monkeypatch.setenv("CALLSHEET_MAX_REPLANS", "many")
    monkeypatch.setenv("CALLSHEET_MODEL", "local/absent.gguf")
    assert invoke("doctor").stdout.startswith("wrong   settings: CALLSHEET_MAX_REPLANS")
