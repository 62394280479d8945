"""`callsheet show --step` and `--full`: inputs with their expressions, prompts, answers, whole outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan

LONG = "word " * 400
POET = """
import callsheet

poet = callsheet.LLMAgent("poet", "Write a line.", "Write about {{ topic }}.", input={"topic": str})

@callsheet.agent(effect="pure")
def stretch(text: str) -> str:
    "Make it long."
    return text + " word" * 400

@callsheet.agent(effect="pure", max_retries=1)
def fail(text: str) -> str:
    "Fail."
    raise callsheet.Retryable("not now \\x1b[31m" + text)
"""


@pytest.fixture
def ran(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with a model, a template, a for_each, and a long output."""
    (folder / "poets.py").write_text(POET)
    plan = write_plan(
        folder,
        step("long", "stretch", text="a chair"),
        {"id": "poem", "capability": "poet", "inputs": {"topic": {"template": "this: { long }"}}},
        {
            "id": "each",
            "capability": "shout",
            "for_each": ["p", "q"],
            "inputs": {"text": {"from": "item + str(len(poem))"}},
        },
        answer="each",
    )
    with ChatServer(["a chair\x1b[2J is a chair"]).serving() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        done = invoke("run", "--plan", plan, "--agents", "poets.py", "--agents", "team.py")
        assert done.exit_code == 0, done.stderr


@pytest.mark.usefixtures("ran")
class TestDetails:
    def test_a_step_is_shown_whole(self, invoke: Invoke) -> None:
        """Its inputs, resolved and with the expression; its prompt and answer; its output to the end."""
        shown = invoke("show", "last", "--step", "poem").stdout
        assert "topic (= this: { long }): this: a chair word word" in shown
        assert "asked openai/gpt-5 (100 tokens in, 20 out" in shown
        assert "      Write about " in shown
        assert '"text": "a chair' in shown or "a chair is a chair" in shown
        assert "\x1b" not in shown
        assert shown.count("word") >= 800
        assert "shout" not in shown
        whole = invoke("show", "last", "--step", "long").stdout
        assert whole.rstrip().endswith('word"\n    }')
        assert "text: a chair\n" in whole

    def test_items_have_their_own_inputs(self, invoke: Invoke) -> None:
        """Each with the item and the attempt."""
        shown = invoke("show", "last", "--step", "each").stdout
        assert "inputs of item 0, attempt 1:\n    text (from item + str(len(poem))): p" in shown
        assert "inputs of item 1, attempt 1:\n    text (from item + str(len(poem))): q" in shown

    def test_full_has_every_step(self, invoke: Invoke) -> None:
        """And the answer."""
        shown = invoke("show", "last", "--full").stdout
        for part in ("long  stretch", "poem  poet", "each  shout", "asked openai/gpt-5", "answer:"):
            assert part in shown
        assert len(invoke("show", "last").stdout) < len(shown)

    def test_json_has_all_of_it(self, invoke: Invoke) -> None:
        """Without a flag; with --step, the step alone."""
        steps = {each["id"]: each for each in json.loads(invoke("show", "last", "--json").stdout)["steps"]}
        (attempt,) = steps["poem"]["attempts"]
        assert attempt["inputs"]["topic"].startswith("this: a chair word")
        assert steps["poem"]["expressions"] == {"topic": "= this: { long }"}
        (call,) = attempt["calls"]
        assert "Write about" in call["messages"][-1]["content"]
        assert "is a chair" in call["reply"]
        alone = json.loads(invoke("show", "last", "--step", "poem", "--json").stdout)
        assert alone == steps["poem"]

    def test_a_step_that_is_not_there_is_told(self, invoke: Invoke) -> None:
        """Exit 2, with the one that may be meant."""
        done = invoke("show", "last", "--step", "peom")
        assert (done.exit_code, "did you mean `poem`?" in done.stderr) == (2, True)
        done = invoke("show", "last", "--step", "poem", "--revisions")
        assert (done.exit_code, "--revisions" in done.stderr) == (2, True)


def test_what_the_planner_asked_is_shown(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A goal's prompt, and the model's plan, word for word."""
    answer = json.dumps({"steps": [{"id": "s", "do": {"shout": {"text": "hi"}}}], "answer": "{s}"})
    with ChatServer([answer]).serving() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert invoke("run", "say hi loudly", "--yes").exit_code == 0
    shown = invoke("show", "last", "--full").stdout
    assert "the planner asked openai/gpt-5" in shown
    assert "say hi loudly" in shown
    assert '"do": {"shout": {"text": "hi"}}' in shown
    (call,) = json.loads(invoke("show", "last", "--json").stdout)["planning"]
    assert call["reply"] == answer


def test_inputs_are_shown_again_only_where_they_differ(invoke: Invoke, folder: Path) -> None:
    """Two attempts at the same work were given the same."""
    (folder / "poets.py").write_text(POET)
    plan = write_plan(folder, step("s", "fail", text="x"), answer="s")
    assert invoke("run", "--plan", plan, "--agents", "poets.py").exit_code == 1
    shown = invoke("show", "last", "--step", "s").stdout
    assert shown.count("inputs, attempt") == 1
    assert "attempt 2" in shown
