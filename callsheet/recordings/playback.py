"""Carrying a recorded run out again: by the real planner and the real executor, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.prices import Price, Prices
from callsheet.agents.workspace.workspace import Workspace
from callsheet.errors import CallsheetError
from callsheet.executor.driver.resumption import options_before_start
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import Redacts
from callsheet.executor.replay.doubles.environment import ReplayEnvironment
from callsheet.executor.replay.doubles.people import RecordedPeople
from callsheet.executor.replay.doubles.raised_errors import RecordedError
from callsheet.executor.replay.drift.drift import Drift
from callsheet.executor.replay.errors import ProcessEnded, ReplayStopped
from callsheet.executor.replay.history.clock import ReplayClock
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import (
    DraftBegun,
    Event,
    FiguresKnown,
    ModelCalled,
    OptionsGiven,
    PlanAdopted,
    RunEquipped,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.events.origins import comparable
from callsheet.executor.run.options import RunKeywords
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.executor.runner.runner import LocalRunner
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.plan.policy import Policy

from .recorded_team import RecordedTeam

_MIN_SECONDS = 1e-9
"""The least time limit: one that is used up must still be positive."""


# Without a repr: the event loop formats the result of its main task when it looks for a signal handler.
@dataclass(frozen=True, slots=True, repr=False)
class Played:
    """A recording as it was played. `stopped` says why it could not go on, if it could not; `error` is the
    error that ended the run's process, if there was one."""

    events: Sequence[Event]
    stage: ReplayEnvironment
    stopped: Drift | None
    error: CallsheetError | RecordedError | None


class Playback:
    """Plays one recording, once, on the running event loop, which must be a virtual one.

    `today` has the agents of now, and `live_model` the model, for what is live. Live attempts work in
    `workspace`, and the `redactor` removes secrets from their results before they are compared with the
    recording.
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
        redactor: Redacts | None = None,
    ) -> None:
        self._recording = recording
        self._events = recording.events
        self._live = live
        self._what_ifs = what_ifs
        self._clock = ReplayClock(recording.created.at)
        self._recorded_team = RecordedTeam(recording, today, live)
        self._workspace = Workspace(workspace)
        self._live_runner = LocalRunner()
        self._begun = 2 + self._has_figures + self._has_given_plan
        self._stage = ReplayEnvironment(
            recording,
            self._begun,
            self._clock,
            self._recorded_team.registry,
            live,
            live_model,
            self._recorded_team.today,
            self._live_runner,
            what_ifs,
            redactor,
        )
        self._journal = self._stage.journal
        self._people = RecordedPeople(
            self._events, recording.run, self._stage.follower, self._clock, self._journal.signals
        )

    async def play(self) -> Played:
        """Play the recording to its end, or as far as possible."""
        await self._journal.create(self._recording.created, *self._events[1 : self._begun])
        await self._journal.release(self._recording.run)
        stopped: Drift | None = None
        error: CallsheetError | RecordedError | None = None
        try:
            await self._play_on()
        except ReplayStopped as stop:
            stopped = stop.drift
        except (CallsheetError, RecordedError) as raised:
            error = raised
        finally:
            self._live_runner.close()
            self._people.leave()
        return Played(comparable(self._journal.events), self._stage, stopped or self._journal.stopped, error)

    async def _play_on(self) -> None:
        """One process of the run after another. The first one may have died before its first event."""
        if self._stage.follower.is_over:
            return
        first = self._stage.follower.next
        if isinstance(first, ModelCalled):
            # Earlier processes may have died before the model answered, and left no event.
            await self._wait_until(first.started)
        await self._appear(None)
        while (resumed := self._comes_back()) is not None:
            await self._wait_until(resumed.started if isinstance(resumed, ModelCalled) else resumed.at)
            await self._appear(resumed)

    async def _wait_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._clock.now()))

    async def _appear(self, resumed: Event | None) -> None:
        """A process takes the run, and has it until the run pauses or ends, or the process dies."""
        run = self._recording.run
        if (reason := self._people.calls_off) is not None:
            await self._orchestrator(resumed).control.cancel(run, reason)
            return
        await self._people.write_signals()
        if resumed is None and not isinstance(upcoming := self._stage.follower.next, ModelCalled | None):
            # Until then the user reviewed the plan, or the process did work that left no event.
            await asyncio.sleep(max(0.0, upcoming.at - self._clock.now()))
        # It is followed as soon as the process takes the run.
        resumed = upcoming if isinstance(upcoming := self._stage.follower.next, OptionsGiven) else resumed
        with suppress(ProcessEnded):
            await self._orchestrator(resumed).resume(
                run,
                review=self._people.review if self._is_reviewed else None,
                **self._options(resumed),
            )

    def _comes_back(self) -> Event | None:
        """The event with which another process takes the run; None if there is none."""
        if self._journal.stopped is not None:
            return None
        record = run_state_of(self._journal.events)
        if record.status in RUN_ENDED:
            return None
        if self._stage.follower.in_step:
            return self._stage.follower.next
        if record.status is RunStatus.RUNNING and any(each.action == "kill" for each in self._what_ifs):
            return RunResumed(self._clock.now(), 0)
        if record.status is RunStatus.PAUSED and record.question and self._people.answers_again():
            return RunResumed(self._clock.now(), 0)
        return None

    def _orchestrator(self, resumed: Event | None) -> Orchestrator:
        equipped = self._recording.equipped
        options: RunKeywords = self._usual_options if self._has_options else {}
        return Orchestrator(
            self._recorded_team.registry,
            model=self._stage.model if self._recording.created.model else None,
            store=self._journal,
            workspace=self._workspace,
            policy=_policy(equipped),
            approve=self._people.approve,
            clock=self._clock,
            wire_format=_wire_format(equipped.wire_format),
            prices=_prices(self._recording.created.model, equipped),
            ports=self._stage.ports,
            **options,
        )

    def _options(self, resumed: Event | None) -> RunKeywords:
        """The options that the process gave: those of the event that resumes the run, or those with which the
        run was started."""
        if isinstance(resumed, RunResumed):
            return _resumed_with(resumed)
        if isinstance(resumed, OptionsGiven):
            return options_before_start([resumed]).keywords()
        if self._has_options:
            return {}
        started = self._started
        if self._has_begun or started is None:
            return {"time_limit": self._time_limit, "stream": self._is_streamed}
        return {"time_limit": self._time_limit, "budget": started.budget, **self._usual_options}

    @property
    def _usual_options(self) -> RunKeywords:
        """What the run was started with, whatever options it was given before."""
        started = self._started
        if started is None:
            return {"stream": self._is_streamed}
        return {
            "stream": self._is_streamed,
            "max_concurrency": started.max_concurrency,
            "fail_fast": started.fail_fast,
            "hedge": started.hedge,
            "max_replans": started.replans,
        }

    @property
    def _has_options(self) -> bool:
        """Whether the run was given options before it started, each time in an event. Earlier releases wrote
        none: there, what differs when the run is started is taken to have been given."""
        return any(isinstance(event, OptionsGiven) for event in self._events)

    @property
    def _has_begun(self) -> bool:
        return run_state_of(self._journal.events).started is not None

    @property
    def _started(self) -> RunStarted | None:
        return next((event for event in self._events if isinstance(event, RunStarted)), None)

    @property
    def _has_given_plan(self) -> bool:
        """Whether the run began with a given plan."""
        place = 2 + self._has_figures
        return len(self._events) > place and isinstance(self._events[place], PlanAdopted)

    @property
    def _has_figures(self) -> bool:
        return len(self._events) > 2 and isinstance(self._events[2], FiguresKnown)

    @property
    def _is_streamed(self) -> bool:
        return any(isinstance(event, DraftBegun) for event in self._events)

    @property
    def _is_reviewed(self) -> bool:
        """Whether the whole plan was reviewed, so that no irreversible step needs an approval of its own."""
        if self._is_streamed:
            return False
        started = self._started
        return started is None or not started.approvals

    @property
    def _time_limit(self) -> float | None:
        """In seconds from the beginning of planning, as far as the start of the run shows it; None if the run
        was created with it."""
        started, equipped = self._started, self._recording.equipped
        budget = Budget.parse(self._recording.created.budget or "none")
        if equipped.time_limit is not None or budget.seconds is not None:
            return None
        if started is None or started.deadline is None:
            return None
        planned = next(
            (event.at for event in self._events if isinstance(event, PlanAdopted)), self._recording.created.at
        )
        planning = 0.0 if self._has_given_plan or self._is_streamed else planned - self._recording.created.at
        return max(_MIN_SECONDS, started.deadline - started.at + planning)


def _resumed_with(event: RunResumed) -> RunKeywords:
    return {
        "max_concurrency": event.max_concurrency or None,
        "max_replans": event.replans,
        "budget": event.budget,
        "time_limit": None if event.deadline is None else max(_MIN_SECONDS, event.deadline - event.at),
        "fail_fast": event.fail_fast,
        "hedge": event.hedge,
    }


def _policy(equipped: RunEquipped) -> Policy:
    return Policy(equipped.max_steps, frozenset(Effect(effect) for effect in equipped.approval_for))


def _wire_format(name: str) -> WireFormat | None:
    known: dict[str, type[LinesFormat] | type[FullFormat]] = {
        "lines": LinesFormat,
        "short": LinesFormat,
        "full": FullFormat,
    }
    return known[name]() if name in known else None


def _prices(model: str, equipped: RunEquipped) -> Prices:
    if equipped.price is None:
        return Prices()
    asked, answered, cached = map(Decimal, equipped.price)
    return Prices({model: Price(asked, answered, cached)})
