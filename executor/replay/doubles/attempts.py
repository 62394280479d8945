"""The attempts of a recorded run: what was given to whom, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from callsheet.executor.run.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    DoubtSettled,
    DraftGrown,
    Event,
    HedgeDue,
    ModelCalled,
    PlanAdopted,
    ResultKept,
    ResultSought,
    StepFailed,
    StepHeld,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.state import Try

from .masking import Masking

Ending: TypeAlias = AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost
RecordedWork: TypeAlias = AttemptStarted | ResultKept | ResultSought | StepFailed | StepHeld
"""What may come of work when it is its turn."""
_OF_WORK = (AttemptStarted, ResultKept, ResultSought, StepFailed, StepHeld)
_ENDINGS = (AttemptSucceeded, AttemptFailed, AttemptSurprised, AttemptCancelled, AttemptLost)
_encoder = msgspec.json.Encoder(order="sorted")


class RecordedAttempt:
    """One attempt at `capability`. `ending` is None where its end was not seen, and `was_stopped` where it
    was told to; `settled` is what a person said afterwards that it gave. `calls` are those that it made of
    the run's model, `late_calls` those that were over only after it was; `used`: it was replayed. A second
    attempt beside it was due at `hedge_due`, if one was."""

    __slots__ = (
        "calls",
        "capability",
        "ending",
        "hedge_due",
        "late_calls",
        "settled",
        "started",
        "used",
        "was_stopped",
    )

    def __init__(self, started: AttemptStarted, capability: str) -> None:
        self.started = started
        self.capability = capability
        self.ending: Ending | None = None
        self.calls: list[ModelCalled] = []
        self.late_calls: list[ModelCalled] = []
        self.used = False
        self.settled: dict[str, Any] | None = None
        self.was_stopped = False
        self.hedge_due: float | None = None

    @property
    def ends_by_itself(self) -> bool:
        """Whether it came to an end of its own, told to stop or not."""
        if isinstance(self.ending, AttemptFailed):
            return self.ending.failure.kind is not FailureKind.TIMEOUT
        return isinstance(self.ending, (AttemptSucceeded, AttemptSurprised))

    @property
    def was_seen(self) -> bool:
        """Whether anybody knows what it came to, or would have, had it not been stopped."""
        return isinstance(self.ending, (AttemptSucceeded, AttemptFailed, AttemptSurprised))

    @property
    def is_plain(self) -> bool:
        """Whether it just came to its end: it asked no model, and was not stopped."""
        return self.ends_by_itself and not (self.calls or self.late_calls or self.was_stopped)

    @property
    def stopped_at(self) -> float | None:
        """When it had stopped, after it was told to, or took too long; None where that was not seen."""
        ended = isinstance(self.ending, (AttemptCancelled, AttemptFailed))
        return self.ending.at if self.ending is not None and ended and not self.ends_by_itself else None

    @property
    def is_abandoned(self) -> bool:
        """Whether it ignored that it was told to stop."""
        if isinstance(self.ending, AttemptFailed):
            return self.ending.failure.abandoned
        return isinstance(self.ending, AttemptCancelled) and self.ending.abandoned

    @property
    def place(self) -> Try:
        """The step, the item, and the number of the attempt."""
        return self.started.step, self.started.item, self.started.attempt


class RecordedAttempts:
    """All attempts of a run, by place and by content."""

    def __init__(self, events: Iterable[Event], masking: Masking) -> None:
        self._masking = masking
        self._by_place: dict[Try, RecordedAttempt] = {}
        self._by_content: dict[bytes, list[RecordedAttempt]] | None = None
        self._capabilities: dict[int, str] = {}
        capabilities: dict[str, str] = {}
        for event in events:
            if isinstance(event, _OF_WORK):
                self._capabilities[id(event)] = capabilities.get(event.step, "")
            if isinstance(event, AttemptStarted):
                attempt = RecordedAttempt(event, capabilities.get(event.step, ""))
                self._by_place[attempt.place] = attempt
            elif isinstance(event, _ENDINGS):
                self._end(event)
            elif isinstance(event, AttemptStopping):
                self._by_place[event.step, event.item, event.attempt].was_stopped = True
            elif isinstance(event, DoubtSettled):
                self._settle(event)
            elif isinstance(event, HedgeDue):
                self._by_place[event.step, event.item, event.attempt].hedge_due = event.at
            elif isinstance(event, ModelCalled) and event.step is not None and event.attempt is not None:
                asking = self._by_place.get((event.step, event.item, event.attempt))
                if asking is not None:
                    (asking.calls if asking.ending is None else asking.late_calls).append(event)
            elif isinstance(event, PlanAdopted):
                capabilities.update({step["id"]: step["capability"] for step in event.plan["steps"]})
            elif isinstance(event, DraftGrown):
                capabilities.update({step["id"]: step["capability"] for step in event.steps})

    @property
    def all(self) -> Sequence[RecordedAttempt]:
        """Every attempt, in the order in which they began."""
        return tuple(self._by_place.values())

    @property
    def unused(self) -> Sequence[RecordedAttempt]:
        """Those that came to an end, or took too long, and were not replayed. One that was stopped need never
        have begun."""
        ended = (AttemptSucceeded, AttemptFailed, AttemptSurprised)
        return [each for each in self._by_place.values() if isinstance(each.ending, ended) and not each.used]

    def capability_of(self, event: RecordedWork) -> str:
        """What the work is that the recorded event is about; nothing where no plan has its step."""
        return self._capabilities.get(id(event), "")

    def at(self, place: Try) -> RecordedAttempt | None:
        """The attempt at this very place."""
        return self._by_place.get(place)

    def find_attempt(
        self, place: Try, capability: str, inputs: Mapping[str, Any], *, seen: bool
    ) -> RecordedAttempt | None:
        """What was recorded for this work: of this very attempt; else of the same work of the same step; else
        of the same work wherever it was done. Of several attempts, that of the same number, else the last
        whose end was seen. With `seen` one whose end was not seen counts only where there is no other."""
        exact = self._by_place.get(place)
        if exact is not None and not (exact.capability == capability and exact.started.inputs == inputs):
            exact = None
        if exact is not None and (exact.was_seen or not seen):
            return exact
        same = self._contents.get(_content(capability, self._masking.inputs(inputs)), ())
        step, item, number = place
        at_home = [each for each in same if each.place[:2] == (step, item)]
        candidates = at_home or same
        for each in candidates:
            if each.started.attempt == number and (each.was_seen if seen else each.ending is not None):
                return each
        known = [each for each in candidates if isinstance(each.ending, (AttemptSucceeded, AttemptSurprised))]
        known = known or [each for each in candidates if isinstance(each.ending, AttemptFailed)]
        return known[-1] if known else exact

    def nearest(self, place: Try, capability: str) -> RecordedAttempt | None:
        """The attempt that is most like one that was not recorded: at the same place, at the same step, at
        the same capability."""
        exact = self._by_place.get(place)
        if exact is not None and exact.capability == capability:
            return exact
        alike = [each for each in self._by_place.values() if each.capability == capability]
        at_home = [each for each in alike if each.place[0] == place[0]]
        return next(iter(at_home or alike), None)

    @property
    def _contents(self) -> dict[bytes, list[RecordedAttempt]]:
        if self._by_content is None:
            self._by_content = {}
            for each in self._by_place.values():
                key = _content(each.capability, self._masking.recorded_inputs(each.started.inputs))
                self._by_content.setdefault(key, []).append(each)
        return self._by_content

    def _settle(self, event: DoubtSettled) -> None:
        if event.output is not None:
            doubted = [each for each in self._by_place.values() if each.place[:2] == (event.step, event.item)]
            for each in doubted[-1:]:
                each.settled = event.output

    def _end(self, event: Ending) -> None:
        attempt = self._by_place.get((event.step, event.item, event.attempt))
        if attempt is not None:
            attempt.ending = event


def _content(capability: str, inputs: Mapping[str, Any]) -> bytes:
    return _encoder.encode([capability, dict(inputs)])
