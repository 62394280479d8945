"""What every journal does, in memory and in a file."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest

from callsheet.errors import ExitCode
from callsheet.executor.journal.errors import JournalError, RunNotClaimed, RunNotFound, RunOwned
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.signals import Cancel
from callsheet.executor.run.errors import EventUnwritable
from callsheet.executor.run.events import CancellationRequested, RunStarted
from tests.executor.journals import created, journal, path

__all__ = ["journal", "path"]


async def test_a_run_begins_with_all_its_events_or_not_at_all(journal: Journal) -> None:
    """Creation and what comes with it are one write."""
    await journal.create(created(), RunStarted(1.0, 4))
    assert journal.read_events("r") == [created(), RunStarted(1.0, 4)]
    with pytest.raises(EventUnwritable):
        await journal.create(created("s"), CancellationRequested(1.0, "\ud800"))
    with pytest.raises(RunNotFound):
        journal.read_events("s")


async def test_whoever_creates_a_run_owns_it(journal: Journal) -> None:
    """And everybody can see who that is."""
    await journal.create(created())
    owner = journal.owner("r")
    assert owner is not None
    assert (owner.pid, owner.host) == (os.getpid(), socket.gethostname())
    assert owner.since > 1_700_000_000


async def test_a_run_that_is_owned_cannot_be_claimed(journal: Journal) -> None:
    """Not even by its owner: two who share a journal must not both pursue it."""
    await journal.create(created())
    with pytest.raises(RunOwned) as refused:
        await journal.claim("r")
    assert (refused.value.run, refused.value.pid, refused.value.host) == (
        "r",
        os.getpid(),
        socket.gethostname(),
    )
    assert str(os.getpid()) in str(refused.value)
    assert RunOwned.exit_code is ExitCode.USAGE


async def test_a_run_that_was_let_go_of_can_be_claimed_and_goes_on(journal: Journal) -> None:
    """Without an owner nobody writes it; with one it goes on where it stood."""
    await journal.create(created())
    await journal.release("r")
    assert journal.owner("r") is None
    with pytest.raises(RunNotClaimed):
        await journal.append("r", [RunStarted(2.0, 4)])
    await journal.claim("r")
    await journal.append("r", [RunStarted(3.0, 4)])
    assert journal.read_events("r") == [created(), RunStarted(3.0, 4)]


async def test_of_many_who_claim_at_once_one_gets_it(journal: Journal) -> None:
    """Also within one commit."""
    await journal.create(created())
    await journal.release("r")
    outcomes = await asyncio.gather(*(journal.claim("r") for _ in range(8)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None)] + [RunOwned] * 7


async def test_letting_go_of_what_one_does_not_own_does_nothing(journal: Journal) -> None:
    """Twice, never owned, or no run at all."""
    await journal.create(created())
    await journal.release("r")
    await journal.release("r")
    await journal.release("unknown")
    await journal.claim("r")


async def test_a_run_that_there_is_not_is_nobody_s(journal: Journal) -> None:
    """Each question about it says so."""
    with pytest.raises(RunNotFound):
        await journal.claim("unknown")
    with pytest.raises(RunNotFound):
        await journal.append("unknown", [RunStarted(2.0, 4)])
    with pytest.raises(RunNotFound):
        journal.owner("unknown")


async def test_a_claim_that_is_cancelled_leaves_the_run_to_others(journal: Journal) -> None:
    """Nobody would be left to let go of it."""
    await journal.create(created())
    await journal.release("r")
    claiming = asyncio.create_task(journal.claim("r"))
    creating = asyncio.create_task(journal.create(created("s")))
    await asyncio.sleep(0)
    assert claiming.cancel() is creating.cancel()
    cancelled = [isinstance(each, asyncio.CancelledError) for each in await _outcomes(claiming, creating)]
    for run, free in zip("rs", cancelled, strict=True):
        if free:
            await journal.claim(run)


async def _outcomes(*tasks: asyncio.Task[None]) -> list[BaseException | None]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_events_and_the_answers_to_letters_are_one_write(journal: Journal) -> None:
    """A signal is answered exactly once: where it does not wait any more, nothing is written."""
    await journal.create(created())
    await journal.signals.send_signal("r", Cancel("enough"))
    (signal,) = await journal.signals.unanswered("r")
    await journal.append("r", [CancellationRequested(2.0, "enough")], answered=(signal.number,))
    assert await journal.signals.unanswered("r") == []
    with pytest.raises(JournalError, match=f"signal {signal.number}"):
        await journal.append("r", [CancellationRequested(3.0)], answered=(signal.number,))
    assert journal.read_events("r")[1:] == [CancellationRequested(2.0, "enough")]


async def test_a_letter_to_another_run_cannot_be_answered(journal: Journal) -> None:
    """Numbers count all signals of a journal, and each belongs to one run."""
    for run in "rs":
        await journal.create(created(run))
    await journal.signals.send_signal("s", Cancel())
    (signal,) = await journal.signals.unanswered("s")
    with pytest.raises(JournalError, match="is waiting for run 'r'"):
        await journal.append("r", [], answered=(signal.number,))
    assert await journal.signals.unanswered("s") == [signal]
