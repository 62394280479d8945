"""A recorded run is carried out again: by the real planner and the real executor, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from callsheet.agents.budget import Budget
from callsheet.agents.capability import Effect
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.prices import Price, Prices
from callsheet.agents.registry import Registry
from callsheet.agents.workspace import Workspace
from callsheet.errors import CallsheetError
from callsheet.executor.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    CancellationRequested,
    DoubtSettled,
    DraftBegun,
    Event,
    ModelCalled,
    PauseRequested,
    PlanAdopted,
    RunCancelled,
    RunEquipped,
    RunPaused,
    RunResumed,
    RunStarted,
    WordSpoken,
)
from callsheet.executor.fold import record_of
from callsheet.executor.mailbox import Approve, Cancel, Deny, Pause, Settle, Tell, Word
from callsheet.executor.record import RUN_ENDED, RunStatus
from callsheet.executor.recording.recording import Recording
from callsheet.executor.replay.drift import Drift
from callsheet.executor.replay.errors import ProcessEnded, ReplayStopped
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.stage import ReplayStage
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.runner import LocalRunner
from callsheet.executor.virtual_time import VirtualClock
from callsheet.orchestrator import Orchestrator
from callsheet.planner.compiled import CheckedPlan
from callsheet.planner.full_format import FullFormat
from callsheet.planner.policy import Policy
from callsheet.planner.short_format import ShortFormat
from callsheet.planner.wire_format import WireFormat

from .stand_in import Ensemble

_DECLINED = "the plan was declined"
_LETTERS = (
    ApprovalDenied,
    ApprovalGranted,
    CancellationRequested,
    DoubtSettled,
    PauseRequested,
    WordSpoken,
)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of playing a recording. `stopped` says why it went no further, if it did not; `error` is what
    the run's process ended with, if it did with one."""

    events: Sequence[Event]
    stage: ReplayStage
    stopped: Drift | None
    error: CallsheetError | None


class Playback:
    """Plays one recording, once, on the running event loop, which must be a virtual one.

    `today` is who is available now, for what is live; `live_model` is asked then. Attempts that are live
    work in `workspace`.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        live: Liveness,
        today: Registry | None,
        live_model: ChatModel | None,
        what_ifs: Sequence[WhatIf],
        workspace: Path,
    ) -> None:
        self._recording = recording
        self._events = recording.events
        self._live = live
        self._what_ifs = what_ifs
        self._clock = VirtualClock(recording.created.at)
        self._ensemble = Ensemble(recording, today, live)
        self._workspace = Workspace(workspace)
        self._live_runner = LocalRunner()
        self._begun = 2 + self._has_given_plan
        self._stage = ReplayStage(
            recording,
            self._begun,
            self._clock,
            self._ensemble.registry,
            live,
            live_model,
            self._ensemble.today,
            self._live_runner,
            what_ifs,
        )
        self._journal = self._stage.journal
        self._posts: list[asyncio.TimerHandle] = []
        self._posting: set[asyncio.Task[None]] = set()

    async def play(self) -> Played:
        """Play it to its end, or as far as it goes."""
        created, *rest = self._events[: self._begun]
        await self._journal.create(self._recording.created, *rest)
        await self._journal.release(self._recording.run)
        assert created is self._recording.created
        stopped: Drift | None = None
        error: CallsheetError | None = None
        try:
            await self._play_on()
        except ReplayStopped as stop:
            stopped = stop.drift
        except CallsheetError as raised:
            error = raised
        finally:
            self._live_runner.close()
            for handle in self._posts:
                handle.cancel()
        return Played(self._journal.events, self._stage, stopped or self._journal.stopped, error)

    async def _play_on(self) -> None:
        """One process of the run after the other."""
        await self._appear(None)
        while (resumed := self._comes_back()) is not None:
            seconds = resumed.at - self._clock.now()
            if seconds > 0:
                await asyncio.sleep(seconds)
            await self._appear(resumed)

    async def _appear(self, resumed: Event | None) -> None:
        """A process takes the run up, and has it until it rests, ends, or dies."""
        run = self._recording.run
        for word in self._words_waiting():
            await self._journal.mailbox.post(run, word)
        if self._is_called_off():
            reason = next(each.reason for each in self._ahead if isinstance(each, _CALLS_OFF))
            await self._orchestrator(resumed).control.cancel(run, reason)
            return
        self._post_later()
        budget = resumed.budget if isinstance(resumed, RunResumed) and resumed.budget is not None else None
        with suppress(ProcessEnded):
            await self._orchestrator(resumed).resume(
                run,
                review=self._review if self._is_reviewed else None,
                budget=None if budget is None else Budget.parse(budget),
                time_limit=self._time_limit,
                stream=self._is_streamed,
            )

    def _comes_back(self) -> Event | None:
        """What brings another process to the run; None where nothing does."""
        if self._journal.stopped is not None:
            return None
        record = record_of(self._journal.events)
        if record.status in RUN_ENDED:
            return None
        if self._stage.course.in_step:
            return self._stage.course.next
        if record.status is RunStatus.RUNNING and any(each.action == "kill" for each in self._what_ifs):
            return RunResumed(self._clock.now(), 0)
        return None

    def _orchestrator(self, resumed: Event | None) -> Orchestrator:
        started = self._started
        equipped = self._recording.equipped
        again = resumed if isinstance(resumed, RunResumed) and resumed.max_concurrency else None
        most = again.max_concurrency if again else started.max_concurrency if started else 16
        replans = again.replans if again else started.replans if started else None
        return Orchestrator(
            self._ensemble.registry,
            model=self._stage.model if self._recording.created.model else None,
            store=self._journal,
            workspace=self._workspace,
            policy=_policy(equipped),
            max_concurrency=most,
            approve=self._approve,
            clock=self._clock,
            wire_format=_wire_format(equipped.wire_format),
            fail_fast=started.fail_fast if started else True,
            hedge=started.hedge if started else False,
            max_replans=replans,
            prices=_prices(self._recording.created.model, equipped),
            staging=self._stage.staging,
        )

    @property
    def _ahead(self) -> Sequence[Event]:
        return self._stage.course.left

    @property
    def _started(self) -> RunStarted | None:
        return next((event for event in self._events if isinstance(event, RunStarted)), None)

    @property
    def _has_given_plan(self) -> bool:
        """Whether the run began with a plan that no model was asked for."""
        return len(self._events) > 2 and isinstance(self._events[2], PlanAdopted)

    @property
    def _is_streamed(self) -> bool:
        return any(isinstance(event, DraftBegun) for event in self._events)

    @property
    def _is_reviewed(self) -> bool:
        """Whether somebody looked at the whole plan, so that no irreversible step has to wait by itself."""
        if self._is_streamed:
            return False
        started = self._started
        return started is None or not started.approvals

    @property
    def _time_limit(self) -> float | None:
        """In seconds from the beginning of planning, as far as it can be told from where the run began."""
        started = self._started
        if started is None:
            return self._recording.equipped.time_limit
        if started.deadline is None:
            return None
        planned = next(
            (event.at for event in self._events if isinstance(event, PlanAdopted)), self._recording.created.at
        )
        planning = 0.0 if self._has_given_plan or self._is_streamed else planned - self._recording.created.at
        return started.deadline - started.at + planning

    async def _review(self, checked: CheckedPlan) -> bool:
        """Look at the plan for as long as somebody did, and say the same."""
        upcoming = self._stage.course.next
        if upcoming is None:
            return True
        await asyncio.sleep(max(0.0, upcoming.at - self._clock.now()))
        return not (isinstance(upcoming, RunCancelled) and upcoming.reason == _DECLINED)

    async def _approve(self, request: ApprovalRequested) -> bool | None:
        """Say what was said, when it was said; nothing where the run had to rest for want of an answer."""
        course = self._stage.course
        for event in course.left:
            if isinstance(event, RunPaused) and course.in_step:
                return None
            if isinstance(event, ApprovalGranted | ApprovalDenied) and event.step == request.step:
                if event.by and course.in_step:
                    # It comes by letter.
                    await asyncio.get_running_loop().create_future()
                await asyncio.sleep(max(0.0, event.at - self._clock.now()) if course.in_step else 0.0)
                return isinstance(event, ApprovalGranted)
        return None

    def _words_waiting(self) -> list[Word]:
        """The letters that the process finds when it takes the run up."""
        words: list[Word] = []
        ahead = self._ahead if self._stage.course.in_step else ()
        for event in ahead:
            if isinstance(event, _LETTERS):
                words.append(_word_of(event))
            elif not isinstance(event, RunResumed):
                break
        return words

    def _post_later(self) -> None:
        """Have the other letters come in when they came in, as long as the process lasts."""
        loop, seen = asyncio.get_running_loop(), False
        for index, event in enumerate(self._ahead):
            if isinstance(event, RunPaused) or (isinstance(event, RunResumed) and index):
                break
            if not isinstance(event, _LETTERS):
                seen = seen or not isinstance(event, RunResumed)
                if not (isinstance(event, RunCancelled) and self._started is None):
                    continue
            if seen and not (isinstance(event, ApprovalGranted | ApprovalDenied) and not event.by):
                seconds = max(0.0, event.at - self._clock.now())
                self._posts.append(loop.call_later(seconds, self._post, _word_of(event)))

    def _post(self, word: Word) -> None:
        posting = asyncio.get_running_loop().create_task(
            self._journal.mailbox.post(self._recording.run, word)
        )
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)

    def _is_called_off(self) -> bool:
        """Whether somebody ended the run while nobody had it."""
        if not self._stage.course.in_step:
            return False
        match self._ahead[:2]:
            case [RunCancelled(reason=reason), *_]:
                return reason != _DECLINED and not _is_planning(self._events, len(self._ahead))
            case [RunResumed(), CancellationRequested()]:
                return record_of(self._journal.events).revision == 0
            case _:
                return False


_CALLS_OFF = (RunCancelled, CancellationRequested)


def _is_planning(events: Sequence[Event], left: int) -> bool:
    """Whether the process that planned was there to hear that the run is cancelled."""
    before = events[-left - 1]
    return isinstance(before, ModelCalled) and before.error is not None


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


def _policy(equipped: RunEquipped) -> Policy:
    return Policy(equipped.max_steps, frozenset(Effect(effect) for effect in equipped.approval_for))


def _wire_format(name: str) -> WireFormat | None:
    known: dict[str, type[ShortFormat] | type[FullFormat]] = {"short": ShortFormat, "full": FullFormat}
    return known[name]() if name in known else None


def _prices(model: str, equipped: RunEquipped) -> Prices:
    if equipped.price is None:
        return Prices()
    asked, answered, cached = map(Decimal, equipped.price)
    return Prices({model: Price(asked, answered, cached)})
