"""Signals to the owner of a run, from the same process and from others."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.executor.journal.errors import RunNotFound
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.signals import Approve, Cancel, Deny, Pause, Settle, SignalContent
from callsheet.executor.journal.sqlite import SqliteJournal
from tests.executor.journals import created, hear, in_file, journal, path, process

__all__ = ["in_file", "journal", "path"]

ALL: list[SignalContent] = [
    Cancel("enough"),
    Pause(),
    Approve("send", "ann"),
    Deny("send", "bob"),
    Settle("send", "done", 3, {"value": [1, None, "x"]}, "ann"),
]


async def test_letters_wait_in_the_order_in_which_they_came(journal: Journal) -> None:
    """Each with a number of its own, and what was said, until it is answered."""
    await journal.create(created())
    await journal.create(created("other"))
    for word in ALL:
        await journal.signals.send_signal("r", word)
        await journal.signals.send_signal("other", Pause())
    unanswered = await journal.signals.unanswered("r")
    assert [signal.content for signal in unanswered] == ALL
    numbers = [signal.number for signal in unanswered]
    assert numbers == sorted(set(numbers))
    await journal.append("r", [], answered=[numbers[0], numbers[3]])
    assert [signal.content for signal in await journal.signals.unanswered("r")] == [ALL[1], ALL[2], ALL[4]]


async def test_a_letter_needs_no_owner_but_a_run(journal: Journal) -> None:
    """It waits for whoever will have the run."""
    await journal.create(created())
    await journal.release("r")
    await journal.signals.send_signal("r", Approve("send"))
    assert [signal.content for signal in await journal.signals.unanswered("r")] == [Approve("send")]
    for going in (journal.signals.send_signal("unknown", Pause()), journal.signals.unanswered("unknown")):
        with pytest.raises(RunNotFound):
            await going


async def test_who_watches_is_told_of_each_letter_and_of_no_other(journal: Journal) -> None:
    """On its own event loop, until it stops."""
    for run in ("r", "other"):
        await journal.create(created(run))
    told, told_other = asyncio.Event(), asyncio.Event()
    stop = journal.signals.watch("r", told.set)
    journal.signals.watch("other", told_other.set)
    for word in ALL:
        told.clear()
        await journal.signals.send_signal("r", word)
        await asyncio.wait_for(told.wait(), 30)
    assert not told_other.is_set()
    stop()
    stop()
    told.clear()
    await journal.signals.send_signal("r", Pause())
    await asyncio.sleep(0)
    await journal.append("r", [])
    assert not told.is_set()


async def test_a_number_is_never_given_twice(in_file: SqliteJournal) -> None:
    """Also when all signals are answered: an old answer can't hit a new signal."""
    await in_file.create(created())
    seen: list[int] = []
    for _ in range(3):
        await in_file.signals.send_signal("r", Pause())
        (signal,) = await in_file.signals.unanswered("r")
        seen.append(signal.number)
        await in_file.append("r", [], answered=(signal.number,))
    assert len(set(seen)) == 3


async def test_who_watches_is_told_of_letters_that_wait_already(in_file: SqliteJournal) -> None:
    """So that nothing depends on who was first."""
    await in_file.create(created())
    await in_file.signals.send_signal("r", Pause())
    told = asyncio.Event()
    in_file.signals.watch("r", told.set)
    await asyncio.wait_for(told.wait(), 30)


@pytest.mark.slow
async def test_a_letter_from_another_process_arrives(in_file: SqliteJournal) -> None:
    """The owner is told, and its answer is seen on the other side."""
    await in_file.create(created())
    told = asyncio.Event()
    in_file.signals.watch("r", told.set)
    main = """
await journal.signals.send_signal("r", Approve("send", "ann"))
while await journal.signals.unanswered("r"):
    await asyncio.sleep(0.02)
say("answered")
"""
    with process(in_file.path, main) as other:
        await asyncio.wait_for(told.wait(), 60)
        (signal,) = await in_file.signals.unanswered("r")
        assert signal.content == Approve("send", "ann")
        await in_file.append("r", [], answered=(signal.number,))
        assert await asyncio.to_thread(hear, other) == "answered"


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
WORDS: st.SearchStrategy[SignalContent] = st.one_of(
    st.builds(Cancel, TEXT),
    st.just(Pause()),
    st.builds(Approve, TEXT, TEXT),
    st.builds(Deny, TEXT, TEXT),
    st.builds(
        Settle,
        TEXT,
        st.sampled_from(["done", "again", "failed"]),
        st.none() | st.integers(0, 9999),
        st.none() | st.dictionaries(TEXT, st.integers(-9, 9) | TEXT | st.none(), max_size=3),
        TEXT,
    ),
)


@given(WORDS)
def test_every_word_is_read_back_as_it_was_said(word: SignalContent) -> None:
    """For every word there can be."""
    assert msgspec.json.decode(msgspec.json.encode(word), type=SignalContent) == word
