"""What all events have in common."""

from __future__ import annotations

import msgspec


class EventBase(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    gc=False,
    tag_field="event",
    tag=lambda name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"),
):
    """A fact, which never changes. `at` is when it happened, in seconds since the epoch."""

    at: float
