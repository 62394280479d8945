"""`--agents` takes a person's own Python, and says where it goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callsheet.settings.errors import AgentsNotLoaded
from callsheet.settings.user_agents import load_agents

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
