"""What is written comes back: the same events, and the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import times_of
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.reading.event_reader import KINDS
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.executor.recording.writing.document import document_of
from callsheet.executor.run.events import ModelCalled, TimeLimitReached, encode
from callsheet.planner.documents.reader import read_yaml

from .alike import require_alike
from .drawn import recordings
from .everything import End, everything
from .real_runs import REAL_RUNS
from .untouched import Untouched, recording_text

ENDS: tuple[End, ...] = get_args(End)


def again(text: str) -> Recording:
    """The recording that a text is."""
    return recording_from(read_yaml(text), "the text", lambda _: None)


def test_the_runs_below_have_every_kind_of_event() -> None:
    """Nothing that can happen in a run is left out."""
    assert {type(event) for end in ENDS for event in everything(end)} >= set(KINDS.values())


@pytest.mark.parametrize("end", ENDS)
def test_every_kind_of_event_comes_back(end: End, tmp_path: Path) -> None:
    """From the file, with its plans checked, and written again with the same bytes."""
    recording = Recording.from_events(everything(end))
    path = tmp_path / "run.yaml"
    save_recording(recording, path, Untouched())
    read = load_recording(path)
    assert read == recording
    save_recording(read, path.with_name("again.yaml"), Untouched())
    assert path.with_name("again.yaml").read_bytes() == path.read_bytes()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recordings())
def test_every_run_comes_back(recording: Recording) -> None:
    """For every list of events that make a run: they come back, with times to the microsecond, and what was
    read is written with the same bytes."""
    text = recording_text(recording, Untouched())
    read = again(text)
    require_alike(recording.events, read.events)
    assert recording_text(read, Untouched()) == text
    assert again(recording_text(read, Untouched())) == read


def test_a_duration_between_two_milliseconds_is_written_as_it_is_read() -> None:
    """The file keeps microseconds: what is a hair below 452.5 ms is rounded like what the file says."""
    times = (1750000000.25, 1750000000.3, 1750000000.7024999)
    events = (*everything(ENDS[0])[:2], TimeLimitReached(0.0))
    recording = Recording.from_events(
        [msgspec.structs.replace(event, at=at) for event, at in zip(events, times, strict=True)]
    )
    text = recording_text(recording, Untouched())
    assert recording_text(again(text), Untouched()) == text


@pytest.mark.parametrize("run", REAL_RUNS)
def test_real_runs_come_back(run: Callable[[], Coroutine[Any, Any, Recording]], tmp_path: Path) -> None:
    """Planned, replanned, streamed, paused and failed ones; each plan still checks."""
    recording = run_virtually(run())
    path = tmp_path / "run.yaml"
    save_recording(recording, path, Untouched())
    read = load_recording(path)
    require_alike(recording.events, read.events)
    assert (read.run, read.goal, read.status) == (recording.run, recording.goal, recording.status)
    assert recording_text(read, Untouched()) == path.read_text("utf-8")


def test_a_run_recorded_twice_gives_the_same_bytes() -> None:
    """Nothing in the file depends on when it was written, or on the order of a set."""
    texts = {recording_text(Recording.from_events(everything()), Untouched()) for _ in range(3)}
    assert len(texts) == 1


def test_events_need_not_come_from_a_journal() -> None:
    """What a journal would make of a number or a default is made of it before it is compared or written."""
    events = everything()
    events[0] = msgspec.structs.replace(events[0], at=1_750_000_000)
    recording = Recording.from_events(events)
    assert [encode(event) for event in recording.events] == [encode(event) for event in recording.events]
    text = recording_text(recording, Untouched())
    assert recording_text(again(text), Untouched()) == text
    assert "created: 1750000000.0\n" in text


def test_every_time_counts_from_the_creation() -> None:
    """For every kind of event: all numbers that are times, and no others, are told to `times_of`."""
    not_times = {"temperature", "retry_after", "time_limit"}
    for kind in KINDS.values():
        floats = {
            field.name
            for field in msgspec.structs.fields(kind)
            if "float" in str(field.type) and field.name not in ("chunks", "figures")
        }
        assert floats - not_times == set(times_of(kind))


def test_what_requests_share_is_told_once() -> None:
    """A long text that two requests have, and a schema, stand once in the document, under their names."""
    document: Any = document_of(Recording.from_events(everything()))
    assert list(document["texts"]) == ["system_1"] and list(document["schemas"]) == ["plan_1"]
    calls = [event for event in document["events"] if event["event"] == "model_called"]
    assert [call["request"]["messages"][0]["content"] for call in calls].count({"text": "system_1"}) == 3
    assert all(call["request"]["schema"] == {"schema": "plan_1"} for call in calls)


def test_a_contract_of_the_catalog_is_told_by_its_name() -> None:
    """Where a plan was checked against another, it is told whole."""
    document: Any = document_of(Recording.from_events(everything()))
    first, second = (event for event in document["events"] if event["event"] == "plan_adopted")
    assert first["contracts"] == ["fetch", "send", "shout"]
    assert second["contracts"][0]["description"] == "Fetch a page, as it was then."
    assert second["contracts"][1:] == ["send", "shout"]


def test_what_is_at_its_default_is_left_out() -> None:
    """An event says no more than it has to; a catalog neither."""
    document: Any = document_of(Recording.from_events(everything()))
    assert document["events"][2] == {"at": 2.0, "event": "draft_begun"}
    assert list(document["catalog"]["send"]) == [
        "hash",
        "description",
        "input_schema",
        "output_schema",
        "effect",
    ]
    assert document["agents"][1]["terms"] == {}


def test_the_keys_stand_in_their_order() -> None:
    """Whoever reads a recording finds what the run was about before what happened."""
    document = document_of(Recording.from_events(everything()))
    assert list(document) == [
        "recording",
        "callsheet",
        "goal",
        "run",
        "model",
        "policy",
        "agents",
        "catalog",
        "texts",
        "schemas",
        "events",
    ]
    assert all(list(event)[:2] == ["at", "event"] for event in _events(document))


def test_a_reply_with_a_misfit_of_pieces_is_fitted() -> None:
    """The pieces of a reply always add up to it in the file, whatever the journal says."""
    events = everything()
    call = events[3]
    assert isinstance(call, ModelCalled)
    events[3] = msgspec.structs.replace(call, chunks=((0.1, 10), (0.2, 999), (0.3, 5)))
    document = document_of(Recording.from_events(events))
    assert _events(document)[1]["chunks"] == [[0.1, 10], [0.2, len(call.reply) - 10]]


def _events(document: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = document["events"]
    return events
