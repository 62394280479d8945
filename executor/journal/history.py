"""Reading a run back from the journal: every step, attempt, agent, time and error."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.executor.run.events import AttemptStarted, Event, RunCancelled
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunState, Work

from .errors import RunEnded
from .journal import RunArchive


def read_history(journal: RunArchive, run: str) -> RunResult:
    """The run as its events tell it, ended or not. Needs no registry, and starts nothing.

    `run` may be the beginning of an id. Raises RunNotFound, RunAmbiguous, JournalError and
    EventUnreadable.
    """
    return RunResult.from_state(run_state_of(journal.read_events(journal.find_run(run))))


def open_record(journal: RunArchive, run: str) -> RunState:
    """The record of a run that has not ended, by its id. Raises RunNotFound, JournalError, RunEnded."""
    record = run_state_of(journal.read_events(run))
    if record.status in RUN_ENDED:
        raise RunEnded(record.id, record.status)
    return record


def last_attempts(events: Iterable[Event]) -> dict[Work, AttemptStarted]:
    """The last attempt at each piece of work, as it began, with what the agent was given."""
    return {(each.step, each.item): each for each in events if isinstance(each, AttemptStarted)}


def reason_of(events: Iterable[Event]) -> str:
    """Why a run was cancelled; empty where no reason was given, or where it was not cancelled."""
    return next((each.reason for each in events if isinstance(each, RunCancelled)), "")
