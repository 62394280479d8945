"""Results kept across runs: done once, had by all."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.executor.journal.errors import RunNotClaimed
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.lease import Process
from callsheet.executor.journal.result_cache import CachedResult, Reserved
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.result_key import result_key
from tests.executor.journals import created, hear, in_file, journal, path, process

__all__ = ["in_file", "journal", "path"]

ANYTHING: JsonObject = {"type": "object"}
VALUE: JsonObject = {"type": "object", "properties": {"value": {}}}
WORK = Capability(name="work", description="Work.", input_schema=ANYTHING, output_schema=VALUE)


async def reserve(journal: Journal, run: str = "r", *, not_before: float = 0.0) -> CachedResult | Reserved:
    return await journal.results.reserve("k", run, now=10.0, not_before=not_before)


async def begin(journal: Journal, *runs: str) -> None:
    for run in runs:
        await journal.create(created(run))


async def test_work_is_done_once_and_had_by_all(journal: Journal) -> None:
    """The first is told to do it, the others that it is being done, and then what came of it."""
    await begin(journal, "r", "s")
    assert await reserve(journal, "r") is Reserved.MINE
    assert await reserve(journal, "s") is Reserved.BUSY
    assert await reserve(journal, "r") is Reserved.BUSY, "two steps of one run that want the same"
    await journal.results.keep("k", "r", {"value": [1.5, None]}, 12.0)
    expected = CachedResult({"value": [1.5, None]}, "r", 12.0)
    assert [await reserve(journal, run) for run in "rs"] == [expected, expected]


async def test_of_many_who_ask_at_once_one_does_it(journal: Journal) -> None:
    """Whatever the order."""
    runs = [f"r{number}" for number in range(20)]
    await begin(journal, *runs)
    found = await asyncio.gather(*(reserve(journal, run) for run in runs))
    assert [each for each in found if each is Reserved.MINE] == [Reserved.MINE]


async def test_what_is_too_old_is_done_again(journal: Journal) -> None:
    """While that lasts, whoever can do with the old one has it."""
    await begin(journal, "r", "s")
    await reserve(journal, "r")
    await journal.results.keep("k", "r", {"value": 1}, 12.0)
    assert await reserve(journal, "s", not_before=12.0) == CachedResult({"value": 1}, "r", 12.0)
    assert await reserve(journal, "s", not_before=12.5) is Reserved.MINE
    assert await reserve(journal, "r", not_before=12.5) is Reserved.BUSY
    assert await reserve(journal, "r") == CachedResult({"value": 1}, "r", 12.0)
    await journal.results.give_up("k", "s")
    assert await reserve(journal, "r") == CachedResult({"value": 1}, "r", 12.0)
    await journal.results.keep("k", "s", {"value": 2}, 13.0)
    assert await reserve(journal, "r") == CachedResult({"value": 2}, "s", 13.0)


async def test_where_one_gives_up_the_next_may_try(journal: Journal) -> None:
    """Only the one whose turn it was can give up."""
    await begin(journal, "r", "s")
    await reserve(journal, "r")
    await journal.results.give_up("k", "s")
    await journal.results.give_up("k", "unknown")
    assert await reserve(journal, "s") is Reserved.BUSY
    await journal.results.give_up("k", "r")
    assert await reserve(journal, "s") is Reserved.MINE


async def test_a_reservation_ends_with_its_owner_s_hold_on_the_run(journal: Journal) -> None:
    """Let go of and claimed again, the run begins without any."""
    await begin(journal, "r", "s")
    await reserve(journal, "r")
    await journal.release("r")
    await journal.claim("r")
    assert await reserve(journal, "r") is Reserved.MINE


async def test_only_an_owner_may_reserve_or_keep(journal: Journal) -> None:
    """Others could not be told from the dead."""
    await begin(journal, "r")
    await journal.release("r")
    with pytest.raises(RunNotClaimed):
        await reserve(journal)
    with pytest.raises(RunNotClaimed):
        await journal.results.keep("k", "r", {}, 1.0)


@pytest.mark.parametrize("ending", ["keep", "give_up", "release"])
async def test_who_waits_is_told_when_it_is_over(journal: Journal, ending: str) -> None:
    """However it ended; and not after stopping to wait."""
    await begin(journal, "r", "s")
    await reserve(journal, "r")
    told = asyncio.Event()
    stop = journal.results.watch("k", told.set)
    if ending == "keep":
        await journal.results.keep("k", "r", {}, 1.0)
    elif ending == "give_up":
        await journal.results.give_up("k", "r")
    else:
        await journal.release("r")
    await asyncio.wait_for(told.wait(), 30)
    assert await reserve(journal, "s") is not Reserved.BUSY
    stop()
    told.clear()
    await journal.results.keep("k", "s", {}, 1.0)
    await asyncio.sleep(0)
    assert not told.is_set()


async def test_a_large_output_is_kept_whole(in_file: SqliteJournal) -> None:
    """By reference, beside the same text in an event."""
    output = {"value": "x" * 200_000, "more": ["y" * 70_000, 1]}
    await begin(in_file, "r")
    await reserve(in_file)
    await in_file.results.keep("k", "r", output, 1.0)
    assert await reserve(in_file) == CachedResult(output, "r", 1.0)


@pytest.mark.slow
async def test_who_waits_for_a_process_that_dies_is_told(in_file: SqliteJournal) -> None:
    """It left nothing but a reservation, which counts no more: killed between the work and its keeping,
    the next one does it."""
    await begin(in_file, "s")
    main = """
await journal.create(RunCreated(1.0, "r", "g", 7))
say(await journal.results.reserve("k", "r", now=1.0, not_before=0.0))
input()
"""
    with process(in_file.path, main) as other:
        assert await asyncio.to_thread(hear, other) == "Reserved.MINE"
        assert await reserve(in_file, "s") is Reserved.BUSY
        told = asyncio.Event()
        in_file.results.watch("k", told.set)
        other.send_signal(signal.SIGKILL)
        await asyncio.wait_for(told.wait(), 60)
    assert await reserve(in_file, "s") is Reserved.MINE


@pytest.mark.slow
async def test_what_another_process_keeps_is_had_here(in_file: SqliteJournal) -> None:
    """Within a tick of the thread that looks."""
    await begin(in_file, "s")
    main = """
await journal.create(RunCreated(1.0, "r", "g", 7))
say(await journal.results.reserve("k", "r", now=1.0, not_before=0.0))
await asyncio.to_thread(input)
await journal.results.keep("k", "r", {"value": 1}, 2.0)
"""
    with process(in_file.path, main) as other:
        assert await asyncio.to_thread(hear, other) == "Reserved.MINE"
        assert await reserve(in_file, "s") is Reserved.BUSY
        told = asyncio.Event()
        in_file.results.watch("k", told.set)
        other.communicate("\n")
        await asyncio.wait_for(told.wait(), 60)
    assert await reserve(in_file, "s") == CachedResult({"value": 1}, "r", 2.0)


async def test_a_reservation_of_an_owner_that_was_taken_over_from_is_void(path: Path) -> None:
    """The new owner of the run does the work, and the old one may not say that it did."""
    late = SqliteJournal(path, process=replace(Process.this(), steady=lambda: time.monotonic() - 60))
    await begin(late, "r")
    assert await reserve(late) is Reserved.MINE
    second = SqliteJournal(path)
    await second.claim("r")
    assert await reserve(second) is Reserved.MINE
    await late.results.give_up("k", "r")
    assert await reserve(second) is Reserved.BUSY
    late.close()
    second.close()


class TestKey:
    def test_the_order_of_members_does_not_matter(self) -> None:
        """However deep."""
        one = result_key(WORK, {"a": 1, "b": {"c": [1, 2], "d": None}})
        assert one == result_key(WORK, {"b": {"d": None, "c": [1, 2]}, "a": 1})
        assert len(one) == 64

    @pytest.mark.parametrize(
        "other",
        [
            {"name": "play"},
            {"version": "2"},
            {"input_schema": {"type": "object", "properties": {"a": {}}}},
            {"output_schema": {"type": "object", "properties": {"value": {"type": "string"}}}},
        ],
    )
    def test_another_contract_is_other_work(self, other: dict[str, Any]) -> None:
        """Its name, its version, and what goes in and out."""
        changed = Capability(**{**WORK.model_dump(exclude={"main_output"}), **other})
        assert result_key(changed, {"a": 1}) != result_key(WORK, {"a": 1})

    def test_another_description_is_the_same_work(self) -> None:
        """Wording is for people and planners."""
        changed = WORK.model_copy(update={"description": "Labour."})
        assert result_key(changed, {"a": 1}) == result_key(WORK, {"a": 1})

    @given(*[st.dictionaries(st.text(max_size=3), st.integers(0, 3) | st.text(max_size=2), max_size=3)] * 2)
    def test_different_inputs_are_different_work(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        """For every two: the keys are equal where the inputs are."""
        assert (result_key(WORK, one) == result_key(WORK, other)) is (one == other)
