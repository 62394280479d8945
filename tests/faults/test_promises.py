"""The five promises of the executor, each with a test of its name, held under SIGKILL."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from callsheet.executor.journal.lease import Process
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import AttemptLost, AttemptStarted, RunPaused, RunStarted, encode

from .conftest import MakeStory
from .fork_server import Voice
from .plans import chain
from .scenes import claim_error, hold, rest, settle
from .story import Story

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("capability", ["add", "add_in_thread", "stumble", "look_up", "send"])
def test_a_completed_step_is_never_done_again(make_story: MakeStory, capability: str) -> None:
    """Whatever kind of step it is, and however often the run is killed right after its completion."""
    story = make_story(chain(capability, "add", "add"))
    assert story.live("after AttemptSucceeded", 1) is None
    before = story.begun("a")
    for _ in range(3):
        assert story.live("begun b", 1) is None
    assert story.live()["answer"] == 6
    assert story.begun("a") == before
    assert len(before) == 1
    story.check()


@pytest.mark.parametrize("count", range(1, 8))
def test_every_acknowledged_event_is_on_disk(make_story: MakeStory, count: int) -> None:
    """Killed right after an acknowledgement, the journal holds exactly what was acknowledged."""
    story = make_story(chain("add", "stumble", "look_up", "send"))
    assert story.live("append after", count) is None
    acknowledged = [entry.event for entry in story.testimony() if entry.event]
    assert [encode(event).decode() for event in story.events()] == acknowledged
    assert any(isinstance(event, RunStarted) for event in story.events())


def test_an_attempt_without_a_recorded_outcome_runs_again(make_story: MakeStory) -> None:
    """With the same idempotency key and the next number each time, and its losses use up no retries."""
    story = make_story(chain("add", "add"))
    deaths = ["begin b", "begun b", "done b", "before AttemptSucceeded", "begun b"]
    for place, death in enumerate(deaths):
        count = 2 if place == 0 and death.startswith("before") else 1
        assert story.live(death, count) is None
    assert story.live()["answer"] == 3
    started = [event for event in story.of(AttemptStarted) if event.step == "b"]
    assert [event.attempt for event in started] == [1, 2, 3, 4, 5, 6]
    assert len({event.key for event in started}) == 1
    assert [event.attempt for event in story.of(AttemptLost) if event.step == "b"] == [1, 2, 3, 4, 5]
    assert story.begun("b") == [2, 3, 4, 5, 6], "the first was killed before it began"
    story.check()


class TestIrreversibleWorkInDoubtPausesAndAsks:
    """An irreversible attempt whose outcome a crash left unknown."""

    @pytest.fixture(params=["committed AttemptStarted", "begin b", "begun b", "done b"])
    def story(self, make_story: MakeStory, request: pytest.FixtureRequest) -> Story:
        """Killed somewhere between the start of the irreversible step and the record of its end."""
        story = make_story(chain("add", "send", "add"))
        count = 2 if str(request.param).startswith("committed") else 1
        assert story.live(str(request.param), count) is None
        return story

    def test_it_is_not_tried_again(self, story: Story) -> None:
        """However often somebody resumes the run, it rests again, and says what it waits for."""
        before = story.begun("b")
        for _ in range(3):
            result = story.end(story.begin(rest))
            assert (result["status"], result["waiting"]) == ("paused", ["b"])
        assert story.begun("b") == before
        assert [event.in_doubt for event in story.of(AttemptLost)] == [True]
        assert [event.waiting for event in story.of(RunPaused)] == [("b",)] * 3
        story.check()

    def test_done(self, story: Story) -> None:
        """A person says that it is done, and with what: the run goes on with that."""
        before = story.begun("b")
        result = story.end(story.begin(settle, verdict="done", output={"result": 40}))
        assert (result["status"], result["answer"]) == ("completed", 43)
        assert story.begun("b") == before
        story.check()

    def test_again(self, story: Story) -> None:
        """A person says that it is to be done again: it is, once, as the next attempt."""
        before = story.begun("b")
        result = story.end(story.begin(settle, verdict="again"))
        assert (result["status"], result["answer"]) == ("completed", 6)
        assert story.begun("b") == [*before, 2]

    def test_failed(self, story: Story) -> None:
        """A person says that it failed: so does the run, and nothing after it begins."""
        result = story.end(story.begin(settle, verdict="failed"))
        assert result["status"] == "failed"
        assert story.begun("c") == []
        story.check()


def try_to_claim(voice: Voice, path: str, run: str) -> None:
    """Another process that wants the run."""
    voice.say(claim_error(path, run))


def test_a_run_has_one_owner_at_a_time(make_story: MakeStory) -> None:
    """A second process that opens it gets an error that names the first; once the first is dead, it
    gets the run."""
    story = make_story(chain("add", "add"))
    first = story.begin(hold, step="b")
    assert first.hear() == "holding"
    with closing(SqliteJournal(story.path)) as journal:
        run = journal.runs()[0].run
    words: dict[str, Any] = {"path": str(story.path), "run": run}
    refused = story.server.fork(try_to_claim, **words).last_words()
    assert refused == ["RunOwned", first.pid, Process.this().host], json.dumps(refused)
    first.kill()
    assert story.server.fork(try_to_claim, **words).last_words() is True
    assert story.live()["answer"] == 3
    story.check()
