"""The journal of all runs, opened to be read."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from callsheet.config import Settings
from callsheet.executor.journal import Journal, MemoryJournal
from callsheet.executor.sqlite import SqliteJournal


@contextmanager
def read_journal(settings: Settings) -> Generator[Journal]:
    """The journal that the settings name; an empty one where there is none yet. Raises JournalError."""
    exists = settings.store.exists()
    journal: Journal = SqliteJournal(settings.store, must_exist=True) if exists else MemoryJournal()
    try:
        yield journal
    finally:
        journal.close()
