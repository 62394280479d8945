"""Events without what says where in the user's code an error came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from callsheet.executor.run.failure import Account, Failure

from . import Event
from .attempts import AttemptFailed, AttemptProgressed
from .base import EventBase

E = TypeVar("E", bound=EventBase)


def comparable(events: Iterable[Event]) -> list[Event]:
    """What two runs can be compared by, and a recording keeps: without the progress that agents reported, and
    without origins."""
    return [without_origins(event) for event in events if not isinstance(event, AttemptProgressed)]


def without_origins(event: E) -> E:
    """The event without the places and tracebacks of errors: an edited line, or another folder, is no
    difference between two runs, and no matter for a file that is shared."""
    changed: dict[str, Any] = {}
    for name in event.__struct_fields__:
        match getattr(event, name):
            case Failure(place=place) as failure if place:
                changed[name] = msgspec.structs.replace(failure, place="")
            case Account(failure=Failure(place=place) as failure) as account if place:
                plain = msgspec.structs.replace(failure, place="")
                changed[name] = msgspec.structs.replace(account, failure=plain)
            case _:
                pass
    if isinstance(event, AttemptFailed) and event.traceback:
        changed["traceback"] = ""
    return msgspec.structs.replace(event, **changed) if changed else event
