"""Retiming: an updated recording gets the recorded times, so that the diff of its file shows what changed
and not when. Pure; the caller tests whether such a recording replays."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import msgspec

from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import fitted
from callsheet.executor.replay.history.event_match import TOLERANCE_SECONDS, is_same
from callsheet.executor.run.events import (
    AttemptFailed,
    AttemptSucceeded,
    AttemptSurprised,
    Event,
    ModelCalled,
    RunStarted,
)

_ENDS = (AttemptSucceeded, AttemptFailed, AttemptSurprised)
_PLACE = ("step", "item", "attempt", "midway")
_LIMITS = ("deadline", "due")

Matches: TypeAlias = list[int | None]
"""For each event of a run the place of the recorded one that it is; None if it is none of them."""


def retimings(recorded: Recording, updated: Recording) -> Iterator[Recording]:
    """The updated recording with the recorded times, the most similar one first: with its events in the
    recorded order, then in their own. An order that makes no valid recording is left out."""
    matches = _matches(recorded.events, updated.events)
    order = _recorded_order(matches)
    arranged = [([updated.events[place] for place in order], [matches[place] for place in order])]
    if order != sorted(order):
        arranged.append(([*updated.events], _in_line(matches)))
    for events, places in arranged:
        known = [None if place is None else recorded.events[place] for place in places]
        try:
            retimed = Recording.from_events(_retimed(events, known), updated.callsheet, updated.source)
        except RunNotRecordable:
            continue
        yield retimed


def _matches(recorded: Sequence[Event], updated: Sequence[Event]) -> Matches:
    """Which recorded event each is: one that differs in nothing but the time, else the next one of its kind
    at its place."""
    left: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, event in enumerate(recorded):
        left[_kind(event)].append(place)
    matches: Matches = []
    for event in updated:
        alike = left[_kind(event)]
        same = next((place for place in alike if is_same(event, recorded[place])), None)
        if same is not None:
            alike.remove(same)
        matches.append(same)
    for place, event in enumerate(updated):
        if matches[place] is None and (alike := left[_kind(event)]):
            matches[place] = alike.pop(0)
    return matches


def _kind(event: Event) -> Hashable:
    """What kind of event it is, of which step, item and attempt. Whatever an attempt comes to is one kind."""
    kind = AttemptSucceeded if isinstance(event, _ENDS) else event.__class__
    return kind, *(getattr(event, name, None) for name in _PLACE)


def _recorded_order(matches: Matches) -> list[int]:
    """The places of the events when those that were recorded come as they did, and every other one comes
    behind what came before it."""
    behind = [0]
    for match in matches:
        behind.append(behind[-1] if match is None else match)
    return sorted(range(len(matches)), key=behind[1:].__getitem__)


def _in_line(matches: Matches) -> Matches:
    """Of these as many as come one behind the other in both runs."""
    line: Matches = [None] * len(matches)
    most = max((place for place in matches if place is not None), default=-1) + 1
    matcher = SequenceMatcher[int | None](None, range(most), matches, autojunk=False)
    for first, place, size in matcher.get_matching_blocks():
        line[place : place + size] = range(first, first + size)
    return line


def _retimed(events: Sequence[Event], known: Sequence[Event | None]) -> list[Event]:
    """The events at the times of those that are known, which are in the same order, and at times in between
    where none is."""
    times = _times(events, known)
    return [_moved(events, times, place, each) for place, each in enumerate(known)]


def _times(events: Sequence[Event], known: Sequence[Event | None]) -> Sequence[float]:
    times = [event.at if each is None else each.at for event, each in zip(events, known, strict=True)]
    fixed = [place for place, each in enumerate(known) if each is not None]
    for left, right in pairwise([*fixed, len(events)]):
        latest = max(times[left], times[right]) if right < len(events) else math.inf
        passed = (max(0.0, event.at - events[left].at) for event in events[left + 1 : right])
        # As far from what was there before as they were, as long as there is room for that.
        times[left + 1 : right] = [min(times[left] + seconds, latest) for seconds in accumulate(passed, max)]
    return times


def _moved(events: Sequence[Event], times: Sequence[float], place: int, known: Event | None) -> Event:
    """The event at its time: its limits are those that are known, or as far from it as they were."""
    event, at = events[place], times[place]
    more: dict[str, Any]
    match event, known:
        case ModelCalled(), ModelCalled():
            more = {"started": known.started, "chunks": tuple(fitted(known.chunks, len(event.reply)))}
        case ModelCalled(), _:
            before = (each for each in range(place - 1, -1, -1) if events[each].at <= event.started)
            more = _course_of(event, at, times[next(before, 0)])
        case _:
            limits = (name for name in _LIMITS if getattr(event, name, None) is not None)
            more = {name: _limit(event, at, name, known) for name in limits}
    return msgspec.structs.replace(event, at=at, **more)


def _limit(event: Any, at: float, name: str, known: Any) -> float:
    seconds: float = getattr(event, name) - event.at
    limit: float | None = getattr(known, name, None)
    # How much of its time a run has left when it starts depends on how long its planning took.
    if limit is not None and (
        isinstance(event, RunStarted) or abs(limit - known.at - seconds) <= TOLERANCE_SECONDS
    ):
        return limit
    return at + seconds


def _course_of(call: ModelCalled, at: float, earliest: float) -> dict[str, Any]:
    """When a call that ends then began, and when its pieces came: it takes as long as it did, or as long as
    there is since what was there before it."""
    lasted = call.at - call.started
    if lasted <= 0 or at - lasted >= earliest:
        return {"started": at - lasted}
    started = min(at, earliest)
    pace = (at - started) / lasted
    return {"started": started, "chunks": tuple((seconds * pace, count) for seconds, count in call.chunks)}
