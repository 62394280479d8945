"""Opening the journal of all runs, and finding a run in it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from callsheet.executor.journal import history
from callsheet.executor.journal.errors import RunNotFound
from callsheet.executor.journal.journal import Journal, MemoryJournal, RunArchive
from callsheet.executor.journal.reading import is_there
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.state import RunState
from callsheet.settings.settings import Settings

LAST = "last"
"""The name of the run that was created last."""


@contextmanager
def open_journal(settings: Settings) -> Generator[Journal]:
    """The journal of the settings, created if it is missing. Raises JournalError."""
    journal = SqliteJournal(settings.store, durability=settings.durability)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def existing_journal(settings: Settings) -> Generator[Journal]:
    """The journal of the settings, or an empty one in memory: a command about a past run creates no file.
    Raises JournalError."""
    if not is_there(settings.store):
        yield MemoryJournal()
        return
    journal = SqliteJournal(settings.store, durability=settings.durability, must_exist=True)
    try:
        yield journal
    finally:
        journal.close()


def find_run(journal: RunArchive, name: str) -> str:
    """The id of a run, from its beginning or `last`. Raises RunNotFound, RunAmbiguous."""
    if name != LAST:
        return journal.find_run(name)
    latest = journal.runs(1)
    if not latest:
        raise RunNotFound(name)
    return latest[0].run


def open_record(journal: RunArchive, name: str) -> RunState:
    """The state of a run that has not ended. Raises RunNotFound, RunAmbiguous, RunEnded."""
    return history.open_record(journal, find_run(journal, name))
