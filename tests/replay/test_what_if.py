"""What would have been: what follows is what the executor does; what was recorded holds as far as it goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.errors import WhatIfInvalid
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    DoubtSettled,
    DoubtVerdict,
    Event,
    ModelCalled,
    PlanAdopted,
    RetryScheduled,
    RunResumed,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import RunStatus
from callsheet.recordings.replay import ReplayTerms, replay
from callsheet.recordings.replay_result import Replay

from .scenes import SCENES, step
from .shop import RIGHT, SENTENCE, Shop, live, recorded
from .story import Day, Story, say_yes
from .test_deaths import dying
from .world import Nature, given_by, hands, planned

GIVE_UP = json.dumps({"reason": "nothing can be done", "decision": "give_up", "question": None})


def imagined(*what_ifs: WhatIf) -> Replay:
    """A run whose plan was right, with something happening otherwise, and nothing live."""
    return replay(recorded(RIGHT, SENTENCE), ReplayTerms(what_ifs=what_ifs))


def test_one_attempt_that_fails_is_tried_again() -> None:
    """The second one is as it was recorded, or does the same work."""
    found = imagined(WhatIf.fail("worth:1", "closed"))
    assert (found.is_what_if, found.is_cut_short, found.completed) == (True, False, True)
    assert sum(isinstance(event, RetryScheduled) for event in found.events) == 1
    assert found.answer == "Chairs are for sitting. 120"


def test_what_always_fails_is_asked_about_and_cut_short() -> None:
    """Nobody recorded what the planner says to that, and it is said so."""
    found = imagined(WhatIf.fail("worth", "closed for good"))
    assert found.is_cut_short
    assert "replanner" in found.drifts[0].where
    assert sum(isinstance(event, AttemptFailed) for event in found.events) == 3


def test_with_the_planner_live_it_is_asked() -> None:
    """What was recorded is not asked again; the decision about the failure is today's."""
    terms = live("planner", turns=[GIVE_UP], what_ifs=(WhatIf.fail("worth", "closed"),))
    found = replay(recorded(RIGHT, SENTENCE), terms)
    assert (found.is_cut_short, found.failed) == (False, True)
    assert sum(isinstance(event, ModelCalled) for event in found.events) == 3


def test_what_was_recorded_of_the_planner_holds() -> None:
    """The recorded run was revised because of this very failure."""
    found = replay(recorded(), ReplayTerms(what_ifs=(WhatIf.slow("worth", 3.0),)))
    assert sum(isinstance(event, PlanAdopted) for event in found.events) == 2
    assert (found.is_cut_short, found.completed) == (False, True)


def test_another_output_leads_to_work_that_was_not_recorded() -> None:
    """Without anybody to do it that is the end; with a team of today it goes on."""
    given = WhatIf.give("count", {"result": 3})
    assert imagined(given).is_cut_short
    shop = Shop()
    found = replay(recorded(RIGHT, SENTENCE), live("price", shop=shop, what_ifs=(given,)))
    assert (found.answer, shop.done) == ("Chairs are for sitting. 30", ["price 3"])


def test_an_output_that_is_none_is_judged() -> None:
    """It breaks the contract of its capability."""
    found = imagined(WhatIf.give("text", {"no": "text"}))
    (failed, *_) = (event for event in found.events if isinstance(event, AttemptFailed))
    assert failed.failure.kind == "invalid_output"


def test_slow_work_takes_its_time_and_too_much_of_it() -> None:
    """Longer than recorded by so much, and longer than it may."""
    recording = recorded(RIGHT, SENTENCE)
    found = replay(recording, ReplayTerms(what_ifs=(WhatIf.slow("worth", 50.0),)))
    assert found.completed
    assert found.events[-1].at - recording.events[-1].at == pytest.approx(50.0, abs=0.1)
    late = replay(recording, ReplayTerms(what_ifs=(WhatIf.slow("worth:1", 500.0),)))
    assert any(isinstance(event, AttemptFailed) and event.failure.kind == "timeout" for event in late.events)


def test_a_process_that_is_killed_is_followed_by_another() -> None:
    """The attempt is lost, and made again."""
    found = imagined(WhatIf.kill("worth"))
    names = [type(event) for event in found.events]
    assert names.count(RunResumed) == 1 and AttemptLost in names
    starts = [event for event in found.events if isinstance(event, AttemptStarted) and event.step == "worth"]
    assert [event.attempt for event in starts] == [1, 2]
    assert found.status is RunStatus.COMPLETED


def test_several_things_and_single_items() -> None:
    """By attempt, and all at once."""
    found = imagined(WhatIf.fail("worth:1", "a"), WhatIf.fail("text:1", "b"), WhatIf.slow("count", 2.0))
    failures = [event.failure.message for event in found.events if isinstance(event, AttemptFailed)]
    assert (sorted(failures), found.completed) == (["a", "b"], True)


@pytest.mark.parametrize("place", ["nowhere", "worth:9"])
def test_what_never_happens_is_no_question(place: str) -> None:
    """No such step, no such attempt."""
    with pytest.raises(WhatIfInvalid):
        imagined(WhatIf.fail(place, "x"))


def cut_off(capability: str, settles: DoubtVerdict = "again") -> Recording:
    """A run whose process died while a step of this capability was under way."""
    steps = [
        step("one", "think"),
        step("two", capability, given_by(["one"])),
        step("three", "think", given_by(["two"])),
    ]
    nature = Nature(["good"], [2.0])
    for events in range(2, 20):
        story = Story(
            partial(hands, nature),
            plan=planned(steps),
            begin={"review": None},
            days=[Day({"approve": say_yes}, dies_after=events), *[Day({"approve": say_yes})] * 2],
            settles=settles,
        )
        (recording,) = story.tell()
        if any(isinstance(event, AttemptLost) and event.step == "two" for event in recording.events):
            assert recording.status == "completed"
            return recording
    raise AssertionError("it never died while the step was under way")


def output_of(recording: Recording, step: str) -> Any:
    """What a step gave in the recorded run."""
    return run_state_of(recording.events).steps[step].output


def test_work_that_was_lost_comes_to_what_it_came_to_later() -> None:
    """Where the run goes its own way its process does not die, and nothing waits for an end that nobody
    saw."""
    recording = cut_off("think")
    found = replay(recording, ReplayTerms(what_ifs=(WhatIf.slow("one", 1.0),)))
    assert found.completed
    assert found.step("two").output == output_of(recording, "two")
    assert not any(isinstance(event, AttemptFailed | AttemptLost) for event in found.events)


@pytest.mark.parametrize("events", range(6, 24, 2))
def test_no_time_limit_is_made_up(events: int) -> None:
    """Whatever was under way when the process died, and whichever of it takes longer: what comes to nothing
    that is known is said so, and does not take for ever."""
    (recording,) = dying(SCENES["approved"], events).tell()
    limits = timeouts(recording.events)
    resumed = next(at for at, each in enumerate(recording.events) if isinstance(each, RunResumed))
    started = [each for each in recording.events[:resumed] if isinstance(each, AttemptStarted)]
    for each in started:
        place = each.step if each.item is None else f"{each.step}[{each.item}]"
        # One that started as the process died never did anything.
        with suppress(WhatIfInvalid):
            found = replay(recording, ReplayTerms(what_ifs=(WhatIf.slow(f"{place}:{each.attempt}", 0.5),)))
            assert timeouts(found.events) <= limits


def timeouts(events: Sequence[Event]) -> int:
    """How many attempts took too long."""
    ended = (each.failure.kind for each in events if isinstance(each, AttemptFailed))
    return sum(kind is FailureKind.TIMEOUT for kind in ended)


def test_work_that_was_in_doubt_came_to_what_somebody_said() -> None:
    """It was done, and this is what it gave."""
    recording = cut_off("send", settles="done")
    assert any(isinstance(event, DoubtSettled) for event in recording.events)
    found = replay(recording, ReplayTerms(what_ifs=(WhatIf.slow("one", 1.0),)))
    assert found.completed
    assert found.step("two").output == output_of(recording, "two") == {"value": 1}


def test_where_nobody_knows_what_work_would_have_come_to_it_is_said() -> None:
    """It was stopped because something else failed, which it does not here."""
    nature = Nature(["permanent", "good"], [1.0, 3.0])
    steps = [step("fails", "think"), step("slow", "save")]
    (recording,) = Story(partial(hands, nature), plan=planned(steps), begin={"review": None}).tell()
    assert [type(each) for each in recording.events if isinstance(each, AttemptCancelled)]
    found = replay(recording, ReplayTerms(what_ifs=(WhatIf.give("fails", {"value": 1}),)))
    assert found.is_cut_short
    assert (found.drifts[-1].kind, found.drifts[-1].where) == (DriftKind.DECISION, "slow, attempt 1")
    assert "its result is unknown" in found.drifts[-1].summary
