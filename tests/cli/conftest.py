"""What the tests of the command line share: a folder to work in, and the command itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from click.testing import CliRunner, Result

from callsheet.cli.application import application
from tests.trusted_folder import configure

from .background import Background
from .chat_server import ChatServer
from .script import open_shop
from .terminal import Terminal

TEAM = '''
import callsheet

@callsheet.agent(effect="pure")
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()

@callsheet.agent(effect="pure")
def refuse(text: str) -> str:
    """Never do it."""
    raise callsheet.Permanent("\\x1b[31mI will not\\x1b[0m")

@callsheet.agent(effect="pure")
async def linger(text: str) -> str:
    """Never come to an end."""
    import asyncio
    await asyncio.Event().wait()
    return text

@callsheet.agent(effect="irreversible")
def send(text: str) -> str:
    """Send it to everybody."""
    from pathlib import Path
    Path("sent.txt").write_text(text)
    return text
'''

GATED = '''
import asyncio, os
from pathlib import Path
import callsheet

def log(agent):
    file = os.open("log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{agent}\\n".encode())
    os.close(file)

@callsheet.agent(effect="pure")
def note(text: str) -> str:
    """Say it louder."""
    log("note")
    return text.upper()

@callsheet.agent(effect="pure")
async def gate(text: str) -> str:
    """Wait until the gate is open."""
    log("gate")
    while not Path("open").exists():
        await asyncio.sleep(0.01)
    return text

@callsheet.agent(effect="pure")
async def stubborn(text: str) -> str:
    """Wait until the gate is open, whatever is said."""
    log("stubborn")
    while not Path("open").exists():
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            log("ignored")
    return text

@callsheet.agent(effect="irreversible")
async def mail(text: str) -> str:
    """Mail it, and wait until the gate is open."""
    log("mail")
    while not Path("open").exists():
        await asyncio.sleep(0.01)
    return text
'''
"""Agents that log what they begin, and wait for a file `open` in the folder."""

Invoke: TypeAlias = Callable[..., Result]
Start: TypeAlias = Callable[..., Background]


def write_plan(folder: Path, *steps: dict[str, Any], answer: str, name: str = "plan.yaml") -> Path:
    """A plan file of these steps."""
    file = folder / name
    file.write_text(yaml.safe_dump({"goal": "try it", "steps": list(steps), "answer": {"from": answer}}))
    return file


def step(name: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step, as a plan file has it; a text that begins with `from ` is a reference."""
    bound = {
        key: {"from": value.removeprefix("from ")} if str(value).startswith("from ") else value
        for key, value in inputs.items()
    }
    return {"id": name, "capability": capability, "inputs": bound}


@pytest.fixture(autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what the person who runs the tests has set, or fetched, reaches them."""
    for name in tuple(os.environ):
        if name.startswith(("CALLSHEET_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CALLSHEET_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a team of agents, which callsheet.toml names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team.py").write_text(TEAM)
    configure(tmp_path, 'agents = ["team.py"]\n')
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Runs `callsheet` in the folder, in this process, without a terminal."""
    runner = CliRunner()

    def call(*arguments: object, input: str | None = None) -> Result:
        return runner.invoke(application, [str(each) for each in arguments], input=input)

    return call


@pytest.fixture
def child_environment() -> dict[str, str]:
    """The environment of a `callsheet` of its own: it imports what this process imports."""
    package = Path(sys.modules["callsheet"].__file__ or "").parent.parent
    return {**os.environ, "PYTHONPATH": str(package), "TERM": "xterm", "COLUMNS": "120"}


@pytest.fixture
def process(
    folder: Path, child_environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `callsheet` in the folder, in a process of its own, without a terminal."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "callsheet", *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=folder,
            env=child_environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@pytest.fixture
def gated(folder: Path) -> Path:
    """The working folder, with agents that wait for a file."""
    (folder / "gated.py").write_text(GATED)
    configure(folder, 'agents = ["gated.py"]\n')
    return folder


@pytest.fixture
def start(folder: Path, child_environment: dict[str, str]) -> Iterator[Start]:
    """Starts `callsheet` in the folder, in a process of its own, and doesn't wait for its end."""
    started: list[Background] = []

    def begin(*arguments: object) -> Background:
        command = [sys.executable, "-m", "callsheet", *map(str, arguments)]
        started.append(Background(command, folder, child_environment))
        return started[-1]

    yield begin
    for each in started:
        each.close()


@pytest.fixture
def terminal(folder: Path, child_environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Starts `callsheet` in the folder on a terminal of its own."""
    started: list[Terminal] = []

    def start(*arguments: object, columns: int = 120) -> Terminal:
        command = [sys.executable, "-m", "callsheet", *map(str, arguments)]
        environment = {**child_environment, "COLUMNS": str(columns)}
        started.append(Terminal(command, folder, environment))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A model behind HTTP on loopback that answers `done` until it is told otherwise."""
    with ChatServer(["done"]).serving() as running:
        yield running


@pytest.fixture
def said(server: ChatServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the planner says, one turn after the other: to be filled by the test."""
    open_shop(folder)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.answers.clear()
    return server.answers
