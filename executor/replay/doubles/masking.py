"""What is secret, seen the same in a recording, which has placeholders for it, and today."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from pydantic import JsonValue

from callsheet.executor.recording.writing.redaction import Redacts
from callsheet.executor.redaction.placeholders import NUMBERED
from callsheet.executor.run.events import Event, ModelRequest, decode, encode

_NUMBERED = re.compile(NUMBERED.pattern.encode())
_ANY = b"<secret>"

T = TypeVar("T")


class Masking:
    """Takes the secrets out of what today's agents gave, where it is held against a recording.

    Which number a placeholder has depends on what else is secret, so it is ignored. Without a
    `redactor` everything is seen as it is.
    """

    def __init__(self, redactor: Redacts | None) -> None:
        # Numbers that are given here are not those of what is written.
        self._redactor = copy.deepcopy(redactor)

    def __bool__(self) -> bool:
        """Whether anything is seen otherwise than it is."""
        return self._redactor is not None

    def inputs(self, today: Mapping[str, Any]) -> Mapping[str, Any]:
        """What today's work is given."""
        if self._redactor is None:
            return today
        return _unnumbered(self._redactor.redact(dict(today)), dict[str, Any])

    def recorded_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What recorded work was given."""
        return inputs if self._redactor is None else _unnumbered(inputs, dict[str, Any])

    def request(self, today: ModelRequest) -> ModelRequest:
        """What a model is asked today."""
        if self._redactor is None:
            return today
        return _unnumbered(self._redactor.redact(cast(JsonValue, msgspec.to_builtins(today))), ModelRequest)

    def recorded_request(self, request: ModelRequest) -> ModelRequest:
        """What a model was asked."""
        return request if self._redactor is None else _unnumbered(msgspec.to_builtins(request), ModelRequest)


def without_numbers(events: Sequence[Event]) -> list[Event]:
    """The events as they are, but that the placeholders of their secrets have no numbers."""
    written = ((event, encode(event)) for event in events)
    return [decode(_NUMBERED.sub(_ANY, text)) if b"<secret-" in text else event for event, text in written]


def _unnumbered(document: object, kind: type[T]) -> T:
    return msgspec.json.decode(_NUMBERED.sub(_ANY, msgspec.json.encode(document)), type=kind)
