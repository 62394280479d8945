"""The people of a recorded run: they say again what they said, when they said it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from callsheet.executor.clock import Clock
from callsheet.executor.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    CancellationRequested,
    DoubtSettled,
    Event,
    ModelCalled,
    PauseRequested,
    RunCancelled,
    RunPaused,
    RunResumed,
    RunStarted,
    WordSpoken,
)
from callsheet.executor.mailbox import Approve, Cancel, Deny, Mailbox, Pause, Settle, Tell, Word
from callsheet.planner.compiled import CheckedPlan

from .course import Course

_DECLINED = "the plan was declined"
_VERDICTS = (ApprovalDenied, ApprovalGranted)
_LETTERS = (*_VERDICTS, CancellationRequested, DoubtSettled, PauseRequested, WordSpoken)


class RecordedPeople:
    """Whoever reviewed the plan of a run, approved its steps, and wrote letters to it."""

    def __init__(
        self, events: Sequence[Event], run: str, course: Course, clock: Clock, mailbox: Mailbox
    ) -> None:
        self._events = events
        self._run = run
        self._course = course
        self._clock = clock
        self._mailbox = mailbox
        self._has_started = any(isinstance(event, RunStarted) for event in events)
        self._later: list[asyncio.TimerHandle] = []
        self._posting: set[asyncio.Task[None]] = set()

    async def review(self, checked: CheckedPlan) -> bool:
        """Look at the plan for as long as somebody did, and say the same."""
        upcoming = self._course.next
        if upcoming is None:
            return True
        await self._until(upcoming.at)
        return not (isinstance(upcoming, RunCancelled) and upcoming.reason == _DECLINED)

    async def approve(self, request: ApprovalRequested) -> bool | None:
        """Say what was said, when it was said; nothing where the run had to rest for want of an answer."""
        in_step = self._course.in_step
        for event in self._course.left:
            if isinstance(event, RunPaused) and in_step:
                return None
            if isinstance(event, _VERDICTS) and event.step == request.step:
                if event.by and in_step:
                    # It comes by letter.
                    await asyncio.get_running_loop().create_future()
                if in_step:
                    await self._until(event.at)
                return isinstance(event, ApprovalGranted)
        return None

    async def write(self) -> None:
        """Have the letters there that the next process finds when it takes the run up, and those to come that
        came in while it had it."""
        for word in self._waiting():
            await self._mailbox.post(self._run, word)
        loop = asyncio.get_running_loop()
        for event in self._to_come():
            seconds = max(0.0, event.at - self._clock.now())
            self._later.append(loop.call_later(seconds, self._post, _word_of(event)))

    def leave(self) -> None:
        """Write nothing any more."""
        for handle in self._later:
            handle.cancel()

    @property
    def calls_off(self) -> str | None:
        """Why somebody ends the run now, while nobody has it; None where nobody does."""
        if not self._course.in_step:
            return None
        match self._course.left[:2]:
            case [RunCancelled(reason=reason), *_] if reason != _DECLINED and not self._hears():
                return reason
            case [RunResumed(), CancellationRequested(reason=reason)] if not self._has_started:
                return reason
            case _:
                return None

    def _hears(self) -> bool:
        """Whether the process that planned was there to hear that the run is cancelled."""
        before = self._events[-len(self._course.left) - 1]
        return isinstance(before, ModelCalled) and before.error is not None

    def _waiting(self) -> list[Word]:
        words: list[Word] = []
        for event in self._course.left if self._course.in_step else ():
            if isinstance(event, _LETTERS):
                words.append(_word_of(event))
            elif not isinstance(event, RunResumed):
                break
        return words

    def _to_come(self) -> list[Event]:
        """What is written to the process that has the run now, but for what it finds there."""
        events: list[Event] = []
        has_begun = False
        for index, event in enumerate(self._course.left):
            if isinstance(event, RunPaused) or (isinstance(event, RunResumed) and index):
                break
            is_letter = isinstance(event, _LETTERS)
            has_begun = has_begun or not (is_letter or isinstance(event, RunResumed))
            ends_planning = isinstance(event, RunCancelled) and not self._has_started
            # A verdict without a name is that of whoever is asked.
            is_asked_for = isinstance(event, _VERDICTS) and not event.by
            if has_begun and (is_letter or ends_planning) and not is_asked_for:
                events.append(event)
        return events

    def _post(self, word: Word) -> None:
        posting = asyncio.get_running_loop().create_task(self._mailbox.post(self._run, word))
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._clock.now()))


def _word_of(event: Event) -> Word:
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
            raise AssertionError(f"{event!r} is no letter")
