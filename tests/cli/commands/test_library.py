"""Known plans at the command line: taken where they fit and somebody asked for it, and never otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.functions.decorator import agent
from callsheet.agents.registry import Registry
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import (
    Event,
    PlanAdopted,
    RunCancelled,
    RunCompleted,
    RunCreated,
    WordSpoken,
)
from callsheet.orchestration.plan_reuse import NothingKnown, PlanLibrary, Reuse
from callsheet.planner.check.checker import CheckResult
from callsheet.planner.check.parameter_check import check_filled
from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan

SAY = 'say "hello" loudly'


@pytest.fixture
def server(server: ChatServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    """A model that plans to shout `planned`, as the environment names it."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    call = {"capability": "shout", "inputs": {"text": "planned"}}
    server.answers = [json.dumps({"steps": [{"id": "a", "call": call}], "answer": {"from": "a"}})]
    return server


@pytest.fixture
def known(invoke: Invoke, folder: Path) -> str:
    """A completed run for a goal that quotes something."""
    document = {"goal": SAY, "steps": [step("loud", "shout", text="hello")], "answer": {"from": "loud"}}
    (folder / "known.json").write_text(json.dumps(document))
    invoke("run", "--plan", "known.json")
    (folder / "known.json").unlink()
    return str(json.loads(invoke("runs", "--json").stdout)["runs"][0]["run"])


def test_a_known_plan_is_reused_when_that_is_asked_for(
    invoke: Invoke, server: ChatServer, known: str
) -> None:
    """The new goal's words are in the plan, which run it is from and what was exchanged is said, and no
    model is asked."""
    done = invoke("run", 'say "good day" loudly', "--reuse")
    assert (done.exit_code, done.stdout) == (0, "GOOD DAY\n")
    assert f"reused from run {known}" in done.stderr
    assert "hello → good day" in done.stderr
    assert "good day" in done.stderr.split("plan: 1 step")[1]
    assert not server.questions
    assert json.loads(invoke("show", "--json").stdout)["goal"] == 'say "good day" loudly'


def test_nothing_is_reused_unasked(invoke: Invoke, server: ChatServer, known: str) -> None:
    """Without --reuse the same goal is planned anew."""
    assert invoke("run", SAY).stdout == "PLANNED\n"
    assert server.questions


def test_where_nothing_fits_it_is_planned_as_usual(invoke: Invoke, server: ChatServer, known: str) -> None:
    """That there is no known plan is said."""
    done = invoke("run", 'whisper "good day"', "--reuse")
    assert (done.exit_code, done.stdout) == (0, "PLANNED\n")
    assert "no known plan fits" in done.stderr


def test_a_plan_that_nearly_fits_says_why_it_does_not(
    invoke: Invoke, server: ChatServer, folder: Path
) -> None:
    """A plan for a goal of the same shape that cannot be changed for certain is named with its reason."""
    document = {"goal": SAY, "steps": [step("loud", "shout", text="HELLO!")], "answer": {"from": "loud"}}
    (folder / "known.json").write_text(json.dumps(document))
    invoke("run", "--plan", "known.json")
    done = invoke("run", 'say "good day" loudly', "--reuse")
    assert done.stdout == "PLANNED\n"
    assert "`hello` stands nowhere in its plan" in done.stderr


def test_a_reused_plan_that_writes_is_asked_about(invoke: Invoke, server: ChatServer, folder: Path) -> None:
    """It goes to the usual review: nothing is written unasked."""
    save = step("save", "write_file", path="a.txt", content="x")
    file = write_plan(folder, save, answer="save")
    file.write_text(file.read_text().replace("try it", "save it to a.txt"))
    assert invoke("run", "--plan", file, "--yes").exit_code == 0
    assert invoke("run", "save it to b.txt", "--reuse").exit_code == 3
    assert not (folder / "b.txt").exists()
    assert invoke("run", "save it to b.txt", "--reuse", "--yes").exit_code == 0
    assert (folder / "b.txt").read_text() == "x"


def test_a_folder_of_plans_is_a_library(invoke: Invoke, server: ChatServer, folder: Path) -> None:
    """Plan files that check are known plans; whatever else lies there is left aside."""
    plans = folder / "plans"
    plans.mkdir()
    file = write_plan(plans, step("loud", "shout", text="hello"), answer="loud", name="say.yaml")
    file.write_text(file.read_text().replace("try it", f"'{SAY}'"))
    (plans / "notes.txt").write_text("no plan")
    (plans / "broken.yaml").write_text("goal: [")
    (plans / "other.json").write_text('{"goal": "say \\"x\\" loudly", "steps": []}')
    done = invoke("run", 'say "good day" loudly', "--library", "plans")
    assert (done.exit_code, done.stdout) == (0, "GOOD DAY\n")
    assert "say.yaml" in done.stderr
    assert invoke("run", SAY, "--library", "gone").exit_code == 2


@pytest.mark.parametrize("flags", [["--reuse"], ["--library", "."]])
def test_a_plan_has_no_use_for_a_library(invoke: Invoke, folder: Path, flags: list[str]) -> None:
    """Who gives a plan needs no other."""
    plan = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    assert invoke("run", "--plan", plan, *flags).exit_code == 2


# The library itself.


@agent(effect=Effect.READ)
def read(path: str, rows: int = 1) -> str:
    """Read a file."""
    return f"{path} {rows}"


def check(document: object) -> CheckResult:
    """Hold a plan against the one capability that there is."""
    return check_filled(document, {}, Registry([read]).catalog)


def document(goal: str, **inputs: Any) -> dict[str, Any]:
    """A plan that reads."""
    return {"goal": goal, "steps": [step("read", "read", **inputs)], "answer": {"from": "read"}}


async def journal_of(*runs: tuple[str, tuple[Event, ...]]) -> MemoryJournal:
    """A journal with these runs, the oldest first: goals, and what happened then."""
    journal = MemoryJournal()
    for at, (goal, events) in enumerate(runs):
        run = f"run{at}"
        await journal.create(RunCreated(float(at), run, goal, 1), *events)
        await journal.release(run)
    return journal


def adopted(goal: str, revision: int = 1, **inputs: Any) -> PlanAdopted:
    """The plan of a run."""
    return PlanAdopted(1.0, revision, document(goal, **inputs))


DONE = RunCompleted(2.0, None)
OLD = "read a.txt"
NEW = "read b.txt"


async def test_the_newest_plan_that_fits_is_taken() -> None:
    """Of several runs for goals of the shape, the latest whose plan can be changed."""
    journal = await journal_of(
        (OLD, (adopted(OLD, path="a.txt", rows=2), DONE)),
        (OLD, (adopted(OLD, path="a.txt", rows=3), DONE)),
        (OLD, (adopted(OLD, path="A.TXT", rows=4), DONE)),
    )
    found = PlanLibrary(journal).find(NEW, check)
    assert isinstance(found, Reuse)
    assert found.source == "run run1"
    assert found.checked.document == document(NEW, path="b.txt", rows=3)
    assert found.reason == "reused from run run1: a.txt → b.txt"


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ((adopted(OLD, path="a.txt"), RunCancelled(2.0, "no")), None),
        ((adopted(OLD, path="a.txt"),), None),
        ((adopted(OLD, path="a.txt"), WordSpoken(1.5, "the other one", ""), DONE), "said to the run"),
        ((adopted(OLD, path="x"), adopted(OLD, 2, path="a.txt"), DONE), "revised"),
        ((adopted(OLD, pth="a.txt"), DONE), "does not check any more"),
    ],
)
async def test_plans_of_their_run_alone_are_left_aside(events: tuple[Event, ...], says: str | None) -> None:
    """Runs that did not complete, plans that were made or changed with what came up in the run, and those
    that do not check against the present agents."""
    found = PlanLibrary(await journal_of((OLD, events))).find(NEW, check)
    assert isinstance(found, NothingKnown)
    assert says is None or says in found.near[0]
    assert bool(found.near) == (says is not None)


async def test_a_plan_that_wants_parameters_is_not_run_without(tmp_path: Path) -> None:
    """A file with a parameter that has no default is named, and left aside; one with defaults is taken."""
    plan = document(OLD, path="a.txt", rows="from params.rows")
    for schema, fits in (({"type": "integer"}, False), ({"type": "integer", "default": 2}, True)):
        (tmp_path / "plan.json").write_text(json.dumps({**plan, "params": {"rows": schema}}))
        found = PlanLibrary(MemoryJournal(), tmp_path).find(NEW, check)
        assert isinstance(found, Reuse) is fits
