"""Replays from Python: what is live, what happens otherwise, and what is recorded anew."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import beside
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.file import load_recording
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.errors import WhatIfInvalid
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import AttemptStarted, AttemptSucceeded
from callsheet.recordings.replay import ReplayTerms, Team, replay
from callsheet.recordings.replay_result import Replay

PLAN: dict[str, Any] = {
    "goal": "How many chairs are there, told to everybody?",
    "steps": [
        {"id": "chairs", "capability": "stock", "inputs": {"article": "chair"}},
        {
            "id": "told",
            "capability": "tell",
            "inputs": {"text": {"template": "{chairs} chairs"}},
        },
    ],
    "answer": {"from": "told"},
}
told: list[str] = []


@callsheet.agent(effect="read")
def stock(article: str) -> int:
    """Look up how many pieces there are."""
    return 12


@callsheet.agent(effect="irreversible")
def tell(text: str) -> str:
    """Tell everybody."""
    told.append(text)
    return text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The recording of a run without a model."""
    journal = MemoryJournal()

    async def yes(request: object) -> bool:
        return True

    result = callsheet.run_sync(plan=PLAN, agents=[stock, tell], store=journal, approve=yes)
    told.clear()
    path = tmp_path / "told.yaml"
    callsheet.record(result.run, path, store=journal)
    return path


def test_all_agents_are_live_but_for_what_cannot_be_undone(file: Path) -> None:
    """Unless it is named."""
    assert callsheet.replay_sync(file, live="agents", agents=[stock, tell]).answer == "12 chairs"
    assert told == []
    callsheet.replay_sync(file, live=["agents", "tell"], agents=[stock, tell])
    assert told == ["12 chairs"]


def test_what_takes_longer_takes_so_much_longer(file: Path) -> None:
    """However little that is; and nothing ends before it has begun."""
    run = callsheet.replay_sync(file, what_if=callsheet.WhatIf.slow("chairs", 0.5))
    (attempt,) = run.step("chairs").attempts
    assert attempt.ended is not None and attempt.ended - attempt.started >= 0.5
    times = [event.at for event in run.events if isinstance(event, AttemptStarted | AttemptSucceeded)]
    assert times == sorted(times)


@pytest.mark.parametrize("place", ["chairs:7", "chairs[0]", "told:2"])
def test_what_never_happens_is_a_mistake(file: Path, place: str) -> None:
    """A test that tries nothing proves nothing."""
    with pytest.raises(WhatIfInvalid, match="does not happen in the run"):
        callsheet.replay_sync(file, what_if=callsheet.WhatIf.fail(place, "no"))


def test_a_recording_is_not_given_up_for_a_run_that_ends_worse(file: Path) -> None:
    """The file stays as it is, and it is said why."""

    @callsheet.agent(effect="read", name="stock")
    def broken(article: str) -> int:
        """Look up how many pieces there are."""
        raise callsheet.Permanent("the shelf is gone")

    before = file.read_bytes()
    run = callsheet.replay_sync(file, live="stock", agents=[broken, tell], update=True)
    assert run.updated is None and run.obstacle is not None
    assert run.obstacle.summary.startswith("the run was completed when recorded, and is failed now")
    assert file.read_bytes() == before


def test_a_result_that_changed_is_recorded_anew(file: Path) -> None:
    """And that alone: what it is told with was not asked for again, because it cannot be undone; so it is
    named, and the new recording replays exactly."""

    @callsheet.agent(effect="read", name="stock")
    def fewer(article: str) -> int:
        """Look up how many pieces there are."""
        return 7

    run = callsheet.replay_sync(file, live=["stock", "tell"], agents=[fewer, tell], update=True)
    assert {drift.kind for drift in run.drifts} == {DriftKind.RESULT}
    again = callsheet.replay_sync(file)
    again.assert_no_drift()
    assert again.answer == "7 chairs"


def test_secrets_of_today_are_no_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They look like those that were taken out, and are in no verdict."""
    monkeypatch.setenv("SHELF_TOKEN", "opened-by-4711-sesame")

    @callsheet.agent(effect="read", name="stock")
    def open_shelf(article: str) -> str:
        """Look up where it is."""
        return "behind the door that opened-by-4711-sesame opens"

    plan = {**PLAN, "steps": PLAN["steps"][:1], "answer": {"from": "chairs"}}
    journal = MemoryJournal()
    result = callsheet.run_sync(plan=plan, agents=[open_shelf], store=journal)
    path = tmp_path / "shelf.yaml"
    callsheet.record(result.run, path, store=journal)
    run = callsheet.replay_sync(path, live="agents", agents=[open_shelf])
    assert run.drifts == ()

    @callsheet.agent(effect="read", name="stock")
    def moved(article: str) -> str:
        """Look up where it is."""
        return "now under what opened-by-4711-sesame opens"

    (drift, *_) = callsheet.replay_sync(path, live="agents", agents=[moved]).drifts
    assert drift.kind is DriftKind.RESULT
    assert "4711" not in drift.describe() and "<secret:SHELF_TOKEN>" in drift.describe()


def test_prompts_are_rendered_by_todays_agents_and_answered_as_before(tmp_path: Path) -> None:
    """`model="recorded"`: other instructions are a prompt drift, offline; the same are none."""

    def writer(instructions: str) -> callsheet.LLMAgent:
        return callsheet.LLMAgent("write", "write a line", instructions, input={"about": str})

    plan = {
        "goal": "Write about chairs",
        "steps": [{"id": "line", "capability": "write", "inputs": {"about": "chairs"}}],
        "answer": {"from": "line"},
    }
    journal = MemoryJournal()
    with callsheet.ScriptedModel(["Chairs are for sitting."]) as model:
        result = callsheet.run_sync(
            plan=plan, agents=[writer("One line about {{ about }}.")], model=model, store=journal
        )
    path = tmp_path / "line.yaml"
    callsheet.record(result.run, path, store=journal)
    same = callsheet.replay_sync(
        path, live="agents", model="recorded", agents=[writer("One line about {{ about }}.")]
    )
    assert same.drifts == () and same.answer == "Chairs are for sitting."
    other = callsheet.replay_sync(
        path, live="agents", model="recorded", agents=[writer("Two lines about {{ about }}.")]
    )
    (drift,) = other.drifts
    assert drift.kind is DriftKind.PROMPT and drift.where == "line, attempt 1"
    assert json.dumps(drift.lines).count("Two lines about") == 1


async def test_what_was_known_of_agents_is_in_the_recording(tmp_path: Path) -> None:
    """A plan that takes too long for its budget, as far as that is known, is refused again."""
    journal = MemoryJournal()
    slow = [stock]
    plan = {**PLAN, "steps": PLAN["steps"][:1], "answer": {"from": "chairs"}}
    usual = await callsheet.run(plan=plan, agents=slow, store=journal)
    (attempt,) = usual.steps["chairs"].attempts
    assert attempt.ended is not None
    known = journal.figures.read_statistics({"stock"})
    assert known
    with pytest.raises(callsheet.CallsheetError, match="the plan is not carried out"):
        await callsheet.run(plan=plan, agents=slow, store=journal, budget="0.000001s")
    path = tmp_path / "refused.yaml"
    callsheet.record(journal.runs(1)[0].run, path, store=journal)
    run = await callsheet.replay(path)
    run.assert_no_drift()
    assert run.failed


async def test_whoever_answered_a_question_answers_it_again(tmp_path: Path) -> None:
    """Where the planner is live and asks, it is told what it was told then; and so the recording is not given
    up for a run that waits."""
    asks = json.dumps({"steps": [], "answer": {"ask": "Which article?"}})
    plans = json.dumps({"steps": [{"id": "a", "do": {"stock": {"article": "chair"}}}], "answer": "{a}"})
    journal = MemoryJournal()
    with callsheet.ScriptedModel([asks, plans]) as model:
        orchestrator = callsheet.Orchestrator([stock], model=model, store=journal)
        paused = await orchestrator.run("How many are in stock?")
        await orchestrator.control.tell(paused.run, "chairs")
        assert (await orchestrator.resume(paused.run)).answer == 12
    path = tmp_path / "asked.yaml"
    callsheet.record(paused.run, path, store=journal)
    (await callsheet.replay(path)).assert_no_drift()

    @callsheet.agent(effect="read", name="stock")
    def other(article: str, shelf: int = 1) -> int:
        """Look up how many pieces there are on a shelf."""
        return 12

    with callsheet.ScriptedModel([asks, plans]) as model:
        run = await callsheet.replay(path, agents=[other], model=model, update=True)
    assert run.updated is not None and run.answer == 12
    (await callsheet.replay(path, agents=[other])).assert_no_drift()


class TestBeside:
    """A replay for code on a running event loop."""

    def test_what_is_live_stops_with_whoever_waits_for_it(self, file: Path) -> None:
        """An agent that was going to work for an hour is told, tidies up, and nothing of it is left."""
        began, heard = threading.Event(), list[str]()

        @callsheet.agent(effect="read", name="stock")
        async def for_an_hour(article: str) -> int:
            """Look up how many pieces there are."""
            began.set()
            try:
                for _ in range(3600):
                    await asyncio.sleep(1)
            except asyncio.CancelledError:
                heard.append("stop")
                raise
            finally:
                await asyncio.sleep(0)
                heard.append("tidied up")
            return 12

        async def lose_patience() -> None:
            replaying = asyncio.create_task(
                callsheet.replay(file, live="stock", agents=[for_an_hour, tell], update=True)
            )
            await asyncio.to_thread(began.wait)
            replaying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await replaying
            assert heard == ["stop", "tidied up"]

        before, written = set(threading.enumerate()), file.read_bytes()
        asyncio.run(lose_patience())
        assert set(threading.enumerate()) <= before
        assert (told, file.read_bytes()) == ([], written)

    async def test_what_has_not_begun_does_not(self, file: Path) -> None:
        """Whoever stops waiting while something else is done in the thread has nothing done after that."""
        go_on, asked = threading.Event(), list[str]()

        @callsheet.agent(effect="read", name="stock")
        async def look(article: str) -> int:
            """Look up how many pieces there are."""
            asked.append(article)
            return 12

        def replay_later() -> Replay:
            go_on.wait()
            return replay(
                load_recording(file),
                ReplayTerms(Liveness.from_names(["stock"]), Team(Registry([look, tell]))),
            )

        replaying = asyncio.create_task(beside(replay_later))
        await asyncio.sleep(0)
        replaying.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await replaying
        assert asked == []

    async def test_nobody_has_to_stop_waiting(self, file: Path) -> None:
        """What it comes to is as without a loop, errors too."""
        recording = load_recording(file)
        (await beside(replay, recording, ReplayTerms())).assert_no_drift()
        with pytest.raises(WhatIfInvalid, match="does not happen in the run"):
            await beside(replay, recording, ReplayTerms(what_ifs=(callsheet.WhatIf.fail("chairs:7", "no"),)))
