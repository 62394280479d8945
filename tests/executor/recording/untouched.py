"""Redaction that takes nothing out, and the text of a recording after any."""

from __future__ import annotations

from pydantic import JsonValue

from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import Redacts, redacted
from callsheet.executor.recording.writing.text import text_of


class Untouched:
    """Leaves every document as it is."""

    def redact(self, document: JsonValue) -> JsonValue:
        """The document."""
        return document


def recording_text(recording: Recording, redactor: Redacts) -> str:
    """The text of a recording's file, unproven. Raises RunNotRecordable."""
    return text_of(redacted(recording, redactor))
