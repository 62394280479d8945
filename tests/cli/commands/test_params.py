"""Plans with parameters at the command line: shown, given, and asked for where they are missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke
from tests.cli.terminal import Terminal

GREETING = """\
goal: greet somebody
params:
  name: {type: string, description: whom to greet}
  loud: {type: boolean, default: true}
steps:
  - id: greet
    capability: shout
    condition: params.loud
    inputs: {text: {template: "hello {params.name}"}}
answer: {from: 'default(greet, "(silence)")'}
"""
CALL = {"capability": "shout", "inputs": {"text": "hello Ann"}}
PLANNED = json.dumps({"steps": [{"id": "greet", "call": CALL}], "answer": {"from": "greet"}})


@pytest.fixture
def greeting(folder: Path) -> Path:
    """A plan with a parameter that has to be given, and one that has a default."""
    file = folder / "greeting.yaml"
    file.write_text(GREETING)
    return file


def test_check_tells_the_parameters(invoke: Invoke, greeting: Path) -> None:
    """What a plan wants, of what kind, and what it takes where nothing is given."""
    done = invoke("check", greeting)
    assert done.exit_code == 0
    assert "ready to run with values for name\n" in done.stdout
    assert "    name: a string (whom to greet)\n" in done.stdout
    assert "    loud: a boolean (default: true)\n" in done.stdout
    told = json.loads(invoke("check", greeting, "--json").stdout)["params"]
    assert [(each["name"], each["required"]) for each in told] == [("name", True), ("loud", False)]


def test_check_takes_values_as_well(invoke: Invoke, greeting: Path) -> None:
    """With values it says whether the plan would run with them."""
    done = invoke("check", greeting, "--param", "name=Ann")
    assert (done.exit_code, "ready to run\n" in done.stdout) == (0, True)
    done = invoke("check", greeting, "--param", "nam=Ann")
    assert done.exit_code == 2
    assert "there is no parameter `nam`: did you mean `name`?" in done.stderr


def test_a_plan_runs_with_its_parameters(invoke: Invoke, greeting: Path) -> None:
    """The values are in the plan that is shown, run and journaled; a string is taken as it stands."""
    done = invoke("run", "--plan", greeting, "--param", "name={Ann} = 5")
    assert (done.exit_code, done.stdout) == (0, "HELLO {ANN} = 5\n")
    assert "text = hello {{Ann}} = 5" in done.stderr
    done = invoke("run", "--plan", greeting, "--param", "name=Ann", "--param", "loud=false")
    assert (done.exit_code, done.stdout) == (0, "(silence)\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [("values.yaml", "name: Ann\nloud: true\n"), ("values.json", '{"name": "Ann", "loud": true}')],
)
def test_parameters_may_come_from_a_file(
    invoke: Invoke, greeting: Path, folder: Path, name: str, content: str
) -> None:
    """YAML or JSON; what is typed goes before what the file says."""
    (folder / name).write_text(content)
    assert invoke("run", "--plan", greeting, "--params", name).stdout == "HELLO ANN\n"
    assert invoke("run", "--plan", greeting, "--params", name, "--param", "name=Bob").stdout == "HELLO BOB\n"


def test_what_is_missing_or_wrong_is_told_at_once_and_nothing_runs(invoke: Invoke, greeting: Path) -> None:
    """Exit 2, everything in one message with what to type, and no run is begun."""
    done = invoke("run", "--plan", greeting, "--param", "loud=perhaps", "--param", "nam=x")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "`name` is missing: it takes a string (whom to greet)" in done.stderr
    assert "`loud` takes a boolean" in done.stderr
    assert "there is no parameter `nam`" in done.stderr
    assert "--param name=TEXT" in done.stderr
    assert "no runs yet" in invoke("runs").stdout
    error = json.loads(invoke("run", "--plan", greeting, "--json").stdout)["error"]
    assert (error["type"], error["exit_code"]) == ("ParameterError", 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--param", "name"], "NAME=VALUE"),
        (["--param", "=x"], "NAME=VALUE"),
        (["--param", "name=a", "--param", "name=b"], "twice"),
        (["--params", "gone.yaml"], "gone.yaml"),
        (["--params", "list.yaml"], "it is not a list of parameters"),
    ],
)
def test_flags_that_are_none_end_with_2(
    invoke: Invoke, greeting: Path, folder: Path, arguments: list[str], says: str
) -> None:
    """A flag without a value, a value given twice, a file that is none: each is explained."""
    (folder / "list.yaml").write_text("[1, 2]\n")
    done = invoke("run", "--plan", greeting, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_goal_takes_no_parameters(invoke: Invoke) -> None:
    """Parameters are those of a plan that there is; the model writes none."""
    done = invoke("run", "say hello", "--param", "name=Ann")
    assert done.exit_code == 2
    assert "--plan" in done.stderr


def test_a_terminal_is_not_asked(terminal: Callable[..., Terminal], greeting: Path) -> None:
    """At a terminal too, what is missing is told, and nobody is asked for it."""
    screen = terminal("run", "--plan", str(greeting))
    screen.expect("`name` is missing")
    assert screen.wait() == 2


@pytest.mark.parametrize("name", ["saved.yaml", "saved.json"])
def test_the_round_trip_of_a_plan(
    invoke: Invoke, folder: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A goal is planned and saved; a person writes a parameter into the file; it runs with any value, and
    without asking a model again."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.answers = [PLANNED]
    assert invoke("plan", "say hello to Ann", "-o", name).exit_code == 0
    asked = len(server.questions)
    file = folder / name
    document = yaml.safe_load(file.read_text())
    document["params"] = {"who": {"type": "string"}}
    document["steps"][0]["inputs"]["text"] = {"template": "hello {params.who}"}
    file.write_text(json.dumps(document) if name.endswith("json") else yaml.safe_dump(document))
    assert "ready to run with values for who" in invoke("check", name).stdout
    assert invoke("run", "--plan", name).exit_code == 2
    assert invoke("run", "--plan", name, "--param", "who=Bob").stdout == "HELLO BOB\n"
    assert len(server.questions) == asked
