"""Journals of earlier releases: brought up to date, whole, once."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from callsheet.executor.journal.errors import JournalError
from callsheet.executor.journal.result_cache import Reserved
from callsheet.executor.journal.schema import VERSIONS
from callsheet.executor.journal.signals import Pause
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    Event,
    PlanAdopted,
    RunCompleted,
    RunCreated,
    RunStarted,
    encode,
)
from tests.executor.journals import hear, process

RELEASE_0_1_0 = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE events (
    run INTEGER NOT NULL REFERENCES runs (number),
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;
PRAGMA application_id = 1130458220;
PRAGMA user_version = 1;
"""
EVENTS: list[Event] = [
    RunCreated(1.0, "old", "a goal", 7, "digest", "a model"),
    PlanAdopted(2.0, 1, {"goal": "a goal", "steps": [{"id": "a", "capability": "work"}]}),
    RunStarted(3.0, 16),
    AttemptStarted(3.0, "a", 1, "actor", "old:a", 63.0, {"text": "x" * 100_000}),
    AttemptSucceeded(4.0, "a", 1, {"value": "y" * 100_000}),
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as release 0.1.0 left it, with a run that was killed."""
    path = tmp_path / "runs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(RELEASE_0_1_0)
        connection.execute("INSERT INTO runs (id) VALUES ('old')")
        rows = [(1, sequence, encode(event).decode()) for sequence, event in enumerate(EVENTS)]
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        connection.commit()
    return path


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        ((number,),) = connection.execute("PRAGMA user_version").fetchall()
    return int(number)


async def test_an_old_journal_is_read_and_goes_on(old: Path) -> None:
    """Its runs have no owner, so whoever comes first may resume them; nothing of them is lost."""
    journal = SqliteJournal(old)
    assert version(old) == len(VERSIONS) == 2
    assert journal.read_events("old") == EVENTS
    assert journal.owner("old") is None
    await journal.claim("old")
    await journal.append("old", [RunCompleted(5.0, "z" * 100_000)])
    await journal.signals.send_signal("old", Pause())
    assert await journal.results.reserve("k", "old", now=1.0, not_before=0.0) is Reserved.MINE
    assert journal.figures.read_statistics(["work"]) == {}
    assert journal.read_events("old") == [*EVENTS, RunCompleted(5.0, "z" * 100_000)]
    assert [line.status for line in journal.runs()] == ["completed"]
    journal.close()
    SqliteJournal(old).close()


def test_an_old_and_a_new_file_have_the_same_tables(old: Path, tmp_path: Path) -> None:
    """There is one schema, however a file came by it."""

    def columns(path: Path) -> list[tuple[object, ...]]:
        SqliteJournal(path).close()
        with closing(sqlite3.connect(path)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema ORDER BY name")]
            return [
                (name, *row) for name in names for row in connection.execute(f"PRAGMA table_info('{name}')")
            ]

    assert columns(old) == columns(tmp_path / "new.db")


def test_a_migration_that_fails_leaves_the_old_journal(old: Path) -> None:
    """It is one transaction: here there is a table in the way of its last statement."""
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE figures (theirs)")
    with pytest.raises(JournalError, match="figures"):
        SqliteJournal(old)
    assert version(old) == 1
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE figures")
    journal = SqliteJournal(old)
    assert journal.read_events("old") == EVENTS
    journal.close()


@pytest.mark.slow
def test_processes_that_open_an_old_journal_at_once_bring_it_up_to_date_once(old: Path) -> None:
    """All of them can use it."""
    with ExitStack() as stack:
        going = [stack.enter_context(process(old, "say(len(journal.read_events('old')))")) for _ in range(4)]
        assert [hear(each) for each in going] == [str(len(EVENTS))] * 4


@pytest.mark.slow
def test_a_process_killed_in_the_middle_of_a_migration_leaves_the_old_journal(old: Path) -> None:
    """And the next one does it."""
    main = """
import sqlite3
from callsheet.executor.journal import schema as tables
other = sqlite3.connect(sys.argv[1] + ".old", isolation_level=None)
def stop(statement):
    if "INSERT" not in statement and "results" in statement:
        say("here")
        time.sleep(600)
other.set_trace_callback(stop)
tables.connect = lambda path: other
SqliteJournal(sys.argv[1] + ".old")
"""
    copy = old.with_name("runs.db.old")
    copy.write_bytes(old.read_bytes())
    with process(old, main) as other:
        assert hear(other) == "here"
        other.send_signal(signal.SIGKILL)
    assert version(copy) == 1
    journal = SqliteJournal(copy)
    assert (version(copy), journal.read_events("old")) == (2, EVENTS)
    journal.close()


async def test_a_process_of_the_earlier_release_cannot_write_any_more(old: Path) -> None:
    """It knows nothing of owners. What it has open when the file is brought up to date, it can read."""
    with closing(sqlite3.connect(old)) as before:
        before.execute("SELECT * FROM events").fetchall()
        journal = SqliteJournal(old)
        with pytest.raises(sqlite3.OperationalError, match="4 columns"):
            before.execute("INSERT INTO events VALUES (1, 99, '{}')")
        query = "SELECT body FROM events JOIN runs ON run = number WHERE id = ? ORDER BY sequence"
        assert len(before.execute(query, ("old",)).fetchall()) == len(EVENTS)
        journal.close()


def test_a_file_that_becomes_newer_while_it_is_opened_is_refused(old: Path) -> None:
    """The version is looked at again under the lock."""
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {len(VERSIONS) + 1}")
    with pytest.raises(JournalError, match="newer release"):
        SqliteJournal(old)


def test_what_was_released_never_changes() -> None:
    """The first version of the schema is that of 0.1.0, to the letter."""
    statements = [" ".join(each.split()) for each in VERSIONS[0].split(";") if each.strip()]
    assert statements == [" ".join(each.split()) for each in RELEASE_0_1_0.split(";")[:2]]
