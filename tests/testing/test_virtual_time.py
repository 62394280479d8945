"""Virtual time for tests of agents: exported, explained, and refused where the clock does not go with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.executor.driver.errors import ClockNotVirtual
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.testing import ScriptedModel, VirtualClock, run_virtually

DAY = 86_400.0


@callsheet.agent(effect="read")
async def wait(days: float) -> str:
    """Wait for some days."""
    await asyncio.sleep(days * DAY)
    return "done"


def plan(days: float, **policy: Any) -> dict[str, Any]:
    step = {"id": "wait", "capability": "wait", "inputs": {"days": days}, **policy}
    return {"goal": "wait", "steps": [step], "answer": {"from": "wait"}}


def test_a_run_takes_the_clock_of_a_virtual_loop() -> None:
    """`callsheet.run(clock=...)`: a step of 180 days is over at once, and has taken 180 days."""
    running = callsheet.run(
        plan=plan(180, timeout_seconds=200 * DAY), agents=[wait], store=None, clock=VirtualClock(1000.0)
    )
    result = run_virtually(running)
    assert result.answer == "done"
    assert result.created == 1000.0
    (attempt,) = result.steps["wait"].attempts
    assert attempt.ended == 1000.0 + 180 * DAY


def test_a_time_limit_of_the_run_counts_in_virtual_time() -> None:
    """The run ends then, after one attempt that was under way."""
    given = plan(1, timeout_seconds=2 * DAY)
    running = callsheet.run(plan=given, agents=[wait], store=None, clock=VirtualClock(), time_limit="1h")
    result = run_virtually(running)
    assert result.status == "failed"
    assert result.account is not None
    assert "used up its time" in result.account.describe()
    assert len(result.steps["wait"].attempts) == 1


@pytest.mark.parametrize(
    ("policy", "advice"),
    [
        ({}, "failed after 3 attempts: it took longer than 120 s; if it needs more, set `timeout_seconds`"),
        (
            {"total_timeout_seconds": 60},
            "it took longer than 60 s over all its attempts; if it needs more, set `total_timeout_seconds`",
        ),
    ],
)
def test_a_long_virtual_sleep_that_times_out_says_which_limit_to_set(
    policy: dict[str, Any], advice: str
) -> None:
    """Time limits hold in virtual time as in real time, and not without a word."""
    running = callsheet.run(plan=plan(180, **policy), agents=[wait], store=None, clock=VirtualClock())
    result = run_virtually(running)
    assert result.account is not None
    assert advice in result.account.describe()


@pytest.mark.parametrize("clock", [None, callsheet.testing.VirtualClock()], ids=["no clock", "virtual"])
def test_a_virtual_loop_without_a_virtual_clock_is_an_error(
    clock: VirtualClock | None, tmp_path: Path
) -> None:
    """Before anything is journaled, whichever way the run begins; with the clock it goes on."""

    store = tmp_path / "runs.db"

    async def all_of_it() -> list[str]:
        model = ScriptedModel(['{"steps": [{"id": "a", "do": {"use": "wait", "days": 1}}], "answer": "{a}"}'])
        told: list[str] = []
        for started in (
            callsheet.run(plan=plan(0), agents=[wait], store=store, clock=clock),
            callsheet.run("Wait for a day", agents=[wait], model=model, store=store, clock=clock),
            callsheet.plan("Wait for a day", agents=[wait], model=model, clock=clock),
        ):
            try:
                await started
            except ClockNotVirtual as error:
                told.append(str(error))
            except callsheet.CallsheetError:
                # The scripted model has one turn only.
                told.append("")
        return told

    told = run_virtually(all_of_it())
    assert [each for each in told if "VirtualClock()" in each] == ([] if clock else told)
    with run_archive(store) as archive:
        assert bool(archive.runs()) == bool(clock)


async def test_a_real_loop_takes_the_machines_clock() -> None:
    """As ever."""
    result = await callsheet.run(plan=plan(0), agents=[wait], store=None)
    assert result.answer == "done"
