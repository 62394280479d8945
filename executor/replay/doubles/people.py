"""The people of a recorded run: they say again what they said, when they said it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.journal.signals import (
    Approve,
    Cancel,
    Deny,
    Pause,
    Settle,
    SignalContent,
    Signals,
    Tell,
)
from callsheet.executor.replay.errors import ProcessEnded
from callsheet.executor.replay.history.follower import HistoryFollower
from callsheet.executor.replay.history.inputs import NEWS
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    CancellationRequested,
    DoubtSettled,
    DraftBegun,
    Event,
    PauseRequested,
    RunCancelled,
    RunPaused,
    RunResumed,
    RunStarted,
    WordSpoken,
)
from callsheet.planner.plan.checked_plan import CheckedPlan

_DECLINED = "the plan was declined"
_VERDICTS = (ApprovalDenied, ApprovalGranted)
_BEGINNINGS = (DraftBegun, RunResumed, RunStarted)
_SIGNALS = (*_VERDICTS, CancellationRequested, DoubtSettled, PauseRequested, WordSpoken)


class RecordedPeople:
    """Whoever reviewed the plan of a run, approved its steps, and wrote signals to it."""

    def __init__(
        self, events: Sequence[Event], run: str, follower: HistoryFollower, clock: Clock, signals: Signals
    ) -> None:
        self._events = events
        self._run = run
        self._follower = follower
        self._clock = clock
        self._signals = signals
        self._has_started = any(isinstance(event, RunStarted) for event in events)
        self._writing: asyncio.Task[None] | None = None
        self._answers: list[SignalContent] | None = None
        self._answer: list[SignalContent] = []
        self._found: set[int] = set()
        """What a process found in its signals, by identity."""

    async def review(self, checked: CheckedPlan) -> bool:
        """Look at the plan for as long as the person did, and say the same. Raises ProcessEnded where it was
        never said."""
        upcoming = self._follower.next
        if upcoming is None:
            return True
        await self._until(upcoming.at)
        if isinstance(upcoming, RunCancelled) and upcoming.reason != _DECLINED:
            raise ProcessEnded
        return not isinstance(upcoming, RunCancelled)

    async def approve(self, request: ApprovalRequested) -> bool | None:
        """Say what was said, when it was said; nothing where the run had to rest for want of an answer."""
        in_step = self._follower.in_step
        for event in self._follower.left_to_process if in_step else self._follower.left:
            if isinstance(event, _VERDICTS) and event.step == request.step:
                if in_step and (event.by or id(event) in self._found):
                    # It comes by signal.
                    break
                if in_step:
                    await self._until(event.at)
                return isinstance(event, ApprovalGranted)
            if isinstance(event, RunPaused):
                await self._follower.reach(event)
                return None
        # Whoever was asked did not say anything any more.
        await self._follower.wait_for_divergence()
        return None

    async def write_signals(self) -> None:
        """Have the signals there that the next process finds when it takes the run up, and those to come that
        came in while it had it."""
        for word in (*self._waiting(), *self._answer):
            await self._signals.send_signal(self._run, word)
        self.leave()
        if to_come := self._to_come():
            self._writing = asyncio.create_task(self._write_later(to_come))

    def answers_again(self) -> bool:
        """Whether there is another answer, to a question that is asked although the run goes its own way;
        it is there then when the run is resumed."""
        if self._answers is None:
            left = () if self._follower.in_step else self._follower.left
            self._answers = [_signal_of(event) for event in left if isinstance(event, WordSpoken)]
        self._answer, self._answers = self._answers[:1], self._answers[1:]
        return bool(self._answer)

    def leave(self) -> None:
        """Write nothing any more."""
        if self._writing is not None:
            self._writing.cancel()

    @property
    def calls_off(self) -> str | None:
        """Why the run is ended now, while no process has it; None where it is not."""
        if not self._follower.in_step:
            return None
        match self._follower.left[:2]:
            case [RunCancelled(reason=reason), *_] if reason != _DECLINED:
                return reason
            case [RunResumed(), CancellationRequested(reason=reason)] if not self._has_started:
                return reason
            case _:
                return None

    def _waiting(self) -> list[SignalContent]:
        words: list[SignalContent] = []
        for event in self._follower.left_to_process if self._follower.in_step else ():
            # Who takes a run up wants it to go on: whoever wants it to rest came later.
            if isinstance(event, _SIGNALS) and not isinstance(event, PauseRequested):
                words.append(_signal_of(event))
                self._found.add(id(event))
            elif not isinstance(event, _BEGINNINGS):
                break
        return words

    def _to_come(self) -> list[tuple[Event | None, Event]]:
        """What is written to the process that has the run now, but for what it finds there: each behind the
        event that it has to be there for, where it is one."""
        unanswered: list[tuple[Event | None, Event]] = []
        has_begun = False
        opening: Event | None = None
        batch: Event | None = None
        for event in self._follower.left_to_process if self._follower.in_step else ():
            is_signal = isinstance(event, _SIGNALS)
            has_begun = has_begun or isinstance(event, PauseRequested)
            has_begun = has_begun or not (is_signal or isinstance(event, _BEGINNINGS))
            ends_planning = isinstance(event, RunCancelled) and not self._has_started
            # A verdict without a name is that of whoever is asked.
            is_asked_for = isinstance(event, _VERDICTS) and not event.by
            if not is_signal:
                # A signal that waits when a run is started is heard first.
                opening = event if isinstance(event, RunStarted) else None
            batch = (batch or event) if event.__class__ in NEWS else None
            if has_begun and (is_signal or ends_planning) and not is_asked_for:
                # A process that finds a pause waiting does not pause for it: the signal has to come later.
                unanswered.append((batch if isinstance(event, PauseRequested) else opening, event))
        return unanswered

    async def _write_later(self, unanswered: Sequence[tuple[Event | None, Event]]) -> None:
        """One signal after the other, also where they came in the same instant."""
        for opening, event in unanswered:
            if opening is None or isinstance(event, PauseRequested):
                await self._until(event.at)
            if opening is not None:
                await self._follower.reach(opening)
            await self._signals.send_signal(self._run, _signal_of(event))

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._clock.now()))


def _signal_of(event: Event) -> SignalContent:
    match event:
        case ApprovalGranted(step=step, by=by):
            return Approve(step, by)
        case ApprovalDenied(step=step, by=by):
            return Deny(step, by)
        case CancellationRequested(reason=reason) | RunCancelled(reason=reason):
            return Cancel(reason)
        case PauseRequested():
            return Pause()
        case WordSpoken(text=text, by=by):
            return Tell(text, by)
        case DoubtSettled():
            return Settle(event.step, event.verdict, event.item, event.output, event.by)
        case _:
            raise AssertionError(f"{event!r} is not a signal")
