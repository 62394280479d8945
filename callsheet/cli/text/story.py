"""What commands show of a run: its result, the process that is running it, and details from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.journal.journal import RunArchive, RunSummary
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.events import AttemptStarted
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus, Work

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
    def read_run(cls, journal: RunArchive, run: str) -> Self:
        """The view of a run in the journal. Raises RunNotFound, JournalError, EventUnreadable."""
        # The owner is read first: a process writes its last events before it releases the run, so a run that
        # has no owner here has all of them.
        owner = journal.owner(run)
        events = journal.read_events(run)
        return cls(
            RunResult.from_state(run_state_of(events)), owner, last_attempts(events), reason_of(events)
        )

    @property
    def standing(self) -> str:
        """The status of the run, or `interrupted`."""
        return standing(self.result.status, self.owner)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of runs, and the process that is running it."""

    summary: RunSummary
    status: RunStatus
    owner: RunOwner | None

    @classmethod
    def from_summary(cls, journal: RunArchive, summary: RunSummary) -> Self:
        """The line of a run as it is now. Raises JournalError, RunNotFound."""
        if summary.status in RUN_ENDED:
            return cls(summary, summary.status, None)
        owner, status = journal.owner(summary.run), summary.status
        if owner is None and status in _UNDER_WAY:
            # The run may have ended since the summary was read.
            status = run_state_of(journal.read_events(summary.run)).status
        return cls(summary, status, owner)

    @property
    def standing(self) -> str:
        """The status of the run, or `interrupted`."""
        return standing(self.status, self.owner)


def standing(status: RunStatus, owner: RunOwner | None) -> str:
    """The status, or `interrupted` for a run under way that no process is running."""
    return INTERRUPTED if owner is None and status in _UNDER_WAY else status.value


def owner_text(owner: RunOwner) -> str:
    """The process that is running a run: `process 12 on host`."""
    return f"process {owner.pid} on {owner.host}"
