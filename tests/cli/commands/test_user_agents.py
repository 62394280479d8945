"""`--agents` takes a person's own Python, and says where it goes wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.settings.errors import AgentsNotLoaded
from callsheet.settings.user_agents import load_agents
from tests.cli.conftest import Invoke

TEAM = '''
import callsheet

@callsheet.agent(effect="pure")
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()

@callsheet.agent(effect="pure")
def whisper(text: str) -> str:
    """Say it softly."""
    return text.lower()

loud = shout
'''


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a file of two agents, one of them under two names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "some_team.py").write_text(TEAM)
    return tmp_path / "some_team.py"


def test_a_file_gives_its_agents_in_order(team: Path) -> None:
    """Every agent at the top of the file is taken, once, in the order written."""
    assert [agent.name for agent in load_agents(str(team))] == ["shout", "whisper"]


def test_a_module_of_the_working_folder_gives_its_agents(team: Path) -> None:
    """A dotted name is imported as Python would from the working folder."""
    assert [agent.name for agent in load_agents("some_team")] == ["shout", "whisper"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1", "has no agents"),
        ("def broken(:", "SyntaxError"),
        ("a = 1\nraise RuntimeError('on purpose')", "RuntimeError: on purpose (at "),
        ("import nowhere_to_be_found", "nowhere_to_be_found"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_bad_file_is_explained(team: Path, source: str, says: str) -> None:
    """What is wrong with the code is said, with the place where it is known."""
    team.write_text(source)
    with pytest.raises(AgentsNotLoaded) as caught:
        load_agents(str(team))
    assert says in str(caught.value)
    assert caught.value.place == str(team)


def test_a_missing_file_or_module_is_named(team: Path) -> None:
    """A place that doesn't exist is named."""
    with pytest.raises(AgentsNotLoaded, match=r"gone\.py.*no such file"):
        load_agents("gone.py")
    with pytest.raises(AgentsNotLoaded, match="not_there_at_all"):
        load_agents("not_there_at_all")


def test_the_line_that_raised_is_named(team: Path) -> None:
    """The message has the line of the person's own file."""
    team.write_text("a = 1\n\nraise RuntimeError('on purpose')\n")
    with pytest.raises(AgentsNotLoaded, match=r"some_team\.py, line 3"):
        load_agents(str(team))


CRM = '''
import os
import callsheet
from rates import RATE

class Crm:
    @callsheet.agent(effect="read")
    def find(self, name: str) -> float:
        """Find the rate of a customer."""
        import late
        return RATE * late.FACTOR

    @callsheet.agent(effect="read")
    def locked(self, name: str) -> str:
        """Ask the service."""
        return os.environ["CRM_TOKEN"]

crm = Crm()
find = crm.find
'''


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of agents in another folder, with modules beside it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("CRM_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "rates.py").write_text("RATE = 1.5")
    (tmp_path / "team" / "late.py").write_text("FACTOR = 2")
    (tmp_path / "team" / "crm.py").write_text(CRM)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return Path("team", "crm.py")


def test_a_file_finds_the_modules_beside_it_and_the_methods_of_its_objects(crm: Path) -> None:
    """As `python team/crm.py` would, also while the agents work; a method under two names is one agent."""
    find, locked = load_agents(str(crm))
    assert (find.name, locked.name) == ("find", "locked")
    assert _run(find).answer == 3.0


KINDS = '''
import functools
from dataclasses import dataclass
from rates import RATE
import callsheet

@dataclass
class Shelf:
    """A dataclass with methods."""

    rows: int

    @callsheet.agent(effect="read")
    def count(self, name: str, context: callsheet.Context) -> float:
        """Count."""
        return self.rows * RATE

    @callsheet.agent(effect="pure")
    @staticmethod
    def outer(name: str) -> str:
        """Say it."""
        return name + "!"

    @staticmethod
    @callsheet.agent(effect="pure")
    def inner(name: str) -> str:
        """Say it."""
        return name + "?"

    @callsheet.agent(effect="pure")
    @classmethod
    def kind(cls, name: str) -> str:
        """Say it."""
        return cls.__name__

    def plain(self, name: str) -> int:
        """Count."""
        return self.rows

class Asker:
    async def __call__(self, name: str) -> str:
        """Ask."""
        return f"who is {name}?"

def greet(greeting: str, name: str) -> str:
    """Greet."""
    return f"{greeting} {name}"

shelf = Shelf(4)
plain = callsheet.agent(shelf.plain, effect="read")
asker = callsheet.agent(Asker(), effect="pure")
hello = callsheet.agent(functools.partial(greet, "hello"), effect="pure", name="hello")
bye = callsheet.agent(functools.partial(greet, greeting="bye"), effect="pure", name="bye")
'''


def test_a_file_offers_every_kind_of_method_and_object(crm: Path) -> None:
    """Static methods, with the decorator on either side, are found with the others."""
    crm.write_text(KINDS)
    found = {agent.name: agent for agent in load_agents(str(crm))}
    assert {name: _run(agent).answer for name, agent in found.items()} == {
        "count": 6.0,
        "outer": "ann!",
        "inner": "ann?",
        "kind": "Shelf",
        "plain": 4,
        "asker": "who is ann?",
        "hello": "hello ann",
        "bye": "bye ann",
    }


def test_two_files_of_one_name_are_two_modules(crm: Path) -> None:
    """They do not take each other's place."""
    crm.with_name("other").mkdir()
    other = crm.with_name("other") / "crm.py"
    other.write_text(TEAM)
    first, second = load_agents(str(crm))[0], load_agents(str(other))[0]
    assert first.__module__ != second.__module__


def test_a_missing_key_is_named_and_not_tried_again(crm: Path) -> None:
    """`os.environ["CRM_TOKEN"]` means that something is not configured."""
    result = _run(load_agents(str(crm))[1])
    assert result.account is not None
    assert len(result.steps["s1"].attempts) == 1
    assert (result.account.failure.exception, result.account.failure.message) == (
        "NotConfigured",
        "the environment variable CRM_TOKEN is not set; set it, and run again",
    )


def test_a_missing_key_of_a_file_that_needs_it_at_once_is_named(crm: Path) -> None:
    """With the line of the file, not one of Python's library."""
    crm.write_text("import os\n\nKEY = os.environ['CRM_TOKEN']\n")
    with pytest.raises(AgentsNotLoaded, match=r"NotConfigured: .*CRM_TOKEN is not set.*crm\.py, line 3\)"):
        load_agents(str(crm))


def test_doctor_shows_the_keys_that_are_missing(crm: Path, invoke: Invoke) -> None:
    """With where they are needed; it is no fault of the other agents."""
    done = invoke("doctor", "--agents", str(crm), "--json")
    (found,) = [each for each in json.loads(done.stdout)["findings"] if each["part"] == "environment"]
    assert (found["state"], found["advice"]) == ("lacking", "set CRM_TOKEN")
    assert f"CRM_TOKEN is not set (needed at {crm.resolve()}, line 16)" in found["text"]


def test_doctor_shows_keys_that_are_missed_by_name_and_in_modules_beside(crm: Path, invoke: Invoke) -> None:
    """`NotConfigured("KEY")` names a key; a module that the agents import may read one."""
    crm.with_name("rates.py").write_text(
        "import os, callsheet\nRATE = 1\n"
        "def key(): return os.environ['RATE_KEY']\n"
        "def other():\n    raise callsheet.NotConfigured('OTHER_KEY')\n"
    )
    done = invoke("doctor", "--agents", str(crm), "--json")
    (found,) = [each for each in json.loads(done.stdout)["findings"] if each["part"] == "environment"]
    assert "RATE_KEY is not set (needed at " in found["text"]
    assert "rates.py, line 3)" in found["text"]
    assert "OTHER_KEY is not set" in found["text"]
    assert "CRM_TOKEN is not set" in found["text"]


def test_an_error_at_decoration_has_the_line_in_the_file(crm: Path) -> None:
    """Once."""
    crm.write_text("import callsheet\n\n@callsheet.agent(effect='pure')\ndef wrong(name) -> str: ...\n")
    with pytest.raises(AgentsNotLoaded) as caught:
        load_agents(str(crm))
    assert str(caught.value).count("crm.py, line 3") == 1
    assert "signature.py" not in str(caught.value)


def _run(agent: Any) -> callsheet.RunResult:
    plan = {
        "goal": "find",
        "steps": [{"id": "s1", "capability": agent.name, "inputs": {"name": "ann"}}],
        "answer": {"from": "s1"},
    }
    return callsheet.run_sync(plan=plan, agents=[agent], store=MemoryJournal())
