"""The text of a recording, proven before anything is written: it is small enough, and can be read back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
from pydantic import JsonValue

from callsheet.executor.recording.content.errors import RecordingInvalid, RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.reading.plan_check import require_sound
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.executor.redaction.placeholders import PLACEHOLDER
from callsheet.executor.run.events import encode
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import MAX_BYTES, read_yaml

from .redaction import Redacts, redacted
from .text import text_of

_MEGABYTE = 1_000_000
_OF_VARIABLE = "<secret:"


def proven_text(recording: Recording, redactor: Redacts, limit: int = MAX_BYTES) -> str:
    """The text of the file, without secrets, of at most `limit` bytes. Raises RunNotRecordable, also
    where it could not be read back."""
    try:
        clean = redacted(recording, redactor)
    except RunNotRecordable as error:
        raise _in_the_way(recording, redactor, error.problem) from None
    text = text_of(clean)
    _require_room(recording, text, limit)
    problem = _problem(text)
    if problem is None:
        return text
    if clean != recording and _problem(text_of(recording)) is None:
        raise _in_the_way(recording, redactor, problem)
    told = f"the file could not be read back: {problem}"
    raise RunNotRecordable(recording.run, told, advice="run the goal again, and record that")


def _require_room(recording: Recording, text: str, limit: int) -> None:
    size = len(text.encode())
    if size > limit:
        told = f"{size / _MEGABYTE:.1f} MB, and a recording may have at most {limit / _MEGABYTE:g} MB"
        advice = "let agents return a reference or a file instead of its content"
        raise RunNotRecordable(recording.run, f"the file would have {told}", advice=advice)


def _problem(text: str) -> str | None:
    """What keeps the text from being read back, its plans checked."""
    try:
        require_sound(recording_from(read_yaml(text), "the text", _nowhere), _nowhere)
    except (DocumentError, RecordingInvalid) as error:
        return error.problem
    return None


def _nowhere(pointer: str) -> None:
    """The line of what is not written yet."""


def _in_the_way(recording: Recording, redactor: Redacts, problem: str) -> RunNotRecordable:
    """What to say where the run makes sense, and no longer does without its secrets."""
    told = " and ".join(map(_told, _suspects(recording, redactor, problem))) or "its secrets"
    return RunNotRecordable(
        recording.run,
        f"taking out secrets would break it, namely {told} ({problem})",
        advice="unset or rename the variable, leave the pattern out, or give the step another name",
    )


def _told(placeholder: str) -> str:
    is_of_variable = placeholder.startswith(_OF_VARIABLE)
    name = placeholder[len(_OF_VARIABLE) : -1]
    return f"the value of the environment variable {name}" if is_of_variable else placeholder


def _suspects(recording: Recording, redactor: Redacts, problem: str) -> list[str]:
    """The placeholders that the problem names; else those in the words that the run is made of; else all."""
    if found := PLACEHOLDER.findall(problem):
        return list(dict.fromkeys(found))
    events: list[JsonValue] = [msgspec.json.decode(encode(event)) for event in recording.events]
    for document in ([*_words(recording, events)], events):
        cleaned = json.dumps(redactor.redact(document), ensure_ascii=False)
        if found := PLACEHOLDER.findall(cleaned):
            return list(dict.fromkeys(found))
    return []


def _words(recording: Recording, events: JsonValue) -> Iterator[JsonValue]:
    """The names of steps, capabilities and agents, and all keys."""
    yield from recording.record.steps
    yield from (contract["name"] for contract in recording.equipped.contracts)
    yield from (agent.name for agent in recording.equipped.agents)
    waiting = [events]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
