"""All that is told of a run: its result, who has it now, and what the result alone does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.journal.journal import Journal, RunSummary
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.events import AttemptStarted
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus, Work

_UNDER_WAY = (RunStatus.PENDING, RunStatus.RUNNING)
INTERRUPTED = "interrupted"
"""How a run is called that no process has, and that was under way when its last one ended."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as it stands. `owner` is who has it now; `given` the last attempt at each piece of work that
    is in doubt, with what the agent was given; `reason` why it was cancelled."""

    result: RunResult
    owner: RunOwner | None
    given: Mapping[Work, AttemptStarted]
    reason: str

    @classmethod
    def from_result(cls, journal: Journal, result: RunResult) -> Self:
        """The story of a run that has just come back. Raises JournalError."""
        is_plain = not result.in_doubt and result.status is not RunStatus.CANCELLED
        events = [] if is_plain else journal.read_events(result.run)
        return cls(result, None, last_attempts(events), reason_of(events))

    @classmethod
    def read_run(cls, journal: Journal, run: str) -> Self:
        """The story as the journal has it. Raises RunNotFound, JournalError, EventUnreadable."""
        # First the owner: one who lets go of a run has entered what it came to before.
        owner = journal.owner(run)
        events = journal.read_events(run)
        return cls(
            RunResult.from_state(run_state_of(events)), owner, last_attempts(events), reason_of(events)
        )

    @property
    def standing(self) -> str:
        """The status of the run, or that it was interrupted."""
        return standing(self.result.status, self.owner)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list of them, and who has it now."""

    summary: RunSummary
    status: RunStatus
    owner: RunOwner | None

    @classmethod
    def from_summary(cls, journal: Journal, summary: RunSummary) -> Self:
        """The line of a run, as of now. Raises JournalError, RunNotFound."""
        if summary.status in RUN_ENDED:
            return cls(summary, summary.status, None)
        owner, status = journal.owner(summary.run), summary.status
        if owner is None and status in _UNDER_WAY:
            # It may have ended since the list was made.
            status = run_state_of(journal.read_events(summary.run)).status
        return cls(summary, status, owner)

    @property
    def standing(self) -> str:
        """The status of the run, or that it was interrupted."""
        return standing(self.status, self.owner)


def standing(status: RunStatus, owner: RunOwner | None) -> str:
    """The status, or that nobody has a run that was under way."""
    return INTERRUPTED if owner is None and status in _UNDER_WAY else status.value


def owner_text(owner: RunOwner) -> str:
    """Who has a run, in words."""
    return f"process {owner.pid} on {owner.host}"
