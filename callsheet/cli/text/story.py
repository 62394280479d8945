"""What commands show of a run: its result, the process that is running it, and details from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.journal.journal import RunArchive, RunSummary
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.events import AttemptStarted, Event
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus, Work

WAITING = "waiting"
"""The status shown for a run whose plan waits for an approval."""
_UNDER_WAY = (RunStatus.PENDING, RunStatus.RUNNING)
INTERRUPTED = "interrupted"
"""The status shown for a run whose process ended before the run did, killed or told to stop."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as it is now. `owner` is the process that is running it; `given` the last attempt at each piece
    of work that is in doubt, with its inputs; `reason` why the run was cancelled."""

    result: RunResult
    owner: RunOwner | None
    given: Mapping[Work, AttemptStarted]
    reason: str

    @classmethod
    def from_result(cls, journal: RunArchive, result: RunResult) -> Self:
        """The view of a run that has just ended or paused. Raises JournalError."""
        is_plain = not result.in_doubt and result.status is not RunStatus.CANCELLED
        events = [] if is_plain else journal.read_events(result.run)
        return cls(result, None, last_attempts(events), reason_of(events))

    @classmethod
    def from_events(cls, events: Sequence[Event], owner: RunOwner | None) -> Self:
        """The view of a run with these events, and the process that has it. Read the owner first: a process
        writes its last events before it releases the run, so a run that has no owner then has all of them."""
        return cls(
            RunResult.from_state(run_state_of(events)), owner, last_attempts(events), reason_of(events)
        )

    @property
    def standing(self) -> str:
        """The status of the run, or `interrupted`, or `waiting`."""
        return standing(self.result.status, self.owner, has_plan=self.result.plan is not None)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of runs, and the process that is running it."""

    summary: RunSummary
    status: RunStatus
    owner: RunOwner | None
    has_plan: bool = False

    @classmethod
    def from_summary(cls, journal: RunArchive, summary: RunSummary) -> Self:
        """The line of a run as it is now. Raises JournalError, RunNotFound."""
        if summary.status in RUN_ENDED:
            return cls(summary, summary.status, None)
        owner, status = journal.owner(summary.run), summary.status
        if owner is None and status in _UNDER_WAY:
            # The run may have ended since the summary was read.
            state = run_state_of(journal.read_events(summary.run))
            return cls(summary, state.status, owner, state.revision > 0)
        return cls(summary, status, owner)

    @property
    def standing(self) -> str:
        """The status of the run, or `interrupted`, or `waiting`."""
        return standing(self.status, self.owner, has_plan=self.has_plan)


def standing(status: RunStatus, owner: RunOwner | None, *, has_plan: bool = False) -> str:
    """The status; of a run under way that no process is running, `interrupted`, or `waiting` where it has a
    plan that nobody has approved."""
    if owner is None and status is RunStatus.PENDING and has_plan:
        return WAITING
    return INTERRUPTED if owner is None and status in _UNDER_WAY else status.value


def owner_text(owner: RunOwner) -> str:
    """The process that is running a run: `process 12 on host`."""
    return f"process {owner.pid} on {owner.host}"
