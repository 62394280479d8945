"""Signals to the owner of a run: fetched once each, and what they amount to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callsheet.executor.journal.signals import (
    Approve,
    Cancel,
    Deny,
    Pause,
    Settle,
    Signal,
    SignalContent,
    Signals,
    Tell,
)
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptProgressed,
    CancellationRequested,
    DoubtSettled,
    Event,
    PauseRequested,
    ResultReused,
    StepTimeLimitReached,
    WordSpoken,
)

# Hardly any event is one of these: the set spares the others the matching below.
_MAY_BE_LATE = frozenset(
    {ApprovalDenied, ApprovalGranted, AttemptProgressed, ResultReused, StepTimeLimitReached}
)


class SignalReader:
    """Fetches the signals for one run, and delivers each signal once."""

    def __init__(
        self,
        signals: Signals,
        run: str,
        deliver: Callable[..., None],
        broke: Callable[[BaseException], None],
    ) -> None:
        self._signals = signals
        self._run = run
        self._deliver = deliver
        self._broke = broke
        self._seen: set[int] = set()
        self._fetching: asyncio.Task[None] | None = None
        self._again = False
        self._leave = signals.watch(run, self._fetch_soon)

    def __bool__(self) -> bool:
        """Whether signals are being fetched."""
        return self._fetching is not None

    async def fetch_signals(self) -> list[Signal]:
        """Those that were not seen before. Raises JournalError."""
        fresh = [each for each in await self._signals.unanswered(self._run) if each.number not in self._seen]
        self._seen.update(signal.number for signal in fresh)
        return fresh

    def close(self) -> None:
        """Fetch nothing any more."""
        self._leave()
        if self._fetching is not None:
            self._fetching.cancel()

    def _fetch_soon(self) -> None:
        self._again = True
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    async def _fetch(self) -> None:
        fresh: list[Signal] = []
        try:
            while self._again:
                self._again = False
                fresh += await self.fetch_signals()
        except Exception as error:
            self._broke(error)
        finally:
            self._fetching = None
            self._deliver(*fresh)


def event_of(state: MachineState, content: SignalContent, at: float) -> Event | None:
    """What a signal amounts to: the event to enter, or None where it comes too late, or fits nothing that
    the run waits for. Pure."""
    match content:
        case Cancel(reason):
            return CancellationRequested(at, reason)
        case Pause():
            return PauseRequested(at)
        case Approve(step, by):
            return ApprovalGranted(at, step, by) if step in state.run.asked else None
        case Deny(step, by):
            return ApprovalDenied(at, step, by) if step in state.run.asked else None
        case Tell(text, by):
            heard = state.run.replans or state.run.drafting
            return WordSpoken(at, text, by) if heard else None
        case Settle():
            return _settled(state, content, at)


def _settled(state: MachineState, content: Settle, at: float) -> DoubtSettled | None:
    if (content.step, content.item) not in state.run.doubtful:
        return None
    validator = state.pending.steps[content.step].capability.output_validator
    if content.verdict == "done" and not validator.accepts(content.output):
        return None
    output = content.output if content.verdict == "done" else None
    return DoubtSettled(at, content.step, content.verdict, output, content.by, content.item)


def is_settled(state: MachineState, event: Event) -> bool:
    """Whether what the event decides has been decided in another way meanwhile, so that it comes too late."""
    if event.__class__ not in _MAY_BE_LATE:
        return False
    match event:
        case ApprovalDenied(step=step) | ApprovalGranted(step=step):
            return step not in state.run.asked
        case AttemptProgressed(step=step, item=item, attempt=attempt):
            return (step, item, attempt) not in state.run.running
        case StepTimeLimitReached(step=step):
            return step not in state.pending.unended
        case ResultReused(step=step, item=item):
            return (step, item) not in state.pending.sought
        case _:
            return False
