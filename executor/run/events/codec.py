"""Any event, and its one line of JSON in the journal."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from callsheet.executor.run.errors import EventUnreadable, EventUnwritable

from .attempts import AttemptEvent
from .lifecycle import LifecycleEvent
from .planning import PlanningEvent
from .replanning import ReplanningEvent
from .steps import StepEvent

Event: TypeAlias = LifecycleEvent | PlanningEvent | StepEvent | AttemptEvent | ReplanningEvent

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """The event as one line of JSON. Raises EventUnwritable where it holds what JSON cannot."""
    try:
        return _encoder.encode(event)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise EventUnwritable(type(event).__name__, str(error)) from None


def decode(data: bytes | str) -> Event:
    """The event back. Raises EventUnreadable for anything else."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventUnreadable(str(error)) from None
