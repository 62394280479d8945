"""What is no longer as it was recorded: it is found, the first thing is the cause, and its kind is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from callsheet.agents.agent import Agent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.registry import Registry
from callsheet.executor.machine.commands import SetTimer
from callsheet.executor.machine.decisions import give_up_or_retry
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.drift.comparison import model_drifts
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    ConditionDecided,
    Event,
    ModelCalled,
    RetryScheduled,
)
from callsheet.planner.grants.grant import Grant
from callsheet.planner.planning import prompt as planning_prompt
from callsheet.planner.replanning import prompt as replan_prompt
from callsheet.recordings.replay import ReplayTerms, Team, replay

from .scenes import SCENES
from .shop import FIRST, MENDED, RIGHT, SENTENCE, Shop, do, kinds, live, recorded

STRICT = ReplayTerms()


def changed(recording: Recording, place: int, **fields: Any) -> Recording:
    """The recording with one event changed."""
    events = list(recording.events)
    events[place] = msgspec.structs.replace(events[place], **fields)
    return replace(recording, events=tuple(events))


def place_of(recording: Recording, kind: type[Event], number: int = 0) -> int:
    """Where the event of this kind is, counted from the first."""
    return [at for at, event in enumerate(recording.events) if isinstance(event, kind)][number]


def test_where_nothing_has_changed_nothing_is_found() -> None:
    """Strictly, and beside the team of then."""
    recording = recorded()
    assert recording.status == "completed"
    for terms in (STRICT, ReplayTerms(team=Shop().team()), live("agents", shop=Shop())):
        replay(recording, terms).assert_no_drift()


@pytest.mark.parametrize(("module", "where"), [(planning_prompt, "planner"), (replan_prompt, "replanner")])
def test_another_prompt(module: Any, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template has another text: the nearest question is shown, with the lines that differ."""
    recording = recorded()
    render = module.render
    monkeypatch.setattr(module, "render", lambda name, **words: f"{render(name, **words)}\nBe brief.")
    found = replay(recording, STRICT)
    assert (kinds(found), found.is_cut_short) == ([DriftKind.PROMPT], True)
    (drift,) = found.drifts
    assert drift.where == where
    assert "messages[0] (system)" in drift.summary
    assert "+Be brief." in drift.lines
    monkeypatch.undo()
    replay(recording, STRICT).assert_no_drift()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": "Count."}, "description"),
        ({"output": str}, "output_schema"),
        ({"gone": True}, "gone"),
    ],
)
def test_another_contract(change: dict[str, Any], field: str) -> None:
    """A description, the type of an output, and a capability that no agent provides any more."""

    @agent(effect="read", description=change.get("description"))
    async def stock(article: str) -> int:
        """Look up how many pieces of an article there are."""
        return 1

    @agent(effect="read", name="stock")
    async def stock_in_words(article: str) -> str:
        """Look up how many pieces of an article there are."""
        return "one"

    _, *others = Shop().agents()
    today: dict[str, list[Agent]] = {"description": [stock], "output_schema": [stock_in_words], "gone": []}
    found = replay(recorded(), ReplayTerms(team=Team(Registry([*today[field], *others]))))
    assert set(kinds(found)) == {DriftKind.AGENT_SCHEMA}
    assert found.drifts[0].where == "stock"
    assert any(field in line for line in found.drifts[0].lines) or field == "gone"
    beside = replay(recorded(), ReplayTerms(team=Team(Registry(others), is_whole=False)))
    beside.assert_no_drift()


def test_another_result() -> None:
    """An agent of today counts other chairs: that is the cause, and what follows from it comes after."""
    found = replay(recorded(), live("stock", shop=Shop(chairs=3)))
    assert kinds(found)[0] is DriftKind.RESULT
    assert found.drifts[0].where in ("count", "worth, attempt 1")


def test_another_answer_of_the_model() -> None:
    """The same question is answered otherwise: that comes first, and then the result."""
    turns = (RIGHT, "Chairs are for standing on.")
    found = replay(recorded(RIGHT, SENTENCE), live("planner", "describe", shop=Shop(), turns=turns))
    assert kinds(found)[0] is DriftKind.MODEL
    assert set(kinds(found)) == {DriftKind.MODEL, DriftKind.RESULT}


def test_another_plan() -> None:
    """The planner of today does without the description."""
    shorter = FIRST.replace("{text} {worth}", "{worth}")
    found = replay(recorded(), live("planner", "agents", shop=Shop(), turns=(shorter, SENTENCE, MENDED)))
    assert DriftKind.PLAN in kinds(found)
    assert DriftKind.DECISION not in kinds(found)


def test_another_wait_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backoff is another: the first retry is where the courses part."""
    (recording,) = SCENES["approved"]().tell()
    assert any(isinstance(event, RetryScheduled) for event in recording.events)
    monkeypatch.setattr("callsheet.executor.machine.decisions.retry_delay", lambda *place: 17.0)
    found = replay(recording, STRICT)
    first = recording.events[place_of(recording, RetryScheduled)]
    assert isinstance(first, RetryScheduled)
    assert (kinds(found)[0], found.drifts[0].where) == (DriftKind.DECISION, first.step)
    assert '+ due: "17 s later"' in found.drifts[0].lines
    monkeypatch.undo()
    replay(recording, STRICT).assert_no_drift()


def test_another_decision_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives up where it used to try again; or a condition comes out otherwise."""
    (recording,) = SCENES["approved"]().tell()
    once = "callsheet.executor.machine.machine.give_up_or_retry"
    with monkeypatch.context() as patch:

        def give_up(state: Any, work: Any, failure: Any) -> Any:
            command = give_up_or_retry(state, work, failure)
            given_up = msgspec.structs.replace(failure, retryable=False)
            return give_up_or_retry(state, work, given_up) if isinstance(command, SetTimer) else command

        patch.setattr(once, give_up)
        assert kinds(replay(recording, STRICT))[0] is DriftKind.DECISION
    (place,) = [at for at, event in enumerate(recording.events) if isinstance(event, ConditionDecided)]
    found = replay(changed(recording, place, holds=False), STRICT)
    assert (kinds(found)[0], found.drifts[0].where) == (DriftKind.DECISION, "saves")
    replay(recording, STRICT).assert_no_drift()


def test_a_recording_that_was_edited() -> None:
    """An output that is another leads to other inputs behind it; the answer of a model, to another plan."""
    recording = recorded()
    success = place_of(recording, AttemptSucceeded, 1)
    found = replay(changed(recording, success, output={"result": 99}), STRICT)
    assert found.drifts
    mistaken = changed(recording, place_of(recording, ModelCalled), reply=RIGHT)
    assert kinds(replay(mistaken, STRICT))[0] is DriftKind.PLAN


def test_what_was_not_recorded_fails_at_once_and_shows_the_nearest() -> None:
    """A question that nobody recorded: the fields in which the nearest one differs are named."""
    recording = recorded()
    place = place_of(recording, ModelCalled)
    call = recording.events[place]
    assert isinstance(call, ModelCalled)
    request = msgspec.structs.replace(call.request, seed=77, max_tokens=3)
    found = replay(changed(recording, place, request=request), STRICT)
    assert (kinds(found), found.is_cut_short) == ([DriftKind.PROMPT], True)
    (drift,) = found.drifts
    assert drift.where == "planner"
    assert {"max_tokens", "seed"} <= set(drift.summary.replace(",", " ").split())
    assert {"- seed: 77", "- max_tokens: 3"} <= set(drift.lines)


def test_what_was_recorded_and_nobody_asks_for_fails_at_the_end() -> None:
    """A call that an attempt is said to have made, and that is in none of its questions."""
    recording = recorded()
    calls = [at for at, event in enumerate(recording.events) if isinstance(event, ModelCalled) and event.step]
    call = recording.events[calls[0]]
    started = [event for event in recording.events if isinstance(event, AttemptStarted)]
    other = next(event for event in started if event.step == "worth")
    foreign = msgspec.structs.replace(call, step="worth", attempt=other.attempt + 1, at=call.at)
    events = (*recording.events[:-1], foreign, recording.events[-1])
    found = replay(replace(recording, events=events), STRICT)
    assert DriftKind.PROMPT in kinds(found)
    assert any("no longer sent" in drift.summary for drift in found.drifts)


def test_a_recording_that_goes_on_behind_the_end() -> None:
    """What is left over is counted."""
    recording = recorded()
    retry = RetryScheduled(recording.events[-1].at, "count", 9, recording.events[-1].at)
    found = replay(replace(recording, events=(*recording.events[:-1], retry, recording.events[-1])), STRICT)
    assert kinds(found)[0] is DriftKind.DECISION


def test_questions_that_are_the_same_belong_together() -> None:
    """Another question in between, or at the beginning, does not make all that come after it others."""
    recording = recorded()
    calls = [event for event in recording.events if isinstance(event, ModelCalled) and event.midway]
    assert calls
    odd = msgspec.structs.replace(
        calls[0], request=msgspec.structs.replace(calls[0].request, temperature=0.7), reply="what?"
    )
    at = place_of(recording, ModelCalled, 1)
    more = (*recording.events[:at], odd, *recording.events[at:])
    (drift,) = model_drifts(recording.events, more)
    assert (drift.kind, drift.where) == (DriftKind.PROMPT, "replanner")
    assert "one more question" in drift.summary
    (drift,) = model_drifts(more, recording.events)
    assert "no longer asked" in drift.summary


def staff(lines: list[str]) -> list[Agent]:
    """The shop's, and somebody who writes down `lines`."""

    @agent(effect="write")
    async def note(line: str) -> str:
        """Write a line down."""
        lines.append(line)
        return line

    return [*Shop().agents(), note]


def _nothing(*asked: object) -> Mapping[str, str]:
    return {}


def noted() -> Recording:
    """A run whose revision has a step that writes."""
    mended = json.loads(MENDED)
    mended |= {"add": [do("note", "note", line="{count}")], "answer": "{text} {worth} {note}"}
    return recorded(FIRST, SENTENCE, json.dumps(mended), agents=staff([]))


def test_what_an_earlier_release_asked_nobody_about_is_no_drift() -> None:
    """A recording has what was asked when it was made. Where something is live, a person is asked first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Grant, "widened_by", _nothing)
        recording = noted()
    assert recording.status == "completed"
    replay(recording, STRICT).assert_no_drift()
    lines: list[str] = []
    found = replay(recording, ReplayTerms(Liveness.from_names(["note"]), Team(Registry(staff(lines)))))
    assert (found.status, lines) == ("paused", [])


def test_what_nobody_is_asked_about_any_more_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that waited when it was recorded, and would not today, is found."""
    recording = noted()
    assert recording.status == "paused"
    replay(recording, STRICT).assert_no_drift()
    monkeypatch.setattr(Grant, "widened_by", _nothing)
    assert replay(recording, STRICT).drifts
