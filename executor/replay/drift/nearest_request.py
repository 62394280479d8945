"""The recorded question that is nearest to one that was not recorded, and where the two differ."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from callsheet.executor.models.journaled import Caller
from callsheet.executor.run.events import ModelCalled, ModelRequest

from .drift import value_diff

_MAX_COMPARED = 20_000
"""Characters of a question that are looked at to tell how near it is."""
_PLAIN = ("schema_name", "max_tokens", "temperature", "seed")


def call_place(step: str | None, item: int | None, attempt: int | None, *, midway: bool) -> str:
    """Who asks, in a word or two."""
    if step is None:
        return "replanner" if midway else "planner"
    work = step if item is None else f"{step}[{item}]"
    return f"{work}, attempt {attempt}"


def nearest_call(
    wanted: ModelRequest, owner: Caller, calls: Sequence[ModelCalled], is_used: Callable[[ModelCalled], bool]
) -> ModelCalled | None:
    """The call most like it: of those of the same asker before all others, of those that are left before
    those that were used."""
    best: tuple[tuple[bool, bool, float], ModelCalled] | None = None
    for call in calls:
        at_home = (call.step, call.item) == (owner.step, owner.item) and call.midway == owner.midway
        score = at_home, not is_used(call), _likeness(wanted, call.request)
        if best is None or score > best[0]:
            best = score, call
    return None if best is None else best[1]


def request_differences(recorded: ModelRequest, now: ModelRequest) -> tuple[list[str], list[str]]:
    """The fields in which two requests differ, and a diff of each."""
    fields: list[str] = []
    lines: list[str] = []
    for name in _PLAIN:
        before, after = getattr(recorded, name), getattr(now, name)
        if before != after:
            fields.append(name)
            lines += [f"- {name}: {before}", f"+ {name}: {after}"]
    if len(recorded.messages) != len(now.messages):
        fields.append("messages")
        lines += [f"- {len(recorded.messages)} messages", f"+ {len(now.messages)} messages"]
    for at, (old, new) in enumerate(zip(recorded.messages, now.messages, strict=False)):
        if old != new:
            fields.append(f"messages[{at}] ({new.role})")
            lines += value_diff(old.content, new.content, f"messages[{at}]")
    if recorded.schema != now.schema:
        fields.append("schema")
        lines += value_diff(recorded.schema, now.schema, "schema")
    return fields, lines


def _likeness(one: ModelRequest, other: ModelRequest) -> float:
    matcher = difflib.SequenceMatcher(None, _text(one), autojunk=False)
    matcher.set_seq2(_text(other))
    return matcher.real_quick_ratio() if matcher.quick_ratio() == 1 else matcher.quick_ratio()


def _text(request: ModelRequest) -> str:
    texts: Iterable[str] = (message.content for message in request.messages)
    return "\n".join(texts)[-_MAX_COMPARED:]
