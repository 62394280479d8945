"""What earlier releases wrote is opened by this one: journals, recordings and plans, as they were left.

Each folder beside this file is a release. `runs.sql` is its journal, written out; the recordings were made of
the runs in it, by that release. They are never written anew.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner, Result

import callsheet
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.cli.application import application
from tests.trusted_folder import configure

RELEASES = Path(__file__).parent
COMPLETED, WAITING, KILLED = "7a930b17323d", "8f2f4957aed9", "f8c328a99578"
OVER_BUDGET, REVISED, ASKED = "955892c1de9b", "60e8974ac3fa", "4ed53905c8ef"
RECORDINGS = ["completed", "waiting", "killed", "revised", "asked"]
REPLANNED = ["revised", "asked"]
"""The recordings in which a planner was asked something."""

Invoke: TypeAlias = Callable[..., Result]


@pytest.fixture(params=["0.1"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder as a user of that release left it."""
    monkeypatch.chdir(tmp_path)
    for file in (RELEASES / request.param).iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    configure(tmp_path, 'agents = ["team.py"]\nbuiltin = false\n')
    (tmp_path / ".callsheet").mkdir()
    with closing(sqlite3.connect(tmp_path / ".callsheet" / "runs.db")) as journal:
        journal.execute("PRAGMA journal_mode = WAL")
        journal.executescript((tmp_path / "runs.sql").read_text("utf-8"))
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Runs `callsheet` of today in that folder."""
    runner = CliRunner()

    def call(*arguments: str) -> Result:
        return runner.invoke(application, list(arguments))

    return call


def document(result: Result) -> Any:
    """What a command printed as JSON."""
    return json.loads(result.stdout)


class TestJournals:
    def test_every_run_is_listed_with_how_it_ended(self, invoke: Invoke) -> None:
        """Nothing is missing, and a run whose process was killed is told from one that is over."""
        runs = {each["run"]: each for each in document(invoke("runs", "--json"))["runs"]}
        assert {run: each["status"] for run, each in runs.items()} == {
            COMPLETED: "completed",
            WAITING: "paused",
            KILLED: "running",
            OVER_BUDGET: "failed",
            REVISED: "completed",
            ASKED: "paused",
        }
        assert [run for run, each in runs.items() if each["interrupted"]] == [KILLED]

    @pytest.mark.parametrize("run", [COMPLETED, WAITING, KILLED, OVER_BUDGET, REVISED, ASKED])
    def test_every_run_is_shown(self, invoke: Invoke, run: str) -> None:
        """Its steps, its revisions and its events, as text and as JSON."""
        for flags in ([], ["--revisions"], ["--json"]):
            assert invoke("show", run, *flags).exit_code == 0

    def test_a_run_that_waits_is_approved_and_goes_on(self, invoke: Invoke, folder: Path) -> None:
        """What was done before is not done again; the message is sent once."""
        assert invoke("approve", WAITING, "mail").exit_code == 0
        assert (folder / "sent.txt").read_text() == "There are 20 things\n"
        shown = document(invoke("show", WAITING, "--json"))
        assert (shown["status"], shown["answer"]) == ("completed", 20)

    def test_work_that_a_kill_left_in_doubt_is_asked_about(self, invoke: Invoke) -> None:
        """Whether the message was sent is unknown: the run pauses, asks, and takes the word for it."""
        assert invoke("resume", KILLED, "--yes").exit_code == 3
        answered = invoke("answer", KILLED, "done", "--output", '{"result": "sent"}', "--json")
        assert (answered.exit_code, document(answered)["status"]) == (0, "completed")

    def test_a_planner_that_asked_hears_the_answer(self, invoke: Invoke, folder: Path) -> None:
        """A run that waits in the middle of replanning goes on with the planner of today."""
        empty: dict[str, Any] = {"add": [], "remove": [], "repoint": [], "answer": None, "question": None}
        shelf = {"id": "shelf", "do": {"count": {"shelf": "oak"}}}
        revise = {"reason": "he said oak", "decision": "revise", "replace": [shelf], **empty}
        assert invoke("answer", ASKED, "the one of oak", "--no-resume").exit_code == 0
        team = runpy.run_path(str(folder / "team.py"))
        orchestrator = callsheet.Orchestrator(
            [team["count"], team["double"]],
            model=ScriptedModel([json.dumps(revise)]),
            store=folder / ".callsheet" / "runs.db",
        )
        result = asyncio.run(orchestrator.resume(ASKED))
        assert (str(result.status), result.answer) == ("completed", 6)


class TestRecordings:
    @pytest.mark.parametrize("name", RECORDINGS)
    def test_nothing_differs_in_a_recording_but_what_planners_are_asked(
        self, invoke: Invoke, name: str
    ) -> None:
        """What today's release decides is what was decided then, up to where a planner is asked otherwise
        than it was: prompts may be improved, and that is told as what it is."""
        (replayed,) = document(invoke("replay", f"{name}.yaml", "--json"))["recordings"]
        assert replayed.get("error") is None
        assert {drift["kind"] for drift in replayed["drifts"]} == ({"prompt"} if name in REPLANNED else set())


class TestPlans:
    def test_a_plan_checks_and_runs(self, invoke: Invoke) -> None:
        """With its parameters, fan-out, condition, join and approval."""
        assert invoke("check", "plan.yaml").exit_code == 0
        done = document(invoke("run", "--plan", "plan.yaml", "--param", "town=Ghent", "--yes", "--json"))
        assert (done["status"], done["answer"]) == ("completed", 20)
