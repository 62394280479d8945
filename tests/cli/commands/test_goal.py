"""From a goal to its answer over a real socket: what a person with an OpenAI-compatible server sees."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
import yaml

from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import RunCreated
from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke

PLAN = json.dumps(
    {
        "steps": [
            {
                "id": "loud",
                "call": {"capability": "shout", "inputs": {"text": "hello"}},
                "for_each": None,
                "condition": None,
                "expect": [],
                "depends_on": [],
                "join": "all",
                "on_failure": "fail",
            }
        ],
        "answer": {"from": "loud"},
    }
)
UNKNOWN = PLAN.replace("shout", "whisper_it")


@pytest.fixture
def server(server: ChatServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    """The server, as the environment names it."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    return server


def test_a_goal_is_planned_shown_run_and_answered(invoke: Invoke, server: ChatServer) -> None:
    """The model that was chosen is named, the plan is shown, and the answer alone is on stdout."""
    server.answers = [PLAN]
    done = invoke("run", "say hello loudly", "--model", "house-model")
    assert (done.exit_code, done.stdout) == (0, "HELLO\n")
    assert done.stderr.startswith(f"model: openai/house-model at {server.host}\nplanning ...\n")
    assert "loud  shout" in done.stderr
    assert "1 call, 100 tokens in, 20 out" in done.stderr
    assert server.questions[0]["model"] == "house-model"
    assert "say hello loudly" in json.dumps(server.questions[0]["messages"])
    shown = invoke("show", "--json").stdout
    assert json.loads(shown)["goal"] == "say hello loudly"
    assert "sk-secret" not in shown


def test_a_goal_may_come_from_stdin(invoke: Invoke, server: ChatServer) -> None:
    """`-` takes the goal from stdin."""
    server.answers = [PLAN]
    assert invoke("run", "-", input="say it from stdin\n").exit_code == 0
    assert "say it from stdin" in json.dumps(server.questions[0]["messages"])


def test_a_repair_is_told(invoke: Invoke, server: ChatServer) -> None:
    """Where the first plan doesn't check, the second try and its reason are shown."""
    server.answers = [UNKNOWN, PLAN]
    done = invoke("run", "say hello loudly")
    assert done.exit_code == 0
    assert "plan rejected: " in done.stderr
    assert "whisper_it" in done.stderr


def test_nonsense_for_ever_ends_with_1(invoke: Invoke, server: ChatServer) -> None:
    """A model that never writes a plan is given up; what it wrote is shown, and the journal has it."""
    server.answers = ["I \x1b[31mcannot\x1b[0m do that"]
    done = invoke("run", "say hello loudly")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no plan that checks" in done.stderr
    assert "\x1b" not in done.stderr
    document = json.loads(invoke("show", "--json").stdout)
    assert (document["status"], document["plan"]) == ("failed", None)
    assert document["model_calls"] == len(server.questions) > 1


def test_a_plan_is_printed_and_nothing_is_run(invoke: Invoke, server: ChatServer, folder: Path) -> None:
    """`plan` gives YAML that `check` takes and `run --plan` carries out; no run is journaled."""
    server.answers = [PLAN]
    done = invoke("plan", "say hello loudly")
    assert done.exit_code == 0
    document = yaml.safe_load(done.stdout)
    assert document["steps"][0]["capability"] == "shout"
    assert not (folder / ".callsheet").exists()
    (folder / "saved.yaml").write_text(done.stdout)
    assert invoke("check", "saved.yaml").exit_code == 0
    assert invoke("run", "--plan", "saved.yaml").stdout == "HELLO\n"
    assert json.loads(invoke("plan", "say hello loudly", "--json").stdout) == document


@pytest.mark.parametrize("name", ["saved.yaml", "saved.json"])
def test_a_plan_is_saved_where_it_is_asked_to_be(
    invoke: Invoke, server: ChatServer, folder: Path, name: str
) -> None:
    """-o writes the file, in the kind that its name says, and leaves stdout empty."""
    server.answers = [PLAN]
    done = invoke("plan", "say hello loudly", "-o", name)
    assert (done.exit_code, done.stdout) == (0, "")
    assert invoke("check", name).exit_code == 0
    assert [path.name for path in folder.glob(".*saved*")] == []
    done = invoke("plan", "say hello loudly", "-o", "gone/plan.yaml")
    assert done.exit_code == 2
    assert "gone/plan.yaml" in done.stderr


@pytest.mark.parametrize(("goal", "says"), [("", "empty"), ("  \n", "empty"), ("x" * 1_000_000, "1,000,000")])
@pytest.mark.parametrize("command", ["run", "plan"])
def test_an_impossible_goal_is_refused_before_the_model_is_asked(
    invoke: Invoke, server: ChatServer, command: str, goal: str, says: str
) -> None:
    """No goal, or one of a megabyte, ends with 2, and nobody is asked anything."""
    done = invoke(command, "-", input=goal)
    assert done.exit_code == 2
    assert says in done.stderr
    assert not server.questions


def test_a_doctor_asks_one_tiny_question(invoke: Invoke, server: ChatServer) -> None:
    """With a model that answers everything is well; the key is never shown."""
    done = invoke("doctor")
    assert done.exit_code == 0
    assert f"ok      model: openai/gpt-5 at {server.host} answered 'done'" in done.stdout
    assert len(server.questions) == 1
    assert "sk-secret" not in done.stdout + done.stderr
    document = json.loads(invoke("doctor", "--json").stdout)
    assert document["sound"] is True
    assert document["settings"]["base_url"] == {"value": server.base_url, "source": "OPENAI_BASE_URL"}
    assert "sk-secret" not in json.dumps(document)


def test_a_doctor_says_what_is_wrong_and_what_to_do(invoke: Invoke, server: ChatServer, folder: Path) -> None:
    """Each part that is wrong is named, the others are looked at all the same, and it ends with 1."""
    (folder / "broken.db").write_text("no database " * 200)
    done = invoke("doctor", "--store", "broken.db", "--agents", "gone.py", "--workspace", "nowhere")
    assert done.exit_code == 1
    for part in ("agents", "workspace", "store"):
        assert f"wrong   {part}: " in done.stdout
    assert "ok      model: " in done.stdout


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_doctor_shows_no_secret(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    """Neither the key nor a password in a server's address is in what people paste into an issue."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hid@den@127.0.0.1:1/v1")
    done = invoke("doctor", "--model", "local", *flags)
    assert "127.0.0.1:1/v1" in done.stdout
    assert "hid" not in done.output
    assert "den@" not in done.output


def _create_run(folder: Path, goal: str) -> None:
    """What a process leaves behind that dies while it plans."""

    async def create() -> None:
        await journal.create(RunCreated(1.0, "abc123", goal, 1))

    journal = SqliteJournal(folder / ".callsheet" / "runs.db")
    asyncio.run(create())
    journal.close()


def test_a_run_that_was_still_being_planned_is_resumed(
    invoke: Invoke, server: ChatServer, folder: Path
) -> None:
    """Interrupted before there was a plan, a run is planned to the end and carried out."""
    _create_run(folder, "say hello loudly")
    assert "interrupted" in invoke("runs").stdout
    server.answers = [PLAN]
    done = invoke("resume", "abc", "--model", "house-model")
    assert (done.exit_code, done.stdout) == (0, "HELLO\n")
    assert done.stderr.startswith(f"model: openai/house-model at {server.host}\nplanning ...\n")
    assert "say hello loudly" in json.dumps(server.questions[0]["messages"])


def test_a_run_without_a_plan_waits_for_a_model(
    invoke: Invoke, server: ChatServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the model is not to be had that is said, exit 2, and the run can still be resumed."""
    _create_run(folder, "say hello loudly")
    server.answers = [PLAN]
    key = os.environ["OPENAI_API_KEY"]
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name)
    assert invoke("resume", "--model", "openai/house-model").exit_code == 2
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    assert invoke("resume", "--model", "house-model").exit_code == 0
