"""`callsheet run`: exit codes, streams, and what is left behind."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan
from tests.trusted_folder import configure

LOUD = step("loud", "shout", text="hello")
SAVE = step("save", "write_file", path="out.txt", content="from loud")


@pytest.fixture
def thinking(folder: Path) -> Path:
    """A plan that changes nothing."""
    return write_plan(folder, LOUD, answer="loud")


@pytest.fixture
def writing(folder: Path) -> Path:
    """A plan that writes a file."""
    return write_plan(folder, LOUD, SAVE, answer="loud")


def test_the_answer_is_all_of_stdout(invoke: Invoke, thinking: Path) -> None:
    """A run that changes nothing needs no approval; stdout has the answer, stderr all the rest."""
    done = invoke("run", "--plan", thinking)
    assert (done.exit_code, done.stdout) == (0, "HELLO\n")
    assert "plan: 1 step" in done.stderr
    assert "loud: done in" in done.stderr
    assert "completed in" in done.stderr


def test_json_is_one_document_and_the_journal_has_the_same(invoke: Invoke, thinking: Path) -> None:
    """With --json, stdout is one JSON document, the very one that `show --json` gives later."""
    done = invoke("run", "--plan", thinking, "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["status"], document["answer"]) == (0, "completed", "HELLO")
    assert json.loads(invoke("show", document["run"][:6], "--json").stdout) == document


def test_without_a_terminal_nothing_is_written_unasked(invoke: Invoke, writing: Path, folder: Path) -> None:
    """No terminal and no --yes: exit 3, nothing done; how to go on is said, and goes on (12, G4)."""
    done = invoke("run", "--plan", writing)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "nothing was done" in done.stderr
    assert "callsheet resume" in done.stderr and "--yes" in done.stderr
    assert not (folder / "out.txt").exists()
    assert invoke("resume").exit_code == 3
    assert not (folder / "out.txt").exists()
    shown = invoke("show").stdout
    assert "its plan waits for your approval" in shown and "interrupted" not in shown
    assert invoke("runs").stdout.splitlines()[1].split()[1] == "waiting"
    assert invoke("resume", "--yes").exit_code == 0
    assert (folder / "out.txt").exists()


def test_a_yes_on_stdin_is_no_approval(invoke: Invoke, writing: Path, folder: Path) -> None:
    """What is piped in isn't taken for a person's word."""
    assert invoke("run", "--plan", writing, input="y\n").exit_code == 3
    assert not (folder / "out.txt").exists()


def test_yes_approves(invoke: Invoke, writing: Path, folder: Path) -> None:
    """--yes lets a plan write, and a step's own approval is given too."""
    assert invoke("run", "--plan", writing, "--yes").exit_code == 0
    assert (folder / "out.txt").read_text() == "HELLO"
    plan = write_plan(folder, {**step("out", "send", text="hi"), "approval": True}, answer="out")
    assert invoke("run", "--plan", plan, "-y").exit_code == 0
    assert (folder / "sent.txt").read_text() == "hi"


def test_irreversible_work_is_asked_about(invoke: Invoke, folder: Path) -> None:
    """What cannot be undone is never done unasked either."""
    plan = write_plan(folder, step("out", "send", text="hi"), answer="out")
    done = invoke("run", "--plan", plan)
    assert done.exit_code == 3
    assert "cannot be undone (out)" in done.stderr
    assert not (folder / "sent.txt").exists()


def test_a_failed_run_ends_with_1_and_says_why(invoke: Invoke, folder: Path) -> None:
    """The account of a failure is on stderr, and nothing on stdout; with --json it is in the document."""
    plan = write_plan(folder, step("no", "refuse", text="x"), answer="no")
    done = invoke("run", "--plan", plan)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: step 'no' failed: " in done.stderr
    assert "I will not" in done.stderr
    assert "\x1b" not in done.stderr
    document = json.loads(invoke("run", "--plan", plan, "--json").stdout)
    assert (document["status"], document["account"]["step"]) == ("failed", "no")


def test_a_plan_that_does_not_check_ends_with_2(invoke: Invoke, folder: Path) -> None:
    """A bad plan is refused with the checker's findings, before a run is begun."""
    plan = write_plan(folder, step("loud", "shuot", text="x"), answer="loud")
    done = invoke("run", "--plan", plan)
    assert done.exit_code == 2
    assert "did you mean `shout`?" in done.stderr
    assert invoke("runs").stdout == "no runs yet in .callsheet/runs.db\n"


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "a goal", "--plan", "plan.yaml"], ["run", "--nonsense"]]
)
def test_bad_usage_ends_with_2(invoke: Invoke, arguments: list[str]) -> None:
    """Too little, too much, or an unknown flag is explained on stderr."""
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Usage:" in done.stderr


def test_a_goal_without_a_usable_model_is_explained(invoke: Invoke, folder: Path) -> None:
    """A model without a key or a server, and a file that is none, are named with what to do."""
    done = invoke("run", "say hello", "--model", "openai/gpt-5")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "OPENAI_API_KEY" in done.stderr
    pytest.importorskip("xllamacpp")
    done = invoke("run", "say hello", "--model", "local/team.py")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "team.py is not a GGUF file" in done.stderr


def test_the_store_and_the_workspace_are_where_they_are_asked_to_be(
    invoke: Invoke, writing: Path, folder: Path
) -> None:
    """--store and --workspace move the journal and the files."""
    (folder / "elsewhere").mkdir()
    done = invoke("run", "--plan", writing, "--yes", "--store", "runs/my.db", "--workspace", "elsewhere")
    assert done.exit_code == 0
    assert (folder / "elsewhere" / "out.txt").exists()
    assert not (folder / "out.txt").exists()
    with sqlite3.connect(folder / "runs" / "my.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not (folder / ".callsheet").exists()


def test_a_store_that_cannot_be_used_is_named(invoke: Invoke, thinking: Path, folder: Path) -> None:
    """A store that is another kind of file is refused and left alone; a folder too."""
    (folder / "other.db").write_text("not a database at all, but long enough to be looked at" * 20)
    before = (folder / "other.db").read_bytes()
    done = invoke("run", "--plan", thinking, "--store", "other.db")
    assert done.exit_code == 1
    assert "other.db" in done.stderr
    assert (folder / "other.db").read_bytes() == before


def test_a_workspace_that_is_not_there_is_named(invoke: Invoke, thinking: Path) -> None:
    """A missing workspace is an error that names it, and no folder is made."""
    done = invoke("run", "--plan", thinking, "--workspace", "gone")
    assert done.exit_code != 0
    assert "gone" in done.stderr
    assert not Path("gone").exists()


def test_two_agents_with_one_name_are_an_error(invoke: Invoke, thinking: Path, folder: Path) -> None:
    """Agents that don't go together are refused with their names."""
    (folder / "more.py").write_text((folder / "team.py").read_text())
    done = invoke("run", "--plan", thinking, "--agents", "team.py", "--agents", "more.py")
    assert done.exit_code == 2
    assert "shout" in done.stderr


def test_no_agents_at_all_are_an_error(invoke: Invoke, folder: Path, server: ChatServer) -> None:
    """With nobody to do anything, planning is refused before the model is asked."""
    (folder / "callsheet.toml").unlink()
    done = invoke("run", "say hello", "--no-builtin", "--model", "m")
    assert done.exit_code == 2
    assert not server.questions


def test_what_agents_print_is_no_part_of_the_result(invoke: Invoke, folder: Path) -> None:
    """An agent, or the file that it stands in, may print: stdout is one JSON document all the same."""
    body = '    """Say it."""\n    print("from the agent")\n    return text\n'
    (folder / "team.py").write_text(
        "import callsheet\nprint('from the file')\n\n@callsheet.agent(effect='pure')\n"
        f"def chat(text: str) -> str:\n{body}"
    )
    plan = write_plan(folder, step("a", "chat", text="hello"), answer="a")
    done = invoke("run", "--plan", plan, "--json")
    assert json.loads(done.stdout)["answer"] == "hello"
    assert "from the file" in done.stderr
    assert "from the agent" in done.stderr
    assert invoke("run", "--plan", plan).stdout == "hello\n"


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(("goal", "says"), [("  ", "empty"), ("x" * 1_000_000, "1,000,000 characters")])
def test_a_goal_that_is_none_is_told_before_a_model_is_chosen(
    invoke: Invoke, command: str, goal: str, says: str
) -> None:
    """Nobody has to configure, let alone fetch, a model to be told that the goal is empty or too long."""
    done = invoke(command, goal)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "model" not in done.stderr


def test_with_keep_going_the_rest_is_finished(invoke: Invoke, folder: Path) -> None:
    """After a failure --keep-going, or `fail_fast = false`, finishes what does not depend on it: exit 1 all
    the same."""
    steps = (
        step("no", "refuse", text="x"),
        step("loud", "shout", text="y"),
        step("more", "shout", text="from loud"),
    )
    plan = write_plan(folder, *steps, answer="more")

    def done(*flags: str) -> dict[str, str]:
        ended = invoke("run", "--plan", plan, "--max-concurrency", "1", "--json", *flags)
        assert ended.exit_code == 1
        return {each["id"]: each["status"] for each in json.loads(ended.stdout)["steps"]}

    assert done() == {"no": "failed", "loud": "cancelled", "more": "cancelled"}
    assert done("--keep-going") == {"no": "failed", "loud": "completed", "more": "completed"}
    configure(folder, 'agents = ["team.py"]\nfail_fast = false\n')
    assert done()["more"] == "completed"


def test_a_time_limit_ends_a_run(invoke: Invoke, folder: Path) -> None:
    """A run that takes longer than --time-limit fails, and says why; a duration that is none is refused."""
    plan = write_plan(folder, step("wait", "linger", text="x"), answer="wait")
    done = invoke("run", "--plan", plan, "--time-limit", "0.05s")
    assert done.exit_code == 1
    assert "time" in done.stderr
    for wrong in ("soon", "0", "-3", "5x", "nan", "inf", ""):
        refused = invoke("run", "--plan", plan, "--time-limit", wrong)
        assert (refused.exit_code, refused.stdout) == (2, ""), wrong


def test_the_strategy_chooses_among_agents(invoke: Invoke, folder: Path) -> None:
    """--strategy, and `strategy` in a file, decide who does the work; an unknown one is refused."""
    (folder / "team.py").write_text(
        "import callsheet\nfrom callsheet import Terms\n"
        "@callsheet.agent(effect='pure', capability='say', terms=Terms(price=9))\n"
        'def dear(text: str) -> str:\n    """Say it."""\n    return "dear"\n'
        "@callsheet.agent(effect='pure', capability='say')\n"
        'def cheap(text: str) -> str:\n    """Say it."""\n    return "cheap"\n'
    )
    plan = write_plan(folder, step("it", "say", text="x"), answer="it")
    assert invoke("run", "--plan", plan, "--strategy", "cheapest").stdout == "cheap\n"
    assert invoke("run", "--plan", plan, "--strategy", "luckiest").exit_code == 2
    (folder / "callsheet.toml").write_text('strategy = "luckiest"\n')
    done = invoke("run", "--plan", plan)
    assert done.exit_code == 2
    assert "callsheet.toml, key 'strategy'" in done.stderr


def test_hedging_and_limits_reach_the_executor(invoke: Invoke, folder: Path) -> None:
    """--hedge is in the journal's start of the run; a capability's limit keeps its attempts apart."""
    configure(folder, 'agents = ["team.py"]\ndurability = "full"\n[capability_limits]\ncount = 1\n')
    (folder / "team.py").write_text(
        "import asyncio\nimport callsheet\nat_once = [0, 0]\n"
        "@callsheet.agent(effect='pure')\nasync def count(text: str) -> int:\n"
        '    """Count who is at it, at most."""\n'
        "    at_once[0] += 1\n    at_once[1] = max(at_once)\n    await asyncio.sleep(0.01)\n"
        "    at_once[0] -= 1\n    return at_once[1]\n"
    )
    each = {
        "id": "it",
        "capability": "count",
        "for_each": ["a", "b", "c"],
        "inputs": {"text": {"from": "item"}},
    }
    plan = write_plan(folder, each, answer="max(it)")
    assert invoke("run", "--plan", plan, "--hedge").stdout == "1\n"
    configure(folder, 'agents = ["team.py"]\n')
    assert invoke("run", "--plan", plan).stdout == "3\n"
    with sqlite3.connect(folder / ".callsheet" / "runs.db") as database:
        events = database.execute("SELECT body FROM events ORDER BY run, sequence").fetchall()
    started = [event for (body,) in events if (event := json.loads(body))["event"] == "run_started"]
    assert [event.get("hedge", False) for event in started] == [True, False]
