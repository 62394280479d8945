"""The text of the file of a recording."""

from __future__ import annotations

from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.planner.documents.writer import write_yaml

from .document import document_of


def text_of(recording: Recording) -> str:
    """The text of the file, secrets and all. Raises RunNotRecordable where no YAML can be that."""
    try:
        return _preface(recording) + write_yaml(document_of(recording), compact=True)
    except ValueError as error:
        raise RunNotRecordable(recording.run, f"YAML cannot hold it: {error}") from None


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
