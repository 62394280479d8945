"""Faults a run must survive: more than one process that wants it, and clocks that lie."""

from __future__ import annotations

import signal

import pytest

from callsheet.executor.run.events import AttemptStarted, AttemptSucceeded, RetryDue, RetryScheduled

from .conftest import MakeStory
from .mishaps import jump, stall
from .plans import chain
from .scenes import GATE, hold, take_over
from .stage import QUICK

pytestmark = pytest.mark.slow


def test_two_processes_resume_one_run(make_story: MakeStory) -> None:
    """One gets it; the other is told who has it, and changes nothing."""
    story = make_story(chain("add", "add"))
    assert story.live("begun b", 1) is None
    lives = [story.begin(hold, step="b") for _ in range(2)]
    words = {life.pid: life.hear() for life in lives}
    (winner,) = (life for life in lives if words[life.pid] == "holding")
    (loser,) = (life for life in lives if life is not winner)
    assert (words[loser.pid]["refused"], words[loser.pid]["pid"]) == ("RunOwned", winner.pid)
    (story.folder / GATE).touch()
    assert story.end(winner)["answer"] == 3
    assert story.begun("b") == [1, 2]
    story.check()


def test_an_owner_that_is_stopped_taken_over_and_continued(make_story: MakeStory) -> None:
    """Its late writes are refused, by the name of who has the run; the new owner's stay."""
    story = make_story(chain("add", "add"))
    first = story.begin(hold, step="b")
    assert first.hear() == "holding"
    first.signal(signal.SIGSTOP)
    second = story.begin(take_over, step="b")
    assert second.hear() == "holding"
    before = story.events()
    (story.folder / GATE).touch()
    assert story.end(second)["answer"] == 3
    first.signal(signal.SIGCONT)
    late = story.end(first)
    assert late["refused"] == "RunTakenOver"
    after = story.events()
    assert after[: len(before)] == before
    assert [(event.step, event.attempt) for event in story.of(AttemptSucceeded)] == [("a", 1), ("b", 2)]
    done = [(entry.key[-1], entry.attempt, entry.pid) for entry in story.testimony() if entry.what == "done"]
    assert done == [("a", 1, first.pid), ("b", 2, second.pid), ("b", 1, first.pid)]
    story.check()


def test_an_agent_that_blocks_the_event_loop(make_story: MakeStory) -> None:
    """Its run stays its own, however much longer than a lease it takes."""
    story = make_story(chain("add", "add"))
    first = story.begin(stall, step="b", seconds=3 * QUICK.expiry)
    assert first.hear() == "stalling"
    refused = story.end(story.begin(hold, step="b"))
    assert (refused["refused"], refused["pid"]) == ("RunOwned", first.pid)
    assert first.hear() == "stalled", "the other was refused while it blocked"
    assert story.end(first)["answer"] == 3
    assert story.begun("b") == [1]
    story.check()


class TestTheClockJumps:
    """By an hour, to and fro."""

    @pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
    @pytest.mark.parametrize("after", [1, 5, 9, 13])
    def test_while_it_runs(self, make_story: MakeStory, seconds: float, after: int) -> None:
        """The run comes to the same, and nothing times out or is lost."""
        story = make_story(chain("add", "stumble", "look_up", "send"))
        result = story.end(story.begin(jump, seconds=seconds, after=after))
        assert (result["status"], result["answer"]) == ("completed", 10)
        assert [event.attempt for event in story.of(AttemptStarted)] == [1, 1, 2, 1, 1]
        story.check()

    @pytest.mark.parametrize("life", [-1, 1])
    def test_between_two_lives(self, make_story: MakeStory, life: int) -> None:
        """A backoff lasts no longer than was decided, and work that is done stays done."""
        story = make_story(chain("add", "stumble", "add"))
        assert story.live("after RetryScheduled", 1) is None
        # Each life's clock begins an hour after that of the one before.
        assert story.end(story.begin(life=life))["answer"] == 6
        (scheduled,), (due,) = story.of(RetryScheduled), story.of(RetryDue)
        resumed = 1_750_000_000.0 + 3600 * life
        assert due.at - resumed <= scheduled.due - scheduled.at + 0.1
        assert (story.begun("a"), story.begun("b"), story.begun("c")) == ([1], [2], [1])
        story.check()
