"""The text of the file of a recording, and the proof that it can be read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import cast

import msgspec
from pydantic import JsonValue

from callsheet.executor.events import encode
from callsheet.planner.documents import MAX_BYTES, read_yaml, write_yaml
from callsheet.planner.errors import DocumentError

from .document import document_of
from .errors import RecordingInvalid, RunNotRecordable
from .reading import recording_from
from .recording import Recording
from .redaction import Redacts, redacted
from .soundness import require_sound

_MEGABYTE = 1_000_000
_PLACEHOLDER = re.compile(r"<secret(?::(\w+)|-\d+)>", re.ASCII)
_SMALLER = "let agents return a reference or a file instead of the content"


def recording_text(recording: Recording, redactor: Redacts) -> str:
    """The text of the file, without secrets: the same for the same recording. Raises RunNotRecordable."""
    return _text_of(redacted(recording, redactor))


def _text_of(recording: Recording) -> str:
    try:
        return _preface(recording) + write_yaml(document_of(recording), compact=True)
    except ValueError as error:
        raise RunNotRecordable(recording.run, f"it holds what no YAML file can: {error}") from None


def _preface(recording: Recording) -> str:
    record = recording.record
    outcome = ", ".join(
        (
            _counted(record.revision, "plan"),
            _counted(len(record.steps), "step"),
            _counted(record.model_calls, "model call"),
            f"{recording.duration:.3f} seconds",
        )
    )
    return (
        "# Everything that happened in one run of Callsheet: to be kept, reviewed and compared.\n"
        "# `callsheet replay FILE` does it all over again, without a model and without a network.\n"
        f"# {record.status}: {outcome}\n"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
