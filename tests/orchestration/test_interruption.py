"""A run whose task is cancelled rests, whenever that happens, and can be resumed (issue 12, B2 and B3)."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from callsheet.agents.functions.decorator import agent
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import AttemptStarted, Event
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator

PLAN = {
    "goal": "Say x",
    "steps": [{"id": "said", "capability": "say", "inputs": {"text": "x"}}],
    "answer": {"from": "said"},
}
is_open = asyncio.Event()


@agent(effect="pure")
async def say(text: str) -> str:
    """Say it, once it is allowed to."""
    await is_open.wait()
    return text


@pytest.mark.slow
async def test_of_many_runs_cancelled_at_any_time_none_is_stuck(tmp_path: Path) -> None:
    """Before a run is created, while it is, and after: no process owns it, and it is resumed to its end."""
    is_open.clear()
    with closing(SqliteJournal(tmp_path / "runs.db")) as journal:
        orchestrator = Orchestrator([say], store=journal, workspace=tmp_path)
        tasks = [asyncio.create_task(orchestrator.run(plan=PLAN)) for _ in range(100)]
        for turns, task in enumerate(tasks):
            await asyncio.sleep(0 if turns % 3 else 0.001)
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ends)
        is_open.set()
        runs = journal.runs(1_000)
        assert runs
        assert [each.run for each in runs if journal.owner(each.run) is not None] == []
        for each in runs:
            assert (await orchestrator.resume(each.run)).status is RunStatus.COMPLETED


async def test_a_run_that_was_interrupted_can_be_cancelled(tmp_path: Path) -> None:
    """`cancel` ends it for good, though no process has it."""
    is_open.clear()
    with closing(SqliteJournal(tmp_path / "runs.db")) as journal:
        orchestrator = Orchestrator([say], store=journal, workspace=tmp_path)
        begun = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, AttemptStarted):
                begun.set()

        task = asyncio.create_task(orchestrator.run(plan=PLAN, watch=Watch(on_event=listen)))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (run,) = journal.runs()
        assert run.status is RunStatus.RUNNING
        await orchestrator.control.cancel(run.run)
        assert journal.runs()[0].status is RunStatus.CANCELLED
