"""Faults a run must survive: agents that are gone or changed, that return what nobody can keep, that end
their process, or do not listen."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.executor.journal.schema import connect
from callsheet.executor.machine.transitions import MAX_LOSSES
from callsheet.executor.run.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptSucceeded,
    RunFailed,
    StepFailed,
)

from .conftest import MakeStory
from .misfits import be_deaf, end_itself, exhaust, give, with_team
from .plans import chain
from .story import Story

pytestmark = pytest.mark.slow


class TestAnAgentIsGoneOrChanged:
    """Between the death of a run and its resumption."""

    @pytest.fixture
    def story(self, make_story: MakeStory) -> Story:
        """Killed in its second step."""
        story = make_story(chain("add", "look_up", "add"))
        assert story.live("begun b", 1) is None
        return story

    @pytest.mark.parametrize(
        ("change", "problem"),
        [("gone", "no agent provides 'look_up'"), ("schema", "'look_up' has a different output schema")],
    )
    def test_nobody_could_go_on(self, story: Story, change: str, problem: str) -> None:
        """The error says which capability, and nothing is changed; with the agent back the run goes on."""
        before = story.events()
        refused = story.end(story.begin(with_team, change=change))
        assert refused["refused"] == "AgentsChanged"
        assert problem in refused["text"]
        assert story.events() == before
        assert story.live()["answer"] == 6
        story.check()

    def test_another_agent_keeps_the_contract(self, story: Story) -> None:
        """It takes over."""
        result = story.end(story.begin(with_team, change="name"))
        assert (result["status"], result["answer"]) == ("completed", 6)
        assert story.begun("b") == [1, 2]
        story.check()

    def test_an_agent_whose_work_is_done_is_not_missed(self, story: Story) -> None:
        """Only what is left of the run needs somebody."""
        assert story.live("begun c", 1) is None
        assert story.end(story.begin(with_team, change="gone"))["answer"] == 6
        story.check()


class TestAnOutput:
    """Of a step in the middle, whatever it is."""

    def test_of_more_than_2_mb(self, make_story: MakeStory) -> None:
        """It is kept, once, by reference, and is there after a kill."""
        story = make_story(_giving("large"))
        assert story.end(story.begin(give, point="after AttemptSucceeded", count=1)) is None
        (kept,) = story.of(AttemptSucceeded)
        assert len(kept.output["value"]) == 3_000_000
        result = story.end(story.begin(give))
        assert result["answer"] == 3_000_000
        assert story.begun("a") == [1]
        connection = connect(story.path)
        ((rows, size),) = connection.execute("SELECT count(*), max(length(body)) FROM blobs")
        ((largest,),) = connection.execute("SELECT max(length(body)) FROM events")
        connection.close()
        assert (rows, size) == (1, 3_000_002)
        assert largest < 64 * 1024
        story.check()

    @pytest.mark.parametrize("what", ["nan", "set", "object", "too large", "wrong shape", "generator"])
    def test_that_cannot_be_kept(self, make_story: MakeStory, what: str) -> None:
        """NaN, what is no JSON, what is no object of the schema: one clear failure, not tried again."""
        story = make_story(_giving(what))
        result = story.end(story.begin(give))
        assert result["status"] == "failed"
        (failed,) = story.of(AttemptFailed)
        assert (failed.failure.kind, failed.failure.retryable) == ("invalid_output", False)
        (end,) = story.of(RunFailed)
        assert end.account.step == "a"
        assert "output" in end.account.describe() or "returned" in end.account.describe()
        assert story.begun("a") == [1]
        story.check()


def _giving(what: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [
        {"id": "a", "capability": "give", "inputs": {"what": what}},
        {"id": "b", "capability": "measure", "inputs": {"value": {"from": "a"}}},
    ]
    return {"goal": "an output", "steps": steps, "answer": {"from": "b"}}


class TestAStepEndsItsOwnProcess:
    """By `os._exit`, as a crash would."""

    def test_once(self, make_story: MakeStory) -> None:
        """The next attempt may do better."""
        story = make_story(chain("add", "add"))
        assert story.begin(end_itself, times=1).wait() == 3
        assert story.end(story.begin(end_itself, times=1))["answer"] == 3
        assert story.begun("b") == [1, 2]
        story.check()

    def test_always(self, make_story: MakeStory) -> None:
        """At last the step fails, rather than end every process that takes the run up."""
        story = make_story(chain("add", "add"))
        for _ in range(MAX_LOSSES):
            assert story.begin(end_itself, times=MAX_LOSSES).wait() == 3
        result = story.end(story.begin(end_itself, times=MAX_LOSSES))
        assert result["status"] == "failed"
        (failed,) = story.of(StepFailed)
        assert (failed.step, failed.failure.kind) == ("b", "lost")
        assert len(story.of(AttemptLost)) == MAX_LOSSES
        assert story.begun("a") == [1]
        story.check()

    def test_in_irreversible_work(self, make_story: MakeStory) -> None:
        """It is in doubt, and not tried again."""
        story = make_story(chain("add", "send"))
        assert story.begin(end_itself, times=100).wait() == 3
        result = story.end(story.begin(end_itself, times=100))
        assert (result["status"], result["waiting"]) == ("paused", ["b"])
        assert story.begun("b") == [1]
        story.check()


@pytest.mark.parametrize("isolation", ["loop", "thread"])
def test_an_agent_that_ignores_cancellation(make_story: MakeStory, isolation: str) -> None:
    """It is abandoned: the run goes on without it, and what it returns too late is dropped."""
    story = make_story(chain("add", "add", "add"))
    result = story.end(story.begin(be_deaf, isolation=isolation))
    assert (result["status"], result["answer"]) == ("completed", 6)
    (failed,) = story.of(AttemptFailed)
    assert (failed.step, failed.attempt, failed.failure.kind) == ("b", 1, "timeout")
    assert failed.failure.abandoned
    assert [event.attempt for event in story.of(AttemptSucceeded) if event.step == "b"] == [2]
    assert story.of(AttemptCancelled) == []
    story.check()


def test_an_agent_that_fails_until_it_rests(make_story: MakeStory) -> None:
    """Whatever waited for it goes on once its rest is over, new work as well as what it failed at."""
    inputs = {"numbers": {"from": "[item]"}, "salt": 0}
    items = {"from": "[0, 1, 2, 3, 4, 5, 6, 7]"}
    late = {"numbers": {"from": "[2, a]"}, "salt": 0}
    steps = [
        {"id": "fan", "capability": "stumble", "for_each": items, "inputs": inputs},
        {"id": "a", "capability": "add", "inputs": {"numbers": [1], "salt": 0}},
        {"id": "b", "capability": "stumble", "inputs": late},
    ]
    story = make_story({"goal": "rest", "steps": steps, "answer": {"from": "[sum(fan), b]"}})
    assert story.begin(exhaust).hear()["answer"] == [28, 3]
    story.check()
