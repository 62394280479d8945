"""Reading needs no writing: a store that cannot be written is read all the same, whatever lies beside it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest

from callsheet.executor.journal.errors import JournalError
from callsheet.executor.journal.reading import is_there
from callsheet.executor.journal.schema import APPLICATION_ID, VERSIONS
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.journal.stored_runs import SqliteReader, run_archive
from callsheet.executor.run.events import Event, RunCompleted, RunCreated, encode

NAME = "runs.db"
LARGE = "x" * 100_000


async def _fill(path: Path) -> SqliteJournal:
    journal = SqliteJournal(path)
    await journal.create(RunCreated(1.0, "first", "a goal", 7))
    await journal.append("first", [RunCompleted(2.0, LARGE)])
    return journal


async def _closed(folder: Path) -> None:
    (await _fill(folder / NAME)).close()


async def _open(folder: Path, *left_out: str) -> None:
    """The files as a process that was killed leaves them."""
    journal = await _fill(folder / "other.db")
    for suffix in ("", "-wal", "-shm"):
        if suffix not in left_out:
            shutil.copyfile(folder / f"other.db{suffix}", folder / f"{NAME}{suffix}")
    journal.close()
    (folder / "other.db").unlink()


async def _without_index(folder: Path) -> None:
    await _open(folder, "-shm")


async def _empty_log(folder: Path) -> None:
    await _closed(folder)
    (folder / f"{NAME}-wal").touch()


async def _first_version(folder: Path) -> None:
    with closing(sqlite3.connect(folder / NAME)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSIONS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO runs VALUES (1, 'first')")
        events: list[Event] = [RunCreated(1.0, "first", "a goal", 7), RunCompleted(2.0, LARGE)]
        rows = [(1, number, encode(event).decode()) for number, event in enumerate(events)]
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        connection.commit()


STORES = MappingProxyType(
    {
        "closed": _closed,
        "open": _open,
        "log-without-index": _without_index,
        "empty-log": _empty_log,
        "first-version": _first_version,
    }
)


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder, and the files in it, read-only. Root may write all the same, so the answer to the
    question whether it may is no."""

    def close_off(folder: Path) -> None:
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)
        monkeypatch.setattr("os.access", lambda *_, **__: False)

    return close_off


def _contents(folder: Path) -> dict[str, bytes]:
    """Of the files that readers do not share: the index has their locks."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != f"{NAME}-shm"}


@pytest.mark.parametrize("store", STORES)
async def test_a_store_that_cannot_be_written_is_read(
    tmp_path: Path, unwritable: Callable[[Path], None], store: str
) -> None:
    """The files may be those of a store that is closed, open, torn from a killed process, or older."""
    await STORES[store](tmp_path)
    before = _contents(tmp_path)
    unwritable(tmp_path)
    with run_archive(tmp_path / NAME) as archive:
        assert [each.run for each in archive.runs()] == ["first"]
        assert archive.find_run("fi") == "first"
        assert archive.read_events("first")[-1] == RunCompleted(2.0, LARGE)
        owner = archive.owner("first")
        assert (owner is not None) == (store in ("open", "log-without-index"))
    assert _contents(tmp_path) == before


async def test_an_older_store_that_is_only_read_stays_as_it_is(tmp_path: Path) -> None:
    """An older release goes on reading it."""
    await _first_version(tmp_path)
    with run_archive(tmp_path / NAME) as archive:
        assert archive.read_events("first")
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


async def test_a_reader_sees_what_is_written_meanwhile(tmp_path: Path) -> None:
    """Each question is answered as of its own moment."""
    journal = await _fill(tmp_path / NAME)
    reader = SqliteReader(tmp_path / NAME)
    assert len(reader.runs()) == 1
    await journal.create(RunCreated(3.0, "second", "another goal", 7))
    assert [each.run for each in reader.runs()] == ["second", "first"]
    assert reader.owner("second") is not None
    reader.close()
    journal.close()


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    """Each with what it is; an empty file has no runs, nor has one that is missing, which is not made."""
    (tmp_path / "text").write_text("no database " * 500)
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with closing(sqlite3.connect(tmp_path / "newer")) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(VERSIONS) + 1}")
    for name, problem in (
        ("text", "not a journal of Callsheet"),
        ("other", "another program's database"),
        ("newer", "upgrade Callsheet"),
        (".", "this is a folder"),
    ):
        with pytest.raises(JournalError, match=problem), run_archive(tmp_path / name):
            pass
    (tmp_path / "empty").touch()
    for name in ("empty", "missing"):
        with run_archive(tmp_path / name) as archive:
            assert archive.runs() == []
    assert not (tmp_path / "missing").exists()


def test_a_path_that_cannot_be_looked_at_is_an_error(tmp_path: Path) -> None:
    """It is not taken for one that is missing: the runs may be there."""
    with pytest.raises(JournalError, match="cannot be read"):
        is_there(tmp_path / ("x" * 5000))
    (tmp_path / "file").touch()
    assert not is_there(tmp_path / "file" / "runs.db")
    assert is_there(tmp_path / "file")
