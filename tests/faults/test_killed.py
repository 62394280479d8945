"""Faults a run must survive: SIGKILL, at the moments that others are hurt by."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.driver.control import RunControl
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import (
    ApprovalGranted,
    ApprovalRequested,
    AttemptLost,
    AttemptStarted,
    CancellationRequested,
    ModelCalled,
    RetryDue,
    RetryScheduled,
    decode,
)

from .conftest import MakeStory
from .plans import chain
from .scenes import anew, ask, cancel, plan_it
from .story import Story

pytestmark = pytest.mark.slow


def test_killed_before_a_steps_start_is_on_disk(make_story: MakeStory) -> None:
    """Nothing of it happened, so it begins once, as its first attempt."""
    story = make_story(chain("add", "add", "add"))
    assert story.live("before AttemptStarted", 2) is None
    assert story.begun("b") == []
    assert story.live()["answer"] == 6
    assert story.begun("b") == [1]
    story.check()


def test_killed_in_the_middle_of_a_step(make_story: MakeStory) -> None:
    """It is lost, and tried again as the next attempt; what was done before it is not."""
    story = make_story(chain("add", "add", "add"))
    assert story.live("begun b", 1) is None
    assert story.live()["answer"] == 6
    assert (story.begun("a"), story.begun("b"), story.begun("c")) == ([1], [1, 2], [1])
    assert [(event.step, event.attempt) for event in story.of(AttemptLost)] == [("b", 1)]
    story.check()


def test_killed_between_the_effect_and_its_record(make_story: MakeStory) -> None:
    """What may be done twice is, under the same key; what may not waits for somebody who looks, and is
    not."""
    story = make_story(chain("add", "send", "add"))
    assert story.live("done a", 1) is None
    assert story.live("done b", 1) is None
    assert story.live()["answer"] == 6
    done = Counter(entry.key.split(":")[1] for entry in story.testimony() if entry.what == "done")
    assert done == {"a": 2, "b": 1, "c": 1}
    story.check()


@pytest.mark.parametrize("moment", ["committed", "after"])
def test_killed_after_the_record(make_story: MakeStory, moment: str) -> None:
    """What is recorded is done, whether anybody heard that it is or not."""
    story = make_story(chain("add", "send", "add"))
    assert story.live(f"{moment} AttemptSucceeded", 2) is None
    assert story.live()["answer"] == 6
    assert (story.begun("a"), story.begun("b")) == ([1], [1])
    story.check()


@pytest.mark.parametrize("place", [1, 7, 20])
def test_killed_in_a_20_way_fan_out(make_story: MakeStory, place: int) -> None:
    """Items whose end is recorded stay done, the others run again, and the list is in order."""
    items = {"from": f"[{', '.join(map(str, range(20)))}]"}
    inputs = {"numbers": {"from": "[item]"}, "salt": 0}
    fan = {"id": "fan", "capability": "add", "for_each": items, "inputs": inputs}
    story = make_story({"goal": "a fan", "steps": [fan], "answer": {"from": "fan"}})
    assert story.live("done fan", place) is None
    assert story.live("done fan", 1) is None
    assert story.live()["answer"] == list(range(20))
    story.check()


@pytest.mark.parametrize(
    ("point", "count"),
    [
        ("before ModelCalled", 1),
        ("after ModelCalled", 1),
        ("before ModelCalled", 2),
        ("after ModelCalled", 2),
        ("before PlanAdopted", 1),
        ("after PlanAdopted", 1),
    ],
)
def test_killed_while_planning(make_story: MakeStory, point: str, count: int) -> None:
    """Planning goes on where it was: what the model has answered is not asked again."""
    story = make_story(chain("add", "add"))
    assert story.end(story.begin(plan_it, point=point, count=count)) is None
    result = story.end(story.begin(plan_it))
    assert (result["status"], result["answer"]) == ("completed", 3)
    assert len(story.of(ModelCalled)) == 2, "one that did not check, and its repair"
    asked = [entry for entry in story.testimony() if entry.what == "asked"]
    assert len(asked) == 2 + ("before ModelCalled" in point)


def test_killed_in_a_backoff(make_story: MakeStory) -> None:
    """What is left of the wait is waited for, and then the attempt is made once."""
    story = make_story(chain("stumble", "add"))
    assert story.live("after RetryScheduled", 1) is None
    # The same clock again: it begins before the retry is due.
    assert story.end(story.begin(life=0))["answer"] == 3
    (scheduled,), (due,) = story.of(RetryScheduled), story.of(RetryDue)
    assert due.at >= scheduled.due
    assert [event.attempt for event in story.of(AttemptStarted) if event.step == "a"] == [1, 2]
    story.check()


class TestKilledWhileWaitingForApproval:
    """A person is being asked when the process dies."""

    @pytest.fixture
    def story(self, make_story: MakeStory) -> Story:
        """A run that has begun to wait."""
        plan = chain("add", "add")
        plan["steps"][1]["approval"] = True
        return make_story(plan)

    def kill_while_asked(self, story: Story) -> None:
        life = story.begin(ask)
        assert life.hear() == "asked"
        while not story.of(ApprovalRequested):
            time.sleep(0.01)
        story.kill(life)
        assert story.kills == 1

    def test_nobody_is_asked_before_the_question_is_on_disk(self, story: Story) -> None:
        """Else a word in answer to it may find no question, after a kill."""
        life = story.begin(ask)
        assert life.hear() == "asked"
        while not story.of(ApprovalRequested):
            time.sleep(0.01)
        story.kill(life)
        seen = [entry.what if not entry.event else decode(entry.event) for entry in story.testimony()]
        assert any(isinstance(each, ApprovalRequested) for each in seen[: seen.index("asked")])

    @pytest.mark.parametrize("times", [1, 2])
    def test_approved_meanwhile(self, story: Story, times: int) -> None:
        """The answer waits for whoever resumes; said twice it counts once."""
        self.kill_while_asked(story)
        for _ in range(times):
            assert approve(story) is None, "nobody has the run"
        assert result_of(story)["answer"] == 3
        assert [event.by for event in story.of(ApprovalGranted)] == ["somebody"]
        assert story.begun("b") == [1]
        assert letters(story) == 0
        story.check()

    def test_asked_again(self, story: Story) -> None:
        """Where nobody has answered, whoever resumes asks again."""
        self.kill_while_asked(story)
        life = story.begin(ask)
        assert life.hear() == "asked"
        assert story.begun("b") == []
        assert approve(story) == life.pid
        assert story.end(life)["answer"] == 3
        story.check()

    @pytest.mark.parametrize("moment", ["before", "committed", "after"])
    def test_killed_while_the_answer_is_taken(self, story: Story, moment: str) -> None:
        """The answer is taken with the letter, or not at all."""
        self.kill_while_asked(story)
        approve(story)
        assert story.end(story.begin(ask, point=f"{moment} ApprovalGranted", count=1)) is None
        assert result_of(story)["answer"] == 3
        assert len(story.of(ApprovalGranted)) == 1
        assert letters(story) == 0
        story.check()


@pytest.mark.parametrize(
    "moment", ["before CancellationRequested", "after CancellationRequested", "before RunCancelled"]
)
def test_killed_while_cancelling(make_story: MakeStory, moment: str) -> None:
    """Whoever resumes the run cancels it, and nothing begins any more."""
    story = make_story(chain("add", "add"))
    assert story.end(story.begin(cancel, point=moment, count=1)) is None
    assert story.end(story.begin(cancel))["status"] == "cancelled"
    assert (story.begun("a"), story.begun("b")) == ([1], [])
    assert [event.reason for event in story.of(CancellationRequested)] == ["enough"]
    assert letters(story) == 0
    story.check()


def test_killed_five_times_during_resume(make_story: MakeStory) -> None:
    """Wherever in the resuming that is."""
    story = make_story(chain("add", "send", "add"))
    assert story.live("begun b", 1) is None
    resuming = [f"{moment} RunResumed" for moment in ("before", "committed", "after")]
    for point in ("claim before", "claim after", *resuming):
        assert story.live(point, 1) is None
    assert story.kills == 6
    assert story.live()["answer"] == 6
    assert story.begun("a") == [1]
    story.check()


@pytest.mark.parametrize(
    ("point", "lookups"),
    [
        ("reserve before", 1),
        ("reserve after", 1),
        ("begun a", 3),
        ("keep before", 2),
        ("sql INSERT output,", 2),
        ("keep after", 1),
    ],
)
def test_killed_in_a_cache_write(make_story: MakeStory, point: str, lookups: int) -> None:
    """Nobody waits for the dead: another run gets the result or does the work, and so does the first,
    once it goes on. The work is done again only where its result was not kept."""
    story = make_story(chain("look_up", "add"))
    assert story.live(point, 1) is None
    with closing(SqliteJournal(story.path)) as journal:
        first = journal.runs()[0].run
    for run in (None, first):
        result = story.end(story.begin(anew, run=run))
        assert (result["status"], result["answer"]) == ("completed", 3)
    assert len(story.begun("a")) == lookups


def approve(story: Story) -> int | None:
    """Somebody, in this process, approves of whatever waits. The pid of who has the run."""

    async def say_so() -> int | None:
        with closing(SqliteJournal(story.path)) as journal:
            control = RunControl(journal, SystemClock())
            owner = await control.approve(journal.runs()[0].run, by="somebody")
            return None if owner is None else owner.pid

    return asyncio.run(say_so())


def letters(story: Story) -> int:
    """How many wait."""

    async def count() -> int:
        with closing(SqliteJournal(story.path)) as journal:
            return len(await journal.signals.unanswered(journal.runs()[0].run))

    return asyncio.run(count())


def result_of(story: Story) -> Any:
    """What the next life comes to, in which everybody is asked and nobody answers."""
    word = None
    life = story.begin(ask)
    while (heard := life.hear()) is not None:
        word = heard
    assert life.wait() == 0
    return word
