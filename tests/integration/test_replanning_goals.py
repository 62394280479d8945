"""Goals in which something goes wrong, each with a planner that knows what to do: driven to a good end or an
honest stop, and nothing that is done is done again."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.replanning.figures import figures_of
from benchmarks.replanning.play import Played, play
from benchmarks.replanning.scene import Scene, read_scenes
from benchmarks.replanning.script import scripted
from benchmarks.replanning.verdict import Ending, judge
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.run.events import AttemptStarted, AttemptSucceeded, Event, PlanAdopted, ResultKept
from callsheet.planner.formats.full.plan_format import FullFormat

ROOT = Path(__file__).parents[2]
SCENES = {scene.name: scene for scene in read_scenes()}
KEPT = {"bad_item": 3, "letter_bounced": 1, "missing_file": 1, "too_long": 1}
"""The work of a first plan that counts in the last one, where there is any."""


def played(scene: Scene, folder: Path, *decisions: Any) -> Played:
    """The scene, with the planner's decisions as they are written down in it, or with these."""
    model = ScriptedModel([json.dumps(each) for each in decisions]) if decisions else scripted(scene)
    with model:
        return run_virtually(play(scene, model, FullFormat(), folder, VirtualClock()))


@pytest.mark.parametrize("name", SCENES)
def test_a_goal_gets_to_its_end(name: str, tmp_path: Path) -> None:
    """A good end where there is one, else a stop that says why; every decision asked for once, and no
    attempt at what was done already."""
    scene = SCENES[name]
    found = played(scene, tmp_path)
    ending = Ending.GOOD if scene.end == "good" else Ending.HONEST
    assert found.verdict.ending is ending, found.verdict.why
    assert bool(found.verdict.why) is (scene.end == "stop")
    figures = found.figures
    assert figures.calls == figures.asked == len(scene.decisions)
    assert (figures.repeated, found.done_twice) == ([], 0)
    assert len(figures.kept) == KEPT.get(name, 0)


def test_the_benchmark_holds_the_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 0 where nothing was done again or ended badly, and its figures are there for programs."""
    assert (
        main(["replanning", "--model", "scripted", "--json", "--scene", "too_long", "--scene", "refused"])
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert [row["end"] for row in report["rows"]] == ["honest stop", "good end"]
    assert report["totals"]["done again without a changed input"] == 0


def test_there_are_goals_enough() -> None:
    """Ten that have a good end, and two that have none; each of them fails without its revision."""
    ends = [scene.end for scene in SCENES.values()]
    assert ends.count("good") >= 10
    assert ends.count("stop") >= 2


@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if scene.decisions])
def test_without_a_way_on_the_run_stops_and_claims_nothing(name: str, tmp_path: Path) -> None:
    """Where the planner gives up, no goal counts as reached: what is judged is what was done."""
    reason = {"reason": "I know no way on.", "decision": "give_up"}
    ending, why = played(SCENES[name], tmp_path, reason).verdict
    assert ending is (Ending.EARLY if SCENES[name].end == "good" else Ending.HONEST)
    assert "I know no way on." in why


def test_a_wrong_decision_is_a_bad_end(tmp_path: Path) -> None:
    """The judge sees what is missing, and what should not have been done."""
    april = {"replace": [{"id": "s2", "do": {"read_file": {"path": "minutes_2026_04.md"}}}]}
    wrong = {"reason": "April will do.", "decision": "revise", **april}
    verdict = played(SCENES["missing_file"], tmp_path / "april", wrong).verdict
    assert verdict.ending is Ending.BAD and "lacks blue paint" in verdict.why
    empty = {"reason": "Nothing is a figure too.", "decision": "accept"}
    assert played(SCENES["empty_table"], tmp_path / "empty", empty).verdict.ending is Ending.BAD


def test_a_deed_that_nobody_wanted_is_a_bad_end_however_the_run_ends(tmp_path: Path) -> None:
    """A letter to the wrong person is not made good by an error."""
    scene, folder = SCENES["letter_bounced"], tmp_path
    found = played(scene, folder, {"reason": "No such person.", "decision": "give_up"})
    assert found.verdict.ending is Ending.EARLY
    (folder / "deeds.txt").write_text("letter to boss@example.org: I quit\n")
    assert judge(scene, found.result, folder).ending is Ending.BAD


def test_doing_again_what_is_done_is_noticed() -> None:
    """The promise is held against the events by content, whatever the step is called."""

    def adopted(revision: int, *steps: str, afresh: tuple[str, ...] = ()) -> PlanAdopted:
        documents = [{"id": step, "capability": "look"} for step in steps]
        return PlanAdopted(0.0, revision, {"steps": documents}, (), "", afresh)

    def began(step: str, **inputs: Any) -> AttemptStarted:
        return AttemptStarted(0.0, step, 1, "agent", "key", 1.0, inputs)

    def done(step: str) -> AttemptSucceeded:
        return AttemptSucceeded(0.0, step, 1, {})

    before: list[Event] = [adopted(1, "a", "x"), began("a", at=1), done("a"), began("x")]
    again: list[Event] = [adopted(2, "b", afresh=("b",)), began("b", at=1)]
    assert figures_of([*before, *again]).repeated == ['look {"at": 1}']
    other: list[Event] = [adopted(2, "b", "x", afresh=("b",)), began("b", at=2), began("x")]
    assert figures_of([*before, *other]).repeated == []
    kept: list[Event] = [adopted(2, "a", "b", afresh=("b",)), ResultKept(0.0, "b", {}, "a")]
    assert figures_of([*before, *kept]).kept == {("a", None), ("b", None)}


def test_the_example_runs_and_prints_what_was_mended(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tries it sees the answer, the reason, and that what was done was not done again."""
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / "replanning.py"), run_name="__main__")
    answer, reason, attempts = capsys.readouterr().out.splitlines()
    assert answer == "300.0 euros, 4.0 pieces"
    assert reason.endswith("revised: The revenue is in the column net_sales.")
    assert attempts == "{'units': 1, 'revenue': 2}"
