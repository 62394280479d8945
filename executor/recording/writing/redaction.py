"""A recording without its secrets."""

from __future__ import annotations

from typing import Any, Protocol, cast

import msgspec
from pydantic import JsonValue

from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.fields import fields_of
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import fitted
from callsheet.executor.run.events import Event, ModelCalled, encode

from .kept_numbers import keeps_numbers_of

_NEEDED = "taking out a secret would break it"


class Redacts(Protocol):
    """Replaces what is secret in a document, the same secret always by the same."""

    def redact(self, document: JsonValue) -> JsonValue:
        """The document without secrets."""
        ...


def redacted(recording: Recording, redactor: Redacts) -> Recording:
    """The recording with placeholders for its secrets. Raises RunNotRecordable where its events make no
    sense with them."""
    # Before anything is shared or counted, so that what is written does not depend on what was taken out.
    events = [msgspec.json.decode(encode(event)) for event in recording.events]
    cleaned = cast("list[Any]", redactor.redact(cast(JsonValue, events)))
    return Recording.from_events(
        [_event(recording, place, *pair) for place, pair in enumerate(zip(cleaned, events, strict=True))],
        recording.callsheet,
        recording.source,
    )


def _event(recording: Recording, place: int, entries: dict[str, Any], original: dict[str, Any]) -> Event:
    kind = type(recording.events[place])
    # The words of the format are never secret, nor is a time that happens to look like a secret.
    entries = {**keeps_numbers_of(kind)(entries, original), "event": kind.__struct_config__.tag}
    unknown = next(fields_of(kind).unknown(entries), None)
    try:
        event: Event = msgspec.convert(entries, kind)
    except msgspec.ValidationError as error:
        raise RunNotRecordable(recording.run, f"{_NEEDED}: {error}", place) from None
    if unknown is not None:
        raise RunNotRecordable(recording.run, f"{_NEEDED}, at {unknown[0]}", place)
    if isinstance(event, ModelCalled) and event.chunks:
        return msgspec.structs.replace(event, chunks=tuple(fitted(event.chunks, len(event.reply))))
    return event
