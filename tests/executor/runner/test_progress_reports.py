"""`context.progress`: heard from wherever an agent runs, shown live, and kept small."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import callsheet
from callsheet.agents.agent import Context
from callsheet.agents.functions.decorator import agent
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import AttemptProgressed, Event
from callsheet.executor.run.result import RunResult
from callsheet.executor.runner.progress_reports import MAX_TEXT
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator
from tests.executor.stage import HALL


@agent(effect="pure", isolation="process")
def apart(context: Context) -> int:
    """Work in a process."""
    context.progress("1 of 2", {"pages": [1]})
    return 2


def ran(capability: Any, **options: Any) -> tuple[RunResult, list[AttemptProgressed]]:
    """What came of one step, in virtual time, and what was reported of it."""
    name = capability.capabilities[0].name
    plan = {"goal": "g", "steps": [{"id": "s", "capability": name}], "answer": {"from": "s"}}
    journal, heard = MemoryJournal(), list[Event]()

    async def run() -> RunResult:
        whole = Orchestrator([capability], store=journal, workspace=HALL, clock=VirtualClock())
        return await whole.run(plan=plan, watch=Watch(on_event=heard.append))

    result = run_virtually(run())
    kept = [event for event in journal.read_events(result.run) if isinstance(event, AttemptProgressed)]
    assert kept == [event for event in heard if isinstance(event, AttemptProgressed)]
    return result, kept


def test_an_agent_on_the_loop_is_heard() -> None:
    """At once the first time; then the latest, a second later; the result has what was said last."""

    @agent(effect="pure")
    async def read(context: Context) -> int:
        """Read pages."""
        for page in range(1, 41):
            context.progress(f"{page} of 40 pages", {"pages": page})
            await asyncio.sleep(0.1)
        return 40

    result, kept = ran(read)
    (attempt,) = result.steps["s"].attempts
    assert result.answer == 40
    assert [event.text for event in kept][:2] == ["1 of 40 pages", "11 of 40 pages"]
    assert len(kept) == 5
    assert (attempt.progress, attempt.partial) == (kept[-1].text, kept[-1].partial)


def test_a_flood_is_kept_small() -> None:
    """An agent that reports ten thousand times within a day leaves a few hundred events."""

    @agent(effect="pure", timeout_seconds=1e6)
    async def work(context: Context) -> int:
        """Work for a day."""
        for at in range(10_000):
            context.progress(f"{at}")
            await asyncio.sleep(8.64)
        return 1

    _, kept = ran(work)
    assert 100 < len(kept) < 300


def test_what_is_said_is_bounded() -> None:
    """A long text is cut, hidden halves are cleaned, a large or strange partial result is left out."""
    said = iter([("x" * 10_000, "y" * 10_000), ("\ud800", object()), (5, {"a": 1})])

    @agent(effect="pure")
    async def talk(context: Context) -> int:
        """Say strange things."""
        for text, partial in said:
            context.progress(text, partial)  # type: ignore[arg-type]
            await asyncio.sleep(5)
        return 1

    _, kept = ran(talk)
    assert [(len(event.text), event.partial) for event in kept] == [
        (MAX_TEXT, None),
        (1, None),
        (1, {"a": 1}),
    ]


def test_a_thread_is_heard() -> None:
    """And a thread that the agent starts itself."""

    @agent(effect="pure")
    def work(context: Context) -> int:
        """Work in threads."""
        thread = threading.Thread(target=context.progress, args=("from another thread",))
        thread.start()
        thread.join()
        return 1

    async def run() -> RunResult:
        return await callsheet.run(plan=PLAN, agents=[work], store=journal)

    PLAN = {"goal": "g", "steps": [{"id": "s", "capability": "work"}], "answer": {"from": "s"}}
    journal = MemoryJournal()
    result = asyncio.run(run())
    texts = [event.text for event in journal.read_events(result.run) if isinstance(event, AttemptProgressed)]
    assert texts in ([], ["from another thread"])
    # The agent was done before the loop had a turn, or after.
    assert result.answer == 1


def test_a_process_is_heard() -> None:
    """By its pipe."""
    plan = {"goal": "g", "steps": [{"id": "s", "capability": "apart"}], "answer": {"from": "s"}}
    journal = MemoryJournal()
    result = asyncio.run(callsheet.run(plan=plan, agents=[apart], store=journal))
    texts = [event.text for event in journal.read_events(result.run) if isinstance(event, AttemptProgressed)]
    assert result.answer == 2
    assert texts == ["1 of 2"]


def test_late_reports_are_dropped() -> None:
    """What is said after the attempt has ended is said to nobody, and harms nothing."""
    kept_context: list[Context] = []

    @agent(effect="pure")
    async def first(context: Context) -> int:
        """Leave early."""
        context.progress("before")
        kept_context.append(context)
        return 1

    result, kept = ran(first)
    kept_context[0].progress("after")
    assert result.answer == 1
    assert "after" not in [event.text for event in kept]


def test_a_recording_has_no_progress_and_replays(tmp_path: Any) -> None:
    """Whether or not the agent is live."""

    @agent(effect="pure")
    async def read(context: Context) -> int:
        """Read pages."""
        for page in range(5):
            context.progress(f"{page}")
            await asyncio.sleep(0)
        return 5

    plan = {"goal": "g", "steps": [{"id": "s", "capability": "read"}], "answer": {"from": "s"}}
    journal = MemoryJournal()
    result = asyncio.run(callsheet.run(plan=plan, agents=[read], store=journal))
    assert any(isinstance(event, AttemptProgressed) for event in journal.read_events(result.run))
    recording = callsheet.record(result.run, store=journal)
    assert not any(isinstance(event, AttemptProgressed) for event in recording.events)
    for live in ((), ("read",)):
        replay = callsheet.replay_sync(recording, live=live, agents=[read])
        replay.assert_no_drift()
