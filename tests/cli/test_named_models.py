"""Models that code names, as the command line does: they are asked, over a socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

import callsheet
from callsheet.orchestration.orchestrator import Orchestrator
from tests.trusted_folder import configure

from .chat_server import ChatServer

PLAN = {
    "goal": "write a line",
    "steps": [{"id": "line", "capability": "poet", "inputs": {"topic": "chairs"}}],
    "answer": {"from": "line"},
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_orchestrator_asks_the_model_of_a_name(tmp_path: Path) -> None:
    """The server stands in the settings of the working folder."""
    with ChatServer([json.dumps({"steps": [], "answer": "hello"})]).serving() as server:
        configure(tmp_path, f'base_url = "{server.base_url}"\n')
        whole = Orchestrator(model="openai/tiny", store=None)
        assert asyncio.run(whole.run("say hello")).answer == "hello"
        assert callsheet.run_sync("say hello", model="tiny", store=None).answer == "hello"
    assert {question["model"] for question in server.questions} == {"tiny"}


def test_an_agent_asks_the_model_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stands in the environment; the run itself has no model."""
    with ChatServer(["a chair is a chair"]).serving() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        poet = callsheet.LLMAgent(
            "poet", "Write a line.", "Write about {{ topic }}.", input={"topic": str}, model="openai/tiny"
        )
        monkeypatch.delenv("OPENAI_BASE_URL")
        result = callsheet.run_sync(plan=PLAN, agents=[poet], store=None)
    assert result.answer == "a chair is a chair"
    assert [question["model"] for question in server.questions] == ["tiny"]
