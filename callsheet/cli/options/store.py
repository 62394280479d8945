"""The journal of all runs: opened, and a run found in it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from callsheet.executor.errors import RunNotFound
from callsheet.executor.journal import history
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.state import RunState
from callsheet.settings.settings import Settings

LAST = "last"
"""Stands for the run that began last."""


@contextmanager
def open_journal(settings: Settings) -> Generator[Journal]:
    """The journal that the settings name, made where it is missing. Raises JournalError."""
    journal = SqliteJournal(settings.store, durability=settings.durability)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def existing_journal(settings: Settings) -> Generator[Journal]:
    """The journal that the settings name; an empty one where there is none yet, and nothing is made.
    Raises JournalError."""
    if not settings.store.exists():
        yield MemoryJournal()
        return
    journal = SqliteJournal(settings.store, durability=settings.durability, must_exist=True)
    try:
        yield journal
    finally:
        journal.close()


def find_run(journal: Journal, name: str) -> str:
    """The id of a run, by its beginning or as `last`. Raises RunNotFound, RunAmbiguous."""
    if name != LAST:
        return journal.find_run(name)
    latest = journal.runs(1)
    if not latest:
        raise RunNotFound(name)
    return latest[0].run


def open_record(journal: Journal, name: str) -> RunState:
    """The record of a run that has not ended. Raises RunNotFound, RunAmbiguous, RunEnded."""
    return history.open_record(journal, find_run(journal, name))
