"""The journal in a real SQLite file."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from callsheet.executor.journal import schema as tables
from callsheet.executor.journal.errors import JournalError, RunAmbiguous, RunNotFound
from callsheet.executor.journal.history import read_history
from callsheet.executor.journal.lease import Process
from callsheet.executor.journal.schema import APPLICATION_ID, VERSIONS, Durability
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.errors import EventUnreadable
from callsheet.executor.run.events import (
    CancellationRequested,
    ConditionDecided,
    Event,
    ModelCalled,
    ModelRequest,
    RunCompleted,
    RunCreated,
    RunStarted,
    StepSkipped,
)
from callsheet.planner.expressions.tree import Constant
from tests.executor.stage import Actor, behave, perform, plan, play, step, value_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be, in a folder that is not there yet."""
    return tmp_path / "deep" / "runs.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A journal in a file."""
    journal = SqliteJournal(path)
    yield journal
    journal.close()


def created(run: str, at: float = 1.0) -> RunCreated:
    return RunCreated(at, run, f"the goal of {run}", 7)


def read_all(path: Path) -> list[Event]:
    """The events of run r, by somebody who opens the file anew."""
    with closing(SqliteJournal(path)) as journal:
        return journal.read_events("r")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
async def test_a_journal_is_for_its_owner_alone(path: Path) -> None:
    """Runs hold what agents have read: a folder that is made for them is closed to others and out of sight of
    git, and so is each of its files while it is written."""
    with closing(SqliteJournal(path)) as journal:
        await journal.create(created("r"))
        rights = {each.name: each.stat().st_mode & 0o777 for each in path.parent.glob("runs.db*")}
    assert rights == {"runs.db": 0o600, "runs.db-wal": 0o600, "runs.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (path.parent / ".gitignore").read_text("utf-8") == "*\n"


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """The folder may hold other things, for other people."""
    rights = tmp_path.stat().st_mode
    SqliteJournal(tmp_path / "runs.db").close()
    assert tmp_path.stat().st_mode == rights
    assert not (tmp_path / ".gitignore").exists()


async def test_what_is_appended_is_read_back(journal: SqliteJournal, path: Path) -> None:
    """In order, equal, and also by somebody who opens the file anew."""
    events: list[Event] = [
        RunStarted(2.0, 4),
        ConditionDecided(3.0, "a", False),
        StepSkipped(4.0, "b", ("a",)),
    ]
    await journal.create(created("r"))
    await journal.append("r", events[:1])
    await journal.append("r", events[1:])
    other = SqliteJournal(path, must_exist=True)
    assert journal.read_events("r") == other.read_events("r") == [created("r"), *events]
    other.close()


async def test_many_at_once_keep_their_order_within_each_run(journal: SqliteJournal) -> None:
    """Group commit mixes runs, never the events of one."""
    runs = [f"r{number}" for number in range(20)]
    await asyncio.gather(*(journal.create(created(run)) for run in runs))

    async def write(run: str) -> None:
        for number in range(30):
            await journal.append(run, [CancellationRequested(float(number))])

    await asyncio.gather(*map(write, runs))
    for run in runs:
        assert [event.at for event in journal.read_events(run)[1:]] == [float(number) for number in range(30)]


async def test_one_that_cannot_be_written_does_not_take_others_with_it(journal: SqliteJournal) -> None:
    """Events that share a commit share nothing else."""
    await journal.create(created("r"))
    results = await asyncio.gather(
        journal.append("r", [RunStarted(2.0, 4)]),
        journal.append("unknown", [RunStarted(2.0, 4)]),
        journal.create(created("r")),
        journal.append("r", [RunCompleted(3.0, 1)]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), RunNotFound, JournalError, type(None)]
    assert len(journal.read_events("r")) == 3


async def test_runs_are_listed_newest_first_with_where_they_stand(journal: SqliteJournal) -> None:
    """One line a run, from its first and last events."""
    planning = ModelCalled(2.0, 1.5, "m", ModelRequest(()))
    stories: dict[str, list[Event]] = {
        "aa1": [planning],
        "aa2": [RunStarted(2.0, 4)],
        "ab3": [RunStarted(2.0, 4), RunCompleted(9.0, 1)],
    }
    for run, events in stories.items():
        await journal.create(created(run))
        await journal.append(run, events)
    lines = journal.runs()
    assert [(line.run, line.status, line.latest) for line in lines] == [
        ("ab3", "completed", 9.0),
        ("aa2", "running", 2.0),
        ("aa1", "pending", 2.0),
    ]
    assert lines[0].goal == "the goal of ab3"
    assert journal.runs(limit=1) == lines[:1]


async def test_a_run_is_found_by_the_beginning_of_its_id(journal: SqliteJournal) -> None:
    """If it is the only one; a whole id always is."""
    for run in ("aa1", "aa12", "b3"):
        await journal.create(created(run))
    assert (journal.find_run("b"), journal.find_run("aa1")) == ("b3", "aa1")
    with pytest.raises(RunAmbiguous) as ambiguous:
        journal.find_run("aa")
    assert set(ambiguous.value.runs) == {"aa1", "aa12"}
    for nobody in ("c", "", "%", "b_", "ü", "\ud800"):
        with pytest.raises(RunNotFound):
            journal.find_run(nobody)


async def test_what_the_driver_cannot_take_is_an_error_and_not_the_end(journal: SqliteJournal) -> None:
    """Nobody waits for ever for a thread that has died of something unforeseen."""
    await journal.create(created("r"))
    with pytest.raises(UnicodeEncodeError):
        await journal.append("\ud800", [RunStarted(2.0, 4)])
    await journal.append("r", [RunStarted(2.0, 4)])
    assert journal.read_events("r") == [created("r"), RunStarted(2.0, 4)]


def test_a_run_in_a_file_reads_back_as_it_was_lived(journal: SqliteJournal) -> None:
    """`show` and the run itself tell the same story, in virtual time, to the tick."""
    checked = plan(step("a", for_each=Constant([1, 2])), step("b", "a", max_retries=1), answer=value_of("b"))
    played = play(checked, Actor(behave(b=ValueError("no"))), journal=journal)
    assert read_history(journal, "r") == played.result
    in_memory = play(checked, Actor(behave(b=ValueError("no"))))
    assert in_memory.events == played.events, "how fast the disk is leaves no trace"


class TestOpening:
    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        """With a word about what to name instead."""
        with pytest.raises(JournalError, match="this is a folder"):
            SqliteJournal(tmp_path)

    def test_a_file_that_is_no_database_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        """Whatever it is, it is not ours."""
        path = tmp_path / "runs.db"
        path.write_text("dear diary, " * 100)
        with pytest.raises(JournalError, match="not a journal of Callsheet"):
            SqliteJournal(path)
        assert path.read_text() == "dear diary, " * 100

    def test_another_program_s_database_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        """It keeps its bytes, and its journal mode."""
        path = tmp_path / "runs.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        before = path.read_bytes()
        with pytest.raises(JournalError, match="another program's database"):
            SqliteJournal(path)
        assert path.read_bytes() == before

    def test_a_journal_of_a_newer_release_is_refused(self, path: Path) -> None:
        """Rather than misread."""
        SqliteJournal(path).close()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(JournalError, match="newer release"):
            SqliteJournal(path)

    def test_a_missing_journal_is_made_or_not(self, path: Path) -> None:
        """Whoever only reads can say so, and leaves nothing behind."""
        with pytest.raises(JournalError, match="does not exist yet"):
            SqliteJournal(path, must_exist=True)
        assert not path.parent.exists()

    def test_a_journal_that_cannot_be_written_is_refused(self) -> None:
        """For want of permissions; tried as nobody, since root may write anything."""
        program = (
            "import os, sys\n"
            "from callsheet.executor.journal.sqlite import SqliteJournal\n"
            "from callsheet.executor.journal.errors import JournalError\n"
            "os.getuid() or os.setuid(65534)\n"
            "try: SqliteJournal(sys.argv[1])\n"
            "except JournalError as error: print(error)\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.db"
            SqliteJournal(path).close()
            path.chmod(0o444)
            for mode, problem in ((0o555, "it cannot be"), (0o000, "cannot be")):
                path.parent.chmod(mode)
                done = subprocess.run(
                    [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
                )
                assert problem in done.stdout, done
            path.parent.chmod(0o755)

    def test_the_file_says_whose_it_is(self, path: Path) -> None:
        """In its header, for `file` and for us."""
        SqliteJournal(path, durability=Durability.FULL).close()
        with sqlite3.connect(path) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.close()
        assert (application, version) == (APPLICATION_ID, len(VERSIONS))

    def test_a_damaged_event_is_a_clear_error(self, path: Path) -> None:
        """An entry that nobody can read names its trouble."""
        journal = SqliteJournal(path)
        asyncio.run(journal.create(created("r")))
        with sqlite3.connect(path) as connection:
            connection.execute('UPDATE events SET body = \'{"event":"from_the_future","at":1}\'')
        connection.close()
        with pytest.raises(EventUnreadable, match="from_the_future"):
            journal.read_events("r")
        journal.close()

    async def test_a_closed_journal_takes_nothing_more(self, journal: SqliteJournal) -> None:
        """It says so, and what it has can be read."""
        await journal.create(created("r"))
        journal.close()
        with pytest.raises(JournalError, match="closed"):
            await journal.append("r", [RunStarted(2.0, 4)])
        assert journal.read_events("r") == [created("r")]


class TestFaults:
    async def test_a_full_disk_is_a_clear_error_and_leaves_the_journal_readable(self, path: Path) -> None:
        """What was acknowledged is there, nothing else is, and writing goes on once there is room."""
        journal = SqliteJournal(path)
        await journal.create(created("r"))
        connection = journal._writer._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(JournalError, match="disk is full"):
            await journal.append("r", [CancellationRequested(2.0, "x" * 100_000)])
        assert journal.read_events("r") == [created("r")]
        connection.execute("PRAGMA max_page_count = 1000000")
        await journal.append("r", [CancellationRequested(3.0)])
        assert journal.read_events("r") == [created("r"), CancellationRequested(3.0)]
        journal.close()

    def test_a_file_that_may_not_grow_is_a_clear_error(self, path: Path) -> None:
        """The same from the operating system: a limit on the size of files, in a real process."""
        program = (
            "import asyncio, resource, sys\n"
            "from callsheet.executor.journal.sqlite import SqliteJournal\n"
            "from callsheet.executor.journal.errors import JournalError\n"
            "from callsheet.executor.run.events import RunCreated, CancellationRequested\n"
            "async def main():\n"
            "    journal = SqliteJournal(sys.argv[1])\n"
            "    await journal.create(RunCreated(1.0, 'r', 'g', 7))\n"
            "    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
            "    try:\n"
            "        for at in range(1_000):\n"
            "            await journal.append('r', [CancellationRequested(float(at), 'x' * 5_000)])\n"
            "            print(at, flush=True)\n"
            "    except JournalError as error: print(error)\n"
            "asyncio.run(main())\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
        )
        *acknowledged, error = done.stdout.splitlines()
        assert error.startswith("journal ") and "limit on the size of files (200,000 bytes)" in error, done
        journal = SqliteJournal(path)
        assert [event.at for event in journal.read_events("r")][1:] == [float(at) for at in acknowledged]
        journal.close()

    @pytest.mark.parametrize("name", ["runs.db", "runs.db-wal", "runs.db-shm"])
    @pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
    async def test_a_store_that_is_deleted_or_replaced_is_noticed(
        self, tmp_path: Path, name: str, what: str
    ) -> None:
        """Nothing counts as kept that goes into a file which no path leads to any more (issue 12, B1)."""
        path, lost = tmp_path / "runs.db", tmp_path / name
        journal = SqliteJournal(path)
        await journal.create(created("r"))
        content = lost.read_bytes()
        lost.rename(tmp_path / "elsewhere")
        if what == "deleted":
            (tmp_path / "elsewhere").unlink()
        elif what == "replaced":
            lost.write_bytes(content)
        with pytest.raises(JournalError, match=r"deleted|took the place"):
            await journal.append("r", [CancellationRequested(2.0)])
        if what == "moved":
            (tmp_path / "elsewhere").rename(lost)
            await journal.append("r", [CancellationRequested(3.0)])
            assert journal.read_events("r") == [created("r"), CancellationRequested(3.0)]
        journal.close()

    async def test_a_log_that_is_cut_short_is_noticed(self, tmp_path: Path) -> None:
        """What it held is in no file any more (issue 12, B1)."""
        path = tmp_path / "runs.db"
        journal = SqliteJournal(path)
        await journal.create(created("r"))
        os.truncate(tmp_path / "runs.db-wal", 0)
        with pytest.raises(JournalError, match="cut short"):
            await journal.append("r", [CancellationRequested(2.0)])
        journal.close()

    async def test_a_log_that_a_tool_put_into_the_file_is_no_loss(self, tmp_path: Path) -> None:
        """Programs that copy databases end the log in this way."""
        path = tmp_path / "runs.db"
        journal = SqliteJournal(path)
        await journal.create(created("r"))
        with closing(sqlite3.connect(path)) as tool:
            assert tool.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        assert (tmp_path / "runs.db-wal").stat().st_size == 0
        await journal.append("r", [CancellationRequested(2.0)])
        assert journal.read_events("r") == [created("r"), CancellationRequested(2.0)]
        journal.close()

    async def test_a_change_of_the_working_folder_is_no_loss(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The path of a journal means what it meant when it was opened."""
        monkeypatch.chdir(tmp_path)
        journal = SqliteJournal("runs.db")
        await journal.create(created("r"))
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        await journal.append("r", [CancellationRequested(2.0)])
        journal.close()

    async def test_a_journal_that_another_program_holds_locked_is_a_clear_error(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """For longer than one waits; once it is free, writing goes on."""
        monkeypatch.setattr(tables, "BUSY_SECONDS", 0.05)
        journal = SqliteJournal(path)
        await journal.create(created("r"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError, match="has locked it"):
                await journal.append("r", [CancellationRequested(2.0)])
            with pytest.raises(JournalError, match="has locked it"):
                SqliteJournal(path)
            assert journal.read_events("r") == [created("r")]
        await journal.append("r", [CancellationRequested(3.0)])
        assert journal.read_events("r") == [created("r"), CancellationRequested(3.0)]
        journal.close()

    def test_a_torn_tail_is_cut(self, path: Path, tmp_path: Path) -> None:
        """The log cut off at any place: what was there before is there, each append is whole or gone,
        and the run goes on."""
        journal = SqliteJournal(path)
        asyncio.run(journal.create(created("r")))
        checkpointed = [CancellationRequested(float(at), "x" * 500) for at in range(2, 12)]
        asyncio.run(journal.append("r", checkpointed))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for at in range(20, 40):
            pair = [CancellationRequested(float(at), "y" * 3000), CancellationRequested(at + 0.5)]
            asyncio.run(journal.append("r", pair))
        log = path.with_name("runs.db-wal").read_bytes()
        lengths: set[int] = set()
        # For whom the lease of the process that wrote the file has run out.
        later = replace(Process.this(), steady=lambda: time.monotonic() + 3600)
        for place in range(25):
            torn = tmp_path / f"torn{place}.db"
            torn.write_bytes(path.read_bytes())
            torn.with_name(torn.name + "-wal").write_bytes(log[: len(log) * place // 24])
            after = SqliteJournal(torn, process=later)
            events = after.read_events("r")
            assert events[:11] == [created("r"), *checkpointed]
            rest = [event.at for event in events[11:]]
            assert rest == [20 + number / 2 for number in range(len(rest))]
            assert len(rest) % 2 == 0, "an append is one write"
            lengths.add(len(rest))
            asyncio.run(after.claim("r"))
            asyncio.run(after.append("r", [CancellationRequested(99.0)]))
            assert after.read_events("r") == [*events, CancellationRequested(99.0)]
            after.close()
        assert len(lengths) > 5 and max(lengths) == 40
        journal.close()

    @pytest.mark.parametrize("kept", [0.3, 0.7])
    def test_a_file_that_was_cut_short_is_a_clear_error(self, path: Path, kept: float) -> None:
        """Whatever is wrong with it is found when it is opened, or when it is read."""
        journal = SqliteJournal(path)
        asyncio.run(journal.create(created("r")))
        asyncio.run(journal.append("r", [CancellationRequested(2.0, "x" * 3000)] * 100))
        journal.close()
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(JournalError, match="the file is damaged"):
            read_all(path)

    def test_a_file_with_rubbish_in_it_is_a_clear_error(self, path: Path) -> None:
        """In the pages, not in the header: the events are not to be had, and nothing crashes."""
        journal = SqliteJournal(path)
        asyncio.run(journal.create(created("r")))
        asyncio.run(journal.append("r", [CancellationRequested(2.0, "x" * 3000)] * 100))
        journal.close()
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xa5" * (len(data) - 4096)
        path.write_bytes(data)
        with pytest.raises(JournalError, match="the file is damaged"):
            read_all(path)

    @pytest.mark.slow
    def test_a_writer_that_is_killed_loses_nothing_it_was_told_is_kept(self, path: Path) -> None:
        """Five kills in the middle of writing: every acknowledged event is there, in order."""
        program = (
            "import asyncio, sys\n"
            "from callsheet.executor.journal.sqlite import SqliteJournal\n"
            "from callsheet.executor.run.events import RunCreated, CancellationRequested\n"
            "async def main(run):\n"
            "    journal = SqliteJournal(sys.argv[1])\n"
            "    await journal.create(RunCreated(0.0, run, 'g', 7))\n"
            "    for at in range(1, 1_000_000):\n"
            "        await journal.append(run, [CancellationRequested(float(at), 'x' * 300)])\n"
            "        print(at, flush=True)\n"
            "asyncio.run(main(sys.argv[2]))\n"
        )
        for attempt in range(5):
            run = f"r{attempt}"
            with subprocess.Popen(
                [sys.executable, "-c", program, str(path), run], stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                for _ in range(50 + 37 * attempt):
                    process.stdout.readline()
                process.send_signal(signal.SIGKILL)
                rest = process.stdout.read().split()
            journal = SqliteJournal(path)
            times = [event.at for event in journal.read_events(run)]
            assert times == [float(place) for place in range(len(times))]
            assert len(times) > (int(rest[-1]) if rest else 50 + 37 * attempt)
            journal.close()

    def test_two_processes_that_make_one_journal_at_once_both_can(self, path: Path) -> None:
        """Opening is safe to race."""
        program = (
            "import asyncio, sys\n"
            "from callsheet.executor.journal.sqlite import SqliteJournal\n"
            "from callsheet.executor.run.events import RunCreated\n"
            "journal = SqliteJournal(sys.argv[1])\n"
            "asyncio.run(journal.create(RunCreated(1.0, sys.argv[2], 'g', 7)))\n"
        )
        path.parent.mkdir()
        going = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(path), f"r{number}"], stderr=subprocess.PIPE, text=True
            )
            for number in range(4)
        ]
        for process in going:
            _, trouble = process.communicate()
            assert process.returncode == 0, trouble
        journal = SqliteJournal(path)
        assert {line.run for line in journal.runs()} == {f"r{number}" for number in range(4)}
        journal.close()


async def test_a_run_survives_being_cancelled_during_a_commit(journal: SqliteJournal) -> None:
    """Cancelled at any moment, the journal tells a whole story, of a run that can be resumed."""
    for spins in range(0, 60, 3):
        run = f"r{spins}"
        steps = [step("s0"), *(step(f"s{place}", f"s{place - 1}") for place in range(1, 40))]
        going = asyncio.create_task(perform(plan(*steps), journal=journal, run=run))
        for _ in range(spins):
            await asyncio.sleep(0)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        try:
            result = read_history(journal, run)
        except RunNotFound:
            continue
        assert result.status in ("running", "pending")


async def test_opening_a_journal_again_leaves_the_locks_of_the_first(path: Path) -> None:
    """In one process: to close any handle of a file lets go of all locks that the process has on it."""
    with closing(SqliteJournal(path)) as journal:
        await journal.create(created("r"))
        reader = sqlite3.connect(path, isolation_level=None)
        with closing(reader):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM runs").fetchone()
            SqliteJournal(path).close()
            script = (
                "import sqlite3, sys\n"
                "held = sqlite3.connect(sys.argv[1], timeout=0)\n"
                "try: held.execute('PRAGMA journal_mode = DELETE'); print('free')\n"
                "except sqlite3.OperationalError: print('locked')\n"
            )
            said = await asyncio.to_thread(_said, [sys.executable, "-c", script, str(path)])
    assert said == "locked\n"


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
