"""An event in one line, without its time: for diffs that people read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from callsheet.executor.run.events import Event

_LEFT_OUT = frozenset(
    {"at", "attempt", "chunks", "deadline", "due", "event", "item", "key", "started", "step"}
)
_MOST = 160


def event_line(event: Event) -> str:
    """What happened, where, and what of it is short enough to be said."""
    document: dict[str, Any] = msgspec.to_builtins(event)
    words = [document["event"].replace("_", " ")]
    if document.get("step") is not None:
        item = "" if document.get("item") is None else f"[{document['item']}]"
        words.append(f"{document['step']}{item}")
    if document.get("attempt") is not None:
        words.append(f"attempt {document['attempt']}")
    details = (
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in document.items()
        if key not in _LEFT_OUT and value not in (None, "", [], {})
    )
    line = " ".join((*words, *details))
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"
