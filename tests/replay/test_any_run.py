"""For every plan, every behaviour of agents and model, and every way to carry it out: the run replays."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.errors import CallsheetError
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.orchestration.orchestrator import Orchestrator

from .drawn import decisions, documents, stories
from .exact import require_exact
from .mishaps import ERRORS, OUTPUTS
from .story import Story, say_yes
from .world import Mind, Nature, hands, written


@settings(max_examples=120, deadline=None)
@given(stories())
def test_every_run_replays(story: Story) -> None:
    """For every run of one process that nobody disturbs: its replay has the same events, to the last
    digit."""
    for recording in story.tell():
        require_exact(recording)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(stories(lives=4))
def test_every_run_with_people_and_several_processes_replays(story: Story) -> None:
    """For every run that people speak to, approve, pause, call off and interrupt, whose processes die, and
    that others go on with under other terms: the same."""
    for recording in story.tell():
        require_exact(recording)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(stories(lives=3, stream=True))
def test_every_run_that_starts_before_its_plan_is_written_replays(story: Story) -> None:
    """For every streamed run, with drafts that grow, are halted and taken back: the same."""
    for recording in story.tell():
        require_exact(recording)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_what_happened_by_the_clock_on_the_wall_replays_in_virtual_time(data: st.DataObject) -> None:
    """For every run in real time whose agents answer at once: the same."""
    document = data.draw(documents(names=("think", "save", "grind")))
    ends = data.draw(st.lists(st.sampled_from(["good", "good", *OUTPUTS, "permanent", "surprise", "exit"])))
    nature = Nature(ends or ["good"])
    turns = [written(document), *data.draw(st.lists(decisions(document), min_size=1, max_size=3))]
    journal = MemoryJournal()

    async def pursue() -> None:
        orchestrator = Orchestrator(
            hands(nature), model=Mind(turns, nature), store=journal, clock=SystemClock(), approve=say_yes
        )
        with suppress(CallsheetError, RuntimeError):
            await orchestrator.run("a goal")

    asyncio.run(pursue())
    for summary in journal.runs():
        require_exact(Recording.from_events(journal.read_events(summary.run)))


@pytest.mark.parametrize("end", [*ERRORS, *OUTPUTS])
@pytest.mark.parametrize("capability", ["think", "send", "grind"])
def test_whatever_an_agent_comes_to_it_comes_to_again(capability: str, end: str) -> None:
    """For every error and every output, of work that can be done twice and of work that cannot, on the event
    loop and in a thread: the replay judges it as it was judged."""
    step = {"id": "one", "capability": capability, "inputs": {"it": 1}, "on_failure": "continue"}
    plan = {"goal": "a goal", "steps": [step], "answer": {"from": "default(one, null)"}}
    (recording,) = Story(lambda: hands(Nature([end])), plan=plan, begin={"review": None}).tell()
    require_exact(recording)
