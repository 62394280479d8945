"""Who has a run, across processes that live, die, stop and wake up again."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from callsheet.executor.journal.errors import JournalError, RunOwned, RunTakenOver
from callsheet.executor.journal.lease import Lease, LeaseTerms, Process
from callsheet.executor.journal.signals import Pause
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import CancellationRequested, RunStarted
from tests.executor.journals import QUICK, created, hear, path, process, tell

__all__ = ["path"]

TERMS = LeaseTerms()
OWN_RUN = """
await journal.create(RunCreated(1.0, "r", "g", 7))
say(os.getpid())
"""


class TestJudging:
    """Whether an owner lives, as another process sees it."""

    here = Process.this()

    def test_whoever_lives_and_renews_has_it(self) -> None:
        """The plain case."""
        assert Lease.from_process(self.here, TERMS).holds(self.here)

    def test_a_process_that_is_gone_has_nothing(self) -> None:
        """At once, whatever its lease says; also while nobody has asked for its exit code."""
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            there = replace(self.here, pid=other.pid, born=0)
            lease = Lease.from_process(there, TERMS)
            assert lease.holds(self.here)
            other.kill()
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
            assert not lease.holds(self.here), "it is a zombie now"
            other.wait()
            assert not lease.holds(self.here)

    def test_a_process_that_got_the_number_of_a_dead_one_has_nothing(self) -> None:
        """It started at another time."""
        assert self.here.born, "this test is for machines with /proc"
        earlier = replace(self.here, born=self.here.born - 1)
        assert not Lease.from_process(earlier, TERMS).holds(self.here)

    def test_an_owner_that_does_not_renew_has_nothing(self) -> None:
        """After its time, by the monotonic clock."""
        lease = Lease.from_process(self.here, TERMS)
        later = replace(self.here, steady=lambda: time.monotonic() + TERMS.expiry)
        assert not lease.holds(later)

    @pytest.mark.parametrize("jump", [-3600.0, 3600.0])
    def test_the_clock_on_the_wall_may_jump_by_an_hour(self, jump: float) -> None:
        """On one machine it is not asked."""
        lease = Lease.from_process(self.here, TERMS)
        assert lease.holds(replace(self.here, wall=lambda: time.time() + jump))

    def test_of_another_machine_only_the_clock_on_the_wall_is_known(self) -> None:
        """A pid means nothing there, and neither does a monotonic clock."""
        there = replace(self.here, machine="elsewhere", pid=2**22 + 1, steady=lambda: -1e9)
        lease = Lease.from_process(there, TERMS)
        assert lease.holds(self.here)
        assert not lease.holds(replace(self.here, wall=lambda: time.time() + TERMS.expiry))


async def test_a_second_journal_of_the_same_file_is_refused(path: Path) -> None:
    """With the pid and host of the first, and the first is not disturbed."""
    first, second = SqliteJournal(path), SqliteJournal(path)
    await first.create(created())
    with pytest.raises(RunOwned) as refused:
        await second.claim("r")
    assert (refused.value.pid, refused.value.host) == (os.getpid(), Process.this().host)
    with pytest.raises(JournalError, match="not claimed"):
        await second.append("r", [RunStarted(2.0, 4)])
    await first.append("r", [RunStarted(3.0, 4)])
    assert second.read_events("r") == [created(), RunStarted(3.0, 4)]
    first.close()
    second.close()


async def test_a_claim_that_is_cancelled_before_it_is_committed_is_let_go_of(path: Path) -> None:
    """Also where both go into one commit: here the file is locked until all of it waits."""
    first, second = SqliteJournal(path), SqliteJournal(path)
    for run in "rs":
        await first.create(created(run))
        await first.release(run)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(first.signals.send_signal("r", Pause()))
        await asyncio.sleep(0.1)
        going = [
            asyncio.create_task(each)
            for each in (first.claim("r"), first.claim("s"), first.create(created("t")))
        ]
        await asyncio.sleep(0)
        for each in going:
            each.cancel()
        await asyncio.gather(*going, return_exceptions=True)
    await waiting
    for run in "rst":
        await first.claim(run)
        await first.release(run)
        await second.claim(run)
    first.close()
    second.close()


async def test_closing_lets_go_of_every_run(path: Path) -> None:
    """Others may have them at once."""
    first, second = SqliteJournal(path), SqliteJournal(path)
    for run in "rs":
        await first.create(created(run))
    first.close()
    for run in "rs":
        assert second.owner(run) is None
        await second.claim(run)
    await first.release("r")
    assert second.owner("r") is not None
    second.close()


async def test_a_late_write_is_refused(path: Path) -> None:
    """An owner that did not renew is taken over from, and whatever it writes then is refused, with the
    name of the new one; so is what it says after that."""
    late = SqliteJournal(path, process=replace(Process.this(), steady=lambda: time.monotonic() - 60))
    await late.create(created())
    await late.append("r", [RunStarted(2.0, 4)])
    second = SqliteJournal(path)
    assert second.owner("r") is None
    await second.claim("r")
    for _ in range(2):
        with pytest.raises(RunTakenOver) as refused:
            await late.append("r", [CancellationRequested(3.0)])
        assert refused.value.pid == os.getpid()
    with pytest.raises(RunTakenOver):
        await late.results.keep("k", "r", {}, 3.0)
    await late.release("r")
    await second.append("r", [CancellationRequested(4.0)])
    assert second.read_events("r") == [created(), RunStarted(2.0, 4), CancellationRequested(4.0)]
    late.close()
    assert second.owner("r") is not None
    second.close()


async def test_a_late_write_is_refused_when_the_new_owner_is_gone_too(path: Path) -> None:
    """The fence stays where it is."""
    late = SqliteJournal(path, process=replace(Process.this(), steady=lambda: time.monotonic() - 60))
    await late.create(created())
    second = SqliteJournal(path)
    await second.claim("r")
    second.close()
    with pytest.raises(RunTakenOver, match="released it since"):
        await late.append("r", [CancellationRequested(3.0)])
    await late.claim("r")
    await late.append("r", [CancellationRequested(4.0)])
    assert late.read_events("r") == [created(), CancellationRequested(4.0)]
    late.close()


async def test_what_shares_a_commit_with_a_late_write_is_kept(path: Path) -> None:
    """The refusal concerns one run."""
    late = SqliteJournal(path, process=replace(Process.this(), steady=lambda: time.monotonic() - 60))
    for run in "rs":
        await late.create(created(run))
    second = SqliteJournal(path)
    await second.claim("r")
    outcomes = await asyncio.gather(
        late.append("s", [CancellationRequested(1.0)]),
        late.append("r", [CancellationRequested(2.0)]),
        late.append("s", [CancellationRequested(3.0)]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), RunTakenOver, type(None)]
    assert [event.at for event in late.read_events("s")] == [1.0, 1.0, 3.0]
    late.close()
    second.close()


async def test_an_owner_that_was_slow_but_not_taken_over_goes_on(path: Path) -> None:
    """An expired lease is an offer to others, not a sentence."""
    late = SqliteJournal(path, process=replace(Process.this(), steady=lambda: time.monotonic() - 60))
    await late.create(created("s"))
    await late.create(created("r"))
    second = SqliteJournal(path)
    await second.claim("s")
    await late.append("r", [CancellationRequested(2.0)])
    assert late.read_events("r") == [created("r"), CancellationRequested(2.0)]
    late.close()
    second.close()


@pytest.mark.slow
def test_a_run_whose_owner_was_killed_can_be_had_at_once(path: Path) -> None:
    """No lease is waited for: twenty seconds of life are left in it."""
    with process(path, OWN_RUN + "input()") as other:
        pid = int(hear(other))
        journal = SqliteJournal(path)
        owner = journal.owner("r")
        assert owner is not None and owner.pid == pid
        with pytest.raises(RunOwned, match=f"process {pid} on "):
            asyncio.run(journal.claim("r"))
        other.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert journal.owner("r") is None
        asyncio.run(journal.claim("r"))
        journal.close()


@pytest.mark.slow
def test_an_owner_whose_event_loop_is_blocked_keeps_its_run(path: Path) -> None:
    """Another thread renews the lease."""
    with process(path, OWN_RUN + "time.sleep(1.5)\nsay('awake')\ninput()") as other:
        hear(other)
        journal = SqliteJournal(path, lease=QUICK)
        assert hear(other) == "awake", "nearly four times as long as the lease lasts"
        assert journal.owner("r") is not None
        with pytest.raises(RunOwned):
            asyncio.run(journal.claim("r"))
        tell(other)
        journal.close()


@pytest.mark.slow
def test_a_stopped_owner_that_wakes_up_cannot_write(path: Path) -> None:
    """SIGSTOP, a takeover once the lease has run out, SIGCONT: its next write is refused."""
    main = (
        OWN_RUN
        + """
await asyncio.to_thread(input)
try:
    await journal.append("r", [CancellationRequested(2.0, "late")])
except RunTakenOver as error:
    say(error.pid)
"""
    )
    with process(path, main) as other:
        pid = int(hear(other))
        journal = SqliteJournal(path, lease=QUICK)
        other.send_signal(signal.SIGSTOP)
        with pytest.raises(RunOwned, match=str(pid)):
            asyncio.run(journal.claim("r"))
        while journal.owner("r"):
            time.sleep(0.05)
        asyncio.run(journal.claim("r"))
        tell(other)
        other.send_signal(signal.SIGCONT)
        assert hear(other) == str(os.getpid())
        asyncio.run(journal.append("r", [CancellationRequested(3.0, "mine")]))
        assert [event.at for event in journal.read_events("r")] == [1.0, 3.0]
        journal.close()


@pytest.mark.slow
def test_of_two_processes_that_claim_a_dead_one_s_run_one_gets_it(path: Path) -> None:
    """Whoever is second is told of the first."""
    first = SqliteJournal(path)
    asyncio.run(first.create(created()))
    first.close()
    main = """
input()
try:
    await journal.claim("r")
    await journal.append("r", [CancellationRequested(2.0)])
    say("mine", os.getpid())
except RunOwned as error:
    say("owned", error.pid)
input()
"""
    with ExitStack() as stack:
        others = [stack.enter_context(process(path, main)) for _ in range(4)]
        for other in others:
            tell(other)
        said = [hear(other).split() for other in others]
    assert sorted(word for word, _ in said) == ["mine", "owned", "owned", "owned"]
    assert len({pid for _, pid in said}) == 1
