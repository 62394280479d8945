"""`callsheet resume`: what a killed process has left behind goes on, once, with those who can do it."""

from __future__ import annotations

import json
import shlex
import socket
from contextlib import closing
from pathlib import Path

import pytest

from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import RunResumed
from tests.cli.background import begun
from tests.cli.conftest import Invoke, Start, step, write_plan

ASKS = {**step("out", "send", text="from loud"), "approval": True}


@pytest.fixture
def waiting(gated: Path) -> Path:
    """A plan of two steps, the second of which waits at the gate."""
    return write_plan(
        gated, step("loud", "note", text="hello"), step("held", "gate", text="from loud"), answer="held"
    )


@pytest.fixture
def killed(start: Start, waiting: Path, gated: Path) -> Path:
    """The folder in which a run was killed in the middle of its second step."""
    running = start("run", "--plan", waiting)
    running.until_begun("gate")
    running.kill()
    return gated


@pytest.mark.slow
def test_a_run_killed_in_the_middle_of_a_step_goes_on(invoke: Invoke, killed: Path) -> None:
    """After kill -9 the run is interrupted; resume does what was not done, and nothing else again."""
    listed = invoke("runs")
    assert "interrupted" in listed.stdout
    assert "callsheet resume" in listed.stderr
    assert "to continue: callsheet resume" in invoke("show").stdout
    assert json.loads(invoke("show", "--json").stdout)["interrupted"] is True
    (killed / "open").touch()
    done = invoke("resume")
    assert (done.exit_code, done.stdout) == (0, "HELLO\n")
    assert "held: attempt 1 was lost, because its process ended" in done.stderr
    assert "held: started by gate, attempt 2" in done.stderr
    assert begun(killed) == ["note", "gate", "gate"]
    shown = invoke("show", "last").stdout
    assert "attempt 1  gate  lost       no end recorded" in shown
    assert "attempt 2  gate  succeeded" in shown


@pytest.mark.slow
def test_a_run_has_one_owner(invoke: Invoke, start: Start, killed: Path) -> None:
    """While one process resumes a run, `runs` and `show` name it, and another is refused with its pid and
    host, exit 2."""
    first = start("resume", "last")
    first.until_begun("gate", times=2)
    second = invoke("resume", "last")
    assert (second.exit_code, second.stdout) == (2, "")
    assert f"process {first.pid} on {socket.gethostname()}" in second.stderr
    assert f"{first.pid} on " in invoke("runs").stdout
    assert f"running in process {first.pid}" in invoke("show").stdout
    (killed / "open").touch()
    assert first.wait()[:2] == (0, "HELLO\n")


def test_a_run_that_ended_is_not_resumed(invoke: Invoke, folder: Path) -> None:
    """Where there is nothing to go on with, that is said, exit 2; an unknown run too."""
    plan = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    assert invoke("run", "--plan", plan).exit_code == 0
    done = invoke("resume", "last")
    assert done.exit_code == 2
    assert "has ended (completed)" in done.stderr
    assert invoke("resume", "zzz").exit_code == 2
    assert json.loads(invoke("resume", "--json").stdout)["error"]["type"] == "RunEnded"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def send(text: str)", "def post(text: str)", "no agent provides 'send'"),
        ("def send(text: str)", "def send(text: int)", "a different input schema"),
    ],
)
def test_agents_that_are_gone_or_changed_are_named_and_nothing_changes(
    invoke: Invoke, folder: Path, old: str, new: str, says: str
) -> None:
    """Without the agents that it began with a run doesn't go on: exit 2, and it stands as it stood."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    assert invoke("run", "--plan", plan).exit_code == 3
    before = invoke("show", "--json").stdout
    team = (folder / "team.py").read_text()
    (folder / "team.py").write_text(team.replace(old, new))
    done = invoke("resume", "--yes")
    assert done.exit_code == 2
    assert says in done.stderr
    assert invoke("show", "--json").stdout == before
    (folder / "team.py").write_text(team)
    assert invoke("resume", "--yes").exit_code == 0


def test_a_paused_run_says_how_it_goes_on_and_does(invoke: Invoke, folder: Path) -> None:
    """Without a terminal a run waits at a step that wants approval: exit 3, nothing of it done, and the
    command that is named, with the flags of this one, lets it go on."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    done = invoke("run", "--plan", plan, "--store", "my runs.db")
    assert (done.exit_code, done.stdout) == (3, "")
    assert not (folder / "sent.txt").exists()
    assert 'waiting for approval: out: send (irreversible) with {"text": "HELLO"}' in done.stderr
    assert "paused" in invoke("runs", "--store", "my runs.db").stdout
    told = next(line for line in done.stderr.splitlines() if "to approve: " in line)
    program, *command = shlex.split(told.partition("to approve: ")[2])
    assert (program, command[0], command[2]) == ("callsheet", "approve", "out")
    done = invoke(*command)
    assert (done.exit_code, done.stdout) == (0, "HELLO\n")
    assert (folder / "sent.txt").read_text() == "HELLO"


def test_yes_approves_what_waits(invoke: Invoke, folder: Path) -> None:
    """`resume` without a terminal only looks again; with --yes it approves. Its JSON is that of `show`."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    invoke("run", "--plan", plan)
    again = invoke("resume", "--json")
    assert again.exit_code == 3
    assert [each["step"] for each in json.loads(again.stdout)["asked"]] == ["out"]
    done = invoke("resume", "--json", "--yes")
    assert (done.exit_code, json.loads(done.stdout)["answer"]) == (0, "HELLO")
    assert json.loads(invoke("show", "--json").stdout) == json.loads(done.stdout)


def test_a_write_without_an_approval_of_its_own_is_still_refused_as_a_whole(
    invoke: Invoke, folder: Path
) -> None:
    """Where another step changes something unasked, nothing of the plan is done without a terminal."""
    save = step("save", "write_file", path="out.txt", content="from loud")
    plan = write_plan(folder, step("loud", "shout", text="hello"), save, ASKS, answer="out")
    done = invoke("run", "--plan", plan)
    assert done.exit_code == 3
    assert "nothing was done" in done.stderr
    assert "(save)" in done.stderr
    assert "cancelled" not in invoke("runs").stdout


def test_what_resume_is_given_holds_from_then_on(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flags of `run` are those of `resume`; what is not given stays as the run was started with, whatever
    the settings say by then."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    assert invoke("run", "--plan", plan, "--max-concurrency", "3", "--hedge").exit_code == 3
    monkeypatch.setenv("CALLSHEET_MAX_CONCURRENCY", "9")
    monkeypatch.setenv("CALLSHEET_BUDGET", "1 attempt")
    flags = ("--time-limit", "5m", "--max-replans", "2", "--keep-going", "--no-hedge")
    assert invoke("resume", *flags, "--budget", "90 attempts").exit_code == 3
    with closing(SqliteJournal(folder / ".callsheet" / "runs.db")) as journal:
        (summary,) = journal.runs()
        (resumed,) = [each for each in journal.read_events(summary.run) if isinstance(each, RunResumed)]
    assert resumed == RunResumed(resumed.at, 3, 2, "90 attempts", resumed.at + 300, False, False)
    assert invoke("resume", "--yes").exit_code == 0


def test_flags_that_mean_nothing_change_nothing(invoke: Invoke, folder: Path) -> None:
    """They are told, exit 2, and the run stands as it stood."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), ASKS, answer="out")
    invoke("run", "--plan", plan)
    before = invoke("show", "--json").stdout
    done = invoke("resume", "--time-limit", "soon")
    assert (done.exit_code, "'soon' is not a duration" in done.stderr) == (2, True)
    assert invoke("show", "--json").stdout == before
