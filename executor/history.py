"""Reading a run back from the journal: every step, attempt, agent, time and error."""

from __future__ import annotations

from .fold import record_of
from .journal import Journal
from .result import RunResult


def read_history(journal: Journal, run: str) -> RunResult:
    """The run as its events tell it, ended or not. Needs no registry, and starts nothing.

    `run` may be the beginning of an id. Raises RunNotFound, RunAmbiguous, JournalError and
    EventUnreadable.
    """
    return RunResult.of(record_of(journal.read(journal.find(run))))
