"""The result of a replay, for tests and for users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.drift.drift import Drift
from callsheet.executor.run.events import Event
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult, StepResult
from callsheet.executor.run.revisions import tell_revisions
from callsheet.executor.run.state import RunStatus
from callsheet.planner.plan.plan import Plan
from callsheet.recordings.errors import ReplayDrifted
from callsheet.suggestions import did_you_mean


@dataclass(frozen=True, repr=False)
class Replay:
    """A recorded run that was carried out again."""

    recording: Recording
    """What was replayed."""
    events: Sequence[Event]
    """The journal of the replay."""
    drifts: tuple[Drift, ...]
    """What differs from the recording; with `is_what_if`, the consequences of the what-ifs."""
    is_what_if: bool = False
    """Whether there were what-ifs."""
    is_cut_short: bool = False
    """Whether the replay stopped early, because it needed something that was not recorded."""
    updated: Recording | None = None
    """The new recording, if what drifted was recorded again."""
    obstacle: Drift | None = None
    """Why there is no updated recording, although an update was asked for."""

    def __repr__(self) -> str:
        name = self.recording.source or self.recording.run
        drifts = f", {len(self.drifts)} drifts" if self.drifts else ""
        return f"<replay of {name}: {self.status}{drifts}>"

    @cached_property
    def result(self) -> RunResult:
        """The result of the run, this time."""
        return RunResult.from_state(run_state_of(self.events))

    @property
    def goal(self) -> str:
        """The goal of the run."""
        return self.result.goal

    @property
    def status(self) -> RunStatus:
        """The status of the run at the end of the replay."""
        return self.result.status

    @property
    def completed(self) -> bool:
        """Whether the run completed, with an answer."""
        return self.status is RunStatus.COMPLETED

    @property
    def failed(self) -> bool:
        """Whether the run failed."""
        return self.status is RunStatus.FAILED

    @property
    def waiting(self) -> bool:
        """Whether the run waits for the user."""
        return self.status is RunStatus.PAUSED

    @property
    def answer(self) -> JsonValue:
        """The run's answer."""
        return self.result.answer

    @property
    def plan(self) -> Plan | None:
        """The latest plan; None where there was none."""
        plans = self.revisions
        return plans[-1] if plans else None

    @cached_property
    def revisions(self) -> tuple[Plan, ...]:
        """All plans, the first one first."""
        plans = tell_revisions(self.events).plans
        return tuple(plans[number] for number in sorted(plans))

    def step(self, id: str) -> StepResult:
        """A step of the latest plan, or one that a revision has removed. Raises LookupError for any other."""
        steps = self.result.steps
        if id not in steps:
            raise LookupError(f"the run has no step {id!r}; {did_you_mean(id, steps)}")
        return steps[id]

    def assert_no_drift(self) -> None:
        """Raise ReplayDrifted, an AssertionError that shows every drift, if there is any."""
        if self.drifts:
            raise ReplayDrifted(self.recording.source, self.drifts)
