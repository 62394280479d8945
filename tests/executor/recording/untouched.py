"""A redactor that knows no secrets."""

from __future__ import annotations

from pydantic import JsonValue


class Untouched:
    """Leaves every document as it is."""

    def redact(self, document: JsonValue) -> JsonValue:
        """The document."""
        return document
