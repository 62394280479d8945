"""The JSON Schema of the format: what is written keeps to it, and what is misshapen does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.reading.event_reader import KINDS
from callsheet.executor.recording.reading.schema import recording_schema
from callsheet.executor.recording.writing.document import document_of
from tests.executor.recording.drawn import recordings
from tests.executor.recording.everything import End, everything

from .test_reader import EDITS

SCHEMA = recording_schema()
KEEPS = jsonschema_rs.validator_for(SCHEMA)
COMMITTED = Path(__file__).parents[4] / "docs" / "recording.schema.json"

BEYOND_STRUCTURE = {
    "a budget of nothing",
    "a budget to go on with",
    "a capability of nobody",
    "a chunk of nothing",
    "a contract that is gone",
    "a creation at no time",
    "a contract with another order",
    "a plan that does not check",
    "a schema that is gone",
    "a step that is new",
    "a step that is not new",
    "a step without an id",
    "a text that is gone",
    "a time that nobody waits for",
    "a time too large",
    "an acceptance without output",
    "an edited contract",
    "an item of no list",
    "an item that is not there",
    "a call of no attempt",
    "a chunk below nothing",
    "a doubt without an end",
    "a step that is unknown",
    "chunks of another reply",
    "contracts twice",
    "steps that are none",
    "terms below zero",
}
"""What takes more than a schema to see, beside events that come twice or not at all."""


def test_it_is_a_schema() -> None:
    """Of the draft that it says."""
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_committed_schema_is_current() -> None:
    """To write it anew: python -m callsheet.executor.recording.reading.schema > docs/recording.schema.json"""
    assert COMMITTED.is_file(), "run the tests in the tree"
    written = subprocess.run(
        [sys.executable, "-m", "callsheet.executor.recording.reading.schema"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert COMMITTED.read_text("utf-8") == written, (
        "write it anew: python -m callsheet.executor.recording.reading.schema > docs/recording.schema.json"
    )
    assert json.loads(written) == SCHEMA


@pytest.mark.parametrize("end", get_args(End))
def test_a_run_in_which_everything_happens_keeps_to_it(end: End) -> None:
    """Every kind of event."""
    KEEPS.validate(document_of(Recording.from_events(everything(end))))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recordings())
def test_every_recording_keeps_to_it(recording: Recording) -> None:
    """For every run."""
    KEEPS.validate(document_of(recording))


@pytest.mark.parametrize("name", EDITS)
def test_what_is_misshapen_is_refused(name: str) -> None:
    """The schema refuses what the reader refuses, as far as a schema can."""
    edit, _, _ = EDITS[name]
    document: Any = document_of(Recording.from_events(everything()))
    count = len(document["events"])
    edit(document)
    beyond = name in BEYOND_STRUCTURE or len(document.get("events", ())) not in (0, count)
    assert KEEPS.is_valid(document) is beyond


def test_everything_of_ours_is_closed_and_described() -> None:
    """No object of the format takes fields of which nobody knows, and each says what it is for."""
    definitions: Any = SCHEMA["$defs"]
    assert {kind.__name__ for kind in KINDS.values()} <= definitions.keys()
    for name, definition in definitions.items():
        assert definition["description"] and "\n    " not in definition["description"], name
        if "properties" in definition:
            assert definition["additionalProperties"] is False, name


def test_what_runs_were_given_is_open() -> None:
    """Inputs, outputs, plans and schemas are no matter of the format."""
    document: Any = document_of(Recording.from_events(everything()))
    for event in document["events"]:
        for name in ("inputs", "output", "plan"):
            if isinstance(event.get(name), dict):
                event[name]["whatever"] = {"is": ["in", "it"]}
    document["catalog"]["send"]["input_schema"]["whatever"] = 1
    document["schemas"]["plan_1"]["whatever"] = 1
    KEEPS.validate(document)
