"""Faults a run must survive: SIGKILL while the planner is asked what to do, and while its decision is carried
out."""

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
    AttemptStarted,
    ModelCalled,
    PersonAsked,
    PlanAdopted,
    ReplanningStarted,
    WordSpoken,
)

from .conftest import MakeStory
from .counsel import QUESTION, WORD, consult, mend, ponder, troubled
from .scenes import GATE
from .story import Story
from .test_killed import letters
from .witness import step_of

pytestmark = pytest.mark.slow

ANSWER = 10
STRIDE = 5
BOUNDARIES = 24
"""That a run passes at least, from the first question to its planner on."""


def effects(story: Story) -> dict[str, int]:
    """How often each step has had its effect."""
    return Counter(step_of(entry.key) for entry in story.testimony() if entry.what == "done")


def questions(story: Story) -> int:
    """How often the model was asked."""
    return sum(entry.what == "asked" for entry in story.testimony())


def check_mended(story: Story, result: Any) -> None:
    """The run came to what it comes to undisturbed, by one revision, and nothing was done twice."""
    assert (result["status"], result["answer"]) == ("completed", ANSWER)
    assert [event.revision for event in story.of(PlanAdopted)] == [1, 2]
    assert len(story.of(ReplanningStarted)) == 1
    assert (story.begun("a"), story.begun("b")) == ([1], [1]), "they were done before"
    story.check()


@pytest.mark.parametrize(
    ("point", "count", "again"),
    [
        ("before StepHeld", 1, 0),
        ("after StepHeld", 1, 0),
        ("before ReplanningStarted", 1, 0),
        ("committed ReplanningStarted", 1, 0),
        ("after ReplanningStarted", 1, 0),
        ("before ModelCalled", 1, 2),
        ("after ModelCalled", 1, 1),
        ("before ModelCalled", 2, 1),
        ("committed ModelCalled", 2, 0),
        ("after ModelCalled", 2, 0),
        ("append before PlanAdopted", 1, 1),
        ("append committed PlanAdopted", 1, 0),
        ("append after PlanAdopted", 1, 0),
        ("begin c", 1, 0),
    ],
)
def test_killed_while_the_planner_is_asked(make_story: MakeStory, point: str, count: int, again: int) -> None:
    """Whoever goes on asks the same, and what the model has answered is not asked again: only what was in
    flight, or not kept yet."""
    story = make_story(troubled())
    assert story.end(story.begin(mend, point=point, count=count)) is None
    check_mended(story, story.end(story.begin(mend)))
    assert len(story.of(ModelCalled)) == 2, "one that was no decision, and its repair"
    assert questions(story) == 2 + again
    assert effects(story) == {"a": 1, "b": 1, "c": 1, "d": 1}


@pytest.mark.parametrize(
    ("point", "times"),
    [("begun c", 1), ("done c", 2), ("append after AttemptSucceeded", 1), ("begun d", 1), ("done d", 1)],
)
def test_killed_in_the_middle_of_the_revised_plan(make_story: MakeStory, point: str, times: int) -> None:
    """Its work is like any other: an attempt without an outcome is made again, under the key that it has
    since the revision, and nobody asks the planner."""
    story = make_story(troubled())
    count = 3 if point.startswith("append") else 1
    assert story.end(story.begin(mend, point=point, count=count)) is None
    check_mended(story, story.end(story.begin(mend)))
    assert questions(story) == 2
    assert effects(story)["c"] == times
    keys = {event.key.split(":")[1] for event in story.of(AttemptStarted) if event.attempt > 1}
    assert keys <= {"c@2", "d@2"}


def test_killed_again_and_again(make_story: MakeStory) -> None:
    """For every fifth boundary from the trouble on: killed there, the run comes to the same."""
    kills = 0
    while True:
        story = make_story(troubled())
        assert story.end(story.begin(mend, point="after StepHeld", count=1)) is None
        result = story.end(story.begin(mend, count=1 + STRIDE * kills))
        if result is not None:
            break
        kills += 1
        check_mended(story, story.end(story.begin(mend)))
    check_mended(story, result)
    assert STRIDE * kills >= BOUNDARIES


class TestKilledWhileAPersonIsAsked:
    """The planner has a question."""

    @pytest.fixture
    def story(self, make_story: MakeStory) -> Story:
        """A run whose planner will ask."""
        return make_story(troubled())

    def finish(self, story: Story) -> None:
        """The answer is there: the run is carried to its end by it."""
        result = story.end(story.begin(consult))
        assert (result["status"], result["answer"]) == ("completed", ANSWER)
        assert [event.question for event in story.of(PersonAsked)] == [QUESTION]
        assert [(event.text, event.by) for event in story.of(WordSpoken)] == [(WORD, "somebody")]
        assert (story.begun("a"), story.begun("b")) == ([1], [1])
        assert effects(story) == {"a": 1, "b": 1, "c": 1, "d": 1}
        assert letters(story) == 0
        story.check()

    @pytest.mark.parametrize(
        "point",
        ["before PersonAsked", "committed PersonAsked", "after PersonAsked", "release before"],
    )
    def test_before_there_is_an_answer(self, story: Story, point: str) -> None:
        """The question is asked once, and waits; who resumes without an answer changes nothing."""
        assert story.end(story.begin(consult, point=point, count=1)) is None
        for _ in range(2):
            assert story.end(story.begin(consult))["status"] == "paused"
        assert questions(story) == 1 + (point == "before PersonAsked" and not story.of(ModelCalled)[1:])
        tell(story)
        self.finish(story)

    @pytest.mark.parametrize(
        "point",
        [
            "before RunResumed",
            "before WordSpoken",
            "committed WordSpoken",
            "after WordSpoken",
            "after ReplanningStarted",
            "append before PlanAdopted",
            "append after PlanAdopted",
        ],
    )
    def test_with_the_answer_in_the_mailbox(self, story: Story, point: str) -> None:
        """It is taken with its letter or not at all, and counts once."""
        assert story.end(story.begin(consult))["status"] == "paused"
        assert tell(story) is None, "nobody has the run"
        assert story.end(story.begin(consult, point=point, count=1)) is None
        self.finish(story)


def test_two_processes_resume_while_the_planner_is_asked(make_story: MakeStory) -> None:
    """One gets the run and asks; the other is told who has it, and asks nobody."""
    story = make_story(troubled())
    assert story.end(story.begin(ponder, point="after ReplanningStarted", count=1)) is None
    lives = [story.begin(ponder) for _ in range(2)]
    words = {life.pid: life.hear() for life in lives}
    (winner,) = (life for life in lives if words[life.pid] == "asked")
    (loser,) = (life for life in lives if life is not winner)
    assert (words[loser.pid]["refused"], words[loser.pid]["pid"]) == ("RunOwned", winner.pid)
    (story.folder / GATE).touch()
    check_mended(story, story.end(winner))
    assert questions(story) == 1


def test_killed_with_a_wish_in_the_mailbox(make_story: MakeStory) -> None:
    """Said while the planner was thinking, it is heard by whoever goes on, once."""
    story = make_story(troubled())
    life = story.begin(ponder)
    assert life.hear() == "asked"
    while not story.of(ReplanningStarted):
        time.sleep(0.01)
    tell(story)
    story.kill(life)
    (story.folder / GATE).touch()
    result = story.end(story.begin(mend))
    assert (result["status"], result["answer"]) == ("completed", ANSWER)
    assert [event.text for event in story.of(WordSpoken)] == [WORD]
    assert (story.begun("a"), story.begun("b")) == ([1], [1])
    assert letters(story) == 0
    story.check()


def tell(story: Story) -> int | None:
    """Somebody, in this process, says something to the planner. The pid of who has the run."""

    async def say_so() -> int | None:
        with closing(SqliteJournal(story.path)) as journal:
            owner = await RunControl(journal, SystemClock()).tell(journal.runs()[0].run, WORD, "somebody")
            return None if owner is None else owner.pid

    return asyncio.run(say_so())
