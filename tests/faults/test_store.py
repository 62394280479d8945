"""Faults a run must survive: a disk that is full, read-only, locked or torn, and a journal of an older
release."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from callsheet.executor.journal.schema import VERSIONS
from callsheet.executor.run.events import Event, PlanAdopted, encode

from .conftest import MakeStory
from .mishaps import break_off
from .plans import chain
from .scenes import rest
from .story import Story
from .witness import check_numbers

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("full", "disk is full"),
        ("limit", "limit on the size of files"),
        ("read-only", "cannot be written"),
        ("locked", "another process has locked it"),
    ],
)
def test_a_disk_that_is_full_read_only_or_locked(make_story: MakeStory, fault: str, problem: str) -> None:
    """The run stops with a clear error, nothing that was acknowledged is lost, and it goes on once the
    fault is mended."""
    story = make_story(chain("add", "add", "add"))
    refused = story.end(story.begin(break_off, step="b", fault=fault))
    assert refused["refused"] == "JournalError"
    assert problem in refused["text"]
    assert story.begun("c") == [], "nothing starts whose start cannot be kept"
    assert story.live()["answer"] == 6
    assert story.begun("a") == [1]
    story.check()


def test_a_lock_that_goes_away_in_time(make_story: MakeStory) -> None:
    """It is waited for."""
    story = make_story(chain("add", "add"))
    assert story.live("begun b", 1) is None
    with closing(sqlite3.connect(story.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        life = story.begin()
        with pytest.raises(TimeoutError):
            life.hear(0.2)
        other.execute("COMMIT")
    assert story.end(life)["answer"] == 3
    story.check()


@pytest.mark.parametrize("fault", ["torn", "truncated"])
@pytest.mark.parametrize("seed", range(6))
def test_a_torn_or_truncated_tail(make_story: MakeStory, fault: str, seed: int) -> None:
    """What a power cut leaves of the last writes: it is found and cut, what is before it stays as it was,
    and the run goes on from there."""
    chance = Random(seed)
    story = make_story(chain("add", "look_up", "stumble", "add", "add"))
    assert story.live("after AttemptSucceeded", chance.randint(2, 4)) is None
    before = story_events_as_lines(story, copy=True)
    log = story.path.with_name("runs.db-wal")
    data = bytearray(log.read_bytes())
    # The pages of the last transactions; the schema lies before them.
    at = len(data) - chance.randint(1, 5 * 4096)
    if fault == "torn":
        data[at:] = chance.randbytes(len(data) - at)
    else:
        del data[at:]
    log.write_bytes(data)
    kept = story_events_as_lines(story, copy=True)
    assert kept == before[: len(kept)]
    assert len(kept) < len(before)
    assert story.live()["answer"] == 15
    assert story_events_as_lines(story)[: len(kept)] == kept


def story_events_as_lines(story: Story, *, copy: bool = False) -> list[bytes]:
    """What is in the journal, or in a copy of it as it lies there: opening writes the log into the file."""
    path = story.path
    if copy:
        path = story.folder / "copy.db"
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        for suffix in ("", "-wal"):
            source = story.path.with_name(story.path.name + suffix)
            path.with_name(path.name + suffix).write_bytes(source.read_bytes())
    query = "SELECT body FROM events ORDER BY run, sequence"
    with closing(sqlite3.connect(path)) as connection:
        return [body.encode() for (body,) in connection.execute(query)]


def test_a_journal_of_an_older_release(make_story: MakeStory) -> None:
    """A run that was killed under release 0.1.0 goes on under this one."""
    story = make_story(chain("add", "send", "add"))
    assert story.live("begun b", 1) is None
    events = [old(event) for event in story.events()]
    story.path.unlink()
    write_old_journal(story.path, events)
    result = story.end(story.begin(rest))
    assert result["waiting"] == ["b"], "its attempt had started"
    assert story.live()["answer"] == 6
    assert story.begun("a") == [1]
    assert story.begun("b") == [1, 2]
    check_numbers(story.events())


def old(event: Event) -> Event:
    """The event as release 0.1.0 wrote it, which kept no contracts."""
    return msgspec.structs.replace(event, contracts=()) if isinstance(event, PlanAdopted) else event


def write_old_journal(path: Path, events: list[Event]) -> None:
    """A file as release 0.1.0 left it, with one run."""
    rows: list[tuple[Any, ...]] = [(1, at, encode(event).decode()) for at, event in enumerate(events)]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSIONS[0] + "PRAGMA application_id = 1130458220; PRAGMA user_version = 1;")
        run = msgspec.json.decode(encode(events[0]))["run"]
        connection.execute("INSERT INTO runs (id) VALUES (?)", (run,))
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        connection.commit()
