"""Plans that are carried out while they are written."""

from __future__ import annotations

import json
from functools import partial

import pytest

from callsheet.executor.run.events import AttemptStarted, DraftGrown, DraftHalted, PlanAdopted

from .exact import require_exact
from .scenes import BUSY, SCENES
from .story import Day, Story, say_yes
from .world import Mind, Nature, decision, hands, written

SLOW = Nature(["good"], [0.5, 1.5], [6.0])


@pytest.mark.parametrize("pieces", [1, 2, 7, 40])
def test_steps_start_when_they_did(pieces: int) -> None:
    """However the model writes its plan, at once or in many pieces: each draft, and each start, at its
    time."""
    mind = Mind([written(BUSY), decision("give_up")], SLOW, pieces=pieces)
    days = [Day({"approve": say_yes})]
    (recording,) = Story(partial(hands, SLOW), mind, begin={"stream": True}, days=days).tell()
    kinds = [type(event) for event in recording.events]
    assert kinds.index(DraftGrown) < kinds.index(PlanAdopted)
    if pieces > 1:
        assert kinds.index(AttemptStarted) < kinds.index(PlanAdopted)
    require_exact(recording)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 5.5, 6.5])
@pytest.mark.parametrize("what", ["tell", "pause", "cancel", "interrupt", "interrupt twice"])
def test_what_is_said_while_the_plan_is_written(what: str, seconds: float) -> None:
    """A word counts when it counted; a pause and an end come when they came, and the draft goes on as it
    did."""
    story = SCENES["streamed"]()
    days = [Day({"approve": say_yes}, [(seconds, what)]), Day({"approve": say_yes})]
    (recording,) = Story(story.agents, story.model, begin=story.begin, days=days).tell()
    require_exact(recording)


def test_a_draft_that_is_taken_back() -> None:
    """What is written later gives what was drafted another meaning."""
    steps = json.loads(written(BUSY))["steps"]
    twice = json.dumps({"steps": [*steps, steps[0]], "answer": "done"})
    mind = Mind([twice, written(BUSY), decision("give_up")], SLOW, pieces=9)
    days = [Day({"approve": say_yes})]
    (recording,) = Story(partial(hands, SLOW), mind, begin={"stream": True}, days=days).tell()
    assert any(isinstance(event, DraftHalted) for event in recording.events)
    require_exact(recording)
