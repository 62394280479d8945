"""A recording: what makes one, and what it says of its run."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from callsheet import __version__
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.recording.content.errors import RecordingError, RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import AttemptStarted, DraftBegun, Event, ModelCalled, RunEquipped, encode
from callsheet.executor.run.state import RunStatus
from tests.executor.recording.everything import CATALOG, CREATED, STEPS, beginning, everything
from tests.executor.recording.real_runs import GOAL, asked, planned


def test_it_says_what_the_run_was() -> None:
    """Goal, id, plans, catalog, outcome, and how long it took."""
    recording = Recording.from_events(everything())
    assert (recording.goal, recording.run) == ("A goal: to be reached", "0123456789ab")
    assert recording.capabilities == CATALOG
    assert [len(plan["steps"]) for plan in recording.plan_documents.values()] == [len(STEPS)] * 2
    assert (recording.status, recording.duration) == (RunStatus.COMPLETED, 50.0)
    assert recording.callsheet == __version__
    assert (recording.created.at, recording.equipped.max_steps) == (CREATED, 40)


def test_a_real_run_is_a_recording() -> None:
    """As its journal has it."""
    recording = run_virtually(planned())
    assert (recording.goal, recording.status, len(recording.plan_documents)) == (GOAL, RunStatus.COMPLETED, 1)


def test_a_run_without_a_plan_is_a_recording() -> None:
    """A question is what came of it."""
    recording = run_virtually(asked())
    assert (recording.status, dict(recording.plan_documents)) == (RunStatus.PAUSED, {})


def test_where_it_comes_from_makes_no_difference() -> None:
    """Two recordings are equal by what happened, and by who wrote it down."""
    events = everything()
    assert Recording.from_events(events, source="a.yaml") == Recording.from_events(events, source="b.yaml")
    assert Recording.from_events(events, callsheet="9.9") != Recording.from_events(events)


def test_a_run_of_an_older_release_is_refused() -> None:
    """It has no catalog; running the goal again gives one that has."""
    created, _, *rest = everything()
    with pytest.raises(RunNotRecordable, match="a release that did not keep its catalog; run the goal again"):
        Recording.from_events([created, *rest])
    with pytest.raises(RunNotRecordable, match="did not keep its catalog") as caught:
        Recording.from_events([created])
    assert caught.value.run == "0123456789ab" and isinstance(caught.value, RecordingError)


@pytest.mark.parametrize("events", [[], [DraftBegun(1.0)], beginning()[1:]])
def test_what_is_no_run_is_refused(events: list[Event]) -> None:
    """It begins with its creation."""
    with pytest.raises(RunNotRecordable, match="does not begin with its creation"):
        Recording.from_events(events)


SPOILT: dict[str, tuple[Callable[[list[Event]], None], int, str]] = {
    "created again": (lambda events: events.append(events[0]), -1, "once, at its beginning"),
    "two contracts of a name": (
        lambda events: _equip(events, contracts=(_contract(), _contract())),
        1,
        "two of its contracts are called 'fetch'",
    ),
    "a contract without a name": (lambda events: _equip(events, contracts=({},)), 1, "is invalid"),
    "a contract with more": (
        lambda events: _equip(events, contracts=({**_contract(), "smell": 1},)),
        1,
        "a contract has no 'smell'",
    ),
    "no number": (lambda events: events.append(DraftBegun(float("nan"))), -1, "a journal cannot hold it"),
    "half a character": (
        lambda events: events.append(msgspec.structs.replace(_last_call(events), reply="\ud800")),
        -1,
        "a journal cannot hold it",
    ),
}


def _contract() -> dict[str, object]:
    return CATALOG[0].model_dump(mode="json")


def _equip(events: list[Event], **changes: object) -> None:
    assert isinstance(events[1], RunEquipped)
    events[1] = msgspec.structs.replace(events[1], **changes)


def _last_call(events: list[Event]) -> ModelCalled:
    return [event for event in events if isinstance(event, ModelCalled)][-1]


@pytest.mark.parametrize("name", SPOILT)
def test_the_event_that_does_not_fit_is_named(name: str) -> None:
    """By its place among all events."""
    spoil, place, problem = SPOILT[name]
    events = everything()[:12]
    spoil(events)
    with pytest.raises(RunNotRecordable, match=problem) as caught:
        Recording.from_events(events)
    assert caught.value.event == place % len(events)


def test_events_are_as_a_journal_gives_them_back() -> None:
    """A tuple in an input is a list, and a whole number of seconds is a float."""
    events = everything()
    place = next(at for at, event in enumerate(events) if isinstance(event, AttemptStarted))
    events[place] = msgspec.structs.replace(events[place], inputs={"of": (1, 2)}, at=1_750_000_004)
    kept = Recording.from_events(events).events[place]
    assert isinstance(kept, AttemptStarted)
    assert kept.inputs == {"of": [1, 2]} and b'"at":1750000004.0' in encode(kept)
