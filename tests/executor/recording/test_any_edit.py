"""Whatever is in a file: a recording, or a clear error."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.executor.recording.content.errors import RecordingInvalid, RecordingNewer
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording
from callsheet.executor.recording.writing.document import document_of

from .everything import everything
from .untouched import Untouched, recording_text

DOCUMENT: Any = document_of(Recording.from_events(everything()))
ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, 0, -1, 1.5, 10**30, "", "page", "each", [], {}, [[]], {"": None}]),
    st.text(max_size=4),
    st.integers(-3, 3),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: the list or object, and the index or key in it."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [each for inner in value.values() for each in places(inner)]
    if isinstance(value, list):
        entries = list(enumerate(value))
        return [(value, at) for at, _ in entries] + [each for _, inner in entries for each in places(inner)]
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where files may be."""
    return tmp_path_factory.mktemp("recordings")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_edit_is_a_recording_or_a_clear_error(folder: Path, data: st.DataObject) -> None:
    """For every document in which something was changed, taken away, renamed or put twice: it is refused with
    the file and what to do, or it is a recording that can be written again."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(places(document)))
        match data.draw(st.sampled_from(["put", "drop", "rename", "repeat"])):
            case "put":
                container[key] = data.draw(ODD)
            case "rename" if isinstance(container, dict):
                container[data.draw(st.text(max_size=3))] = container.pop(key)
            case "repeat" if isinstance(container, list):
                container.insert(data.draw(st.integers(0, len(container))), container[key])
            case _:
                del container[key]
    path = folder / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    try:
        recording = load_recording(path)
    except (RecordingInvalid, RecordingNewer) as error:
        assert str(path) in str(error)
    else:
        assert recording_text(recording, Untouched())
