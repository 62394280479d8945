"""Runs that share agents, limits and results: each replays by itself, as if the others were there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.agents.agent import Agent
from callsheet.agents.spending.terms import Terms
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import AttemptStarted, ResultReused
from callsheet.orchestration.orchestrator import Orchestrator

from .drawn import NATURES, TERMS, documents
from .exact import require_exact
from .scenes import step
from .world import Document, Mind, Nature, hands, planned

LOOKS = planned([step("look", "look", "the same"), step("again", "look", "the same"), step("think", "think")])


def together(
    plans: Sequence[Document], agents: Sequence[Agent], nature: Nature, gap: float = 0.0
) -> list[Recording]:
    """Several runs of one orchestrator, each begun so many seconds after the one before."""
    journal = MemoryJournal()

    async def pursue() -> None:
        orchestrator = Orchestrator(
            agents,
            model=Mind(["nonsense"], nature),
            store=journal,
            clock=VirtualClock(),
            capability_limits={"look": 1},
            fail_fast=False,
        )

        async def one(place: int, plan: Document) -> None:
            await asyncio.sleep(place * gap)
            with suppress(CallsheetError):
                await orchestrator.run(plan=plan)

        await asyncio.gather(*(one(place, plan) for place, plan in enumerate(plans)))

    run_virtually(pursue())
    return [Recording.from_events(journal.read_events(summary.run)) for summary in journal.runs()]


@settings(max_examples=30, deadline=None)
@given(st.lists(documents(most=4), min_size=2, max_size=3), NATURES, TERMS, st.sampled_from([0.0, 0.5, 3.0]))
def test_every_run_beside_others_replays(
    plans: Sequence[Document], nature: Nature, terms: Sequence[Terms | None], gap: float
) -> None:
    """For every few runs that share agents and a journal: attempts that start late because of the others, and
    results that others have made or are making."""
    for recording in together(plans, hands(nature, terms), nature, gap):
        require_exact(recording)


@pytest.mark.parametrize("gap", [0.0, 1.0, 5.0])
def test_results_of_others_are_found_again(gap: float) -> None:
    """Waited for, or there already: whoever made them need not be there in the replay."""
    nature = Nature(["good"], [2.0])
    recordings = together([LOOKS] * 3, hands(nature), nature, gap)
    reused = [event for each in recordings for event in each.events if isinstance(event, ResultReused)]
    assert len(reused) == 5
    for recording in recordings:
        require_exact(recording)


def test_results_of_the_run_itself_are_no_others() -> None:
    """Two steps want the same work: the first does it, as it did, and the second waits for that."""
    nature = Nature(["good"], [2.0])
    (recording,) = together([LOOKS], hands(nature), nature)
    (reused,) = (event for event in recording.events if isinstance(event, ResultReused))
    assert (reused.step, reused.source) == ("again", recording.run)
    require_exact(recording)


def test_limits_keep_attempts_waiting_as_long_as_they_did() -> None:
    """One at a time, and two a minute, over all runs."""
    terms = [Terms(max_concurrency=1), Terms(requests_per_minute=2)]
    nature = Nature(["good"], [7.0])
    steps = [step(f"s{place}", "think", place) for place in range(4)]
    recordings = together([planned(steps)] * 2, hands(nature, terms), nature)
    starts = {event.at for each in recordings for event in each.events if isinstance(event, AttemptStarted)}
    assert len(starts) > 4
    for recording in recordings:
        require_exact(recording)


def test_whoever_did_the_work_does_it_again() -> None:
    """The registry's order is another, and the choice is the recorded one."""
    nature = Nature(["good"], [1.0])
    make = partial(hands, nature)
    for recording in together([planned([step(f"s{n}", "save", n) for n in range(3)])] * 2, make(), nature):
        equipped = recording.equipped
        turned = msgspec.structs.replace(equipped, agents=tuple(reversed(equipped.agents)))
        require_exact(replace(recording, events=(recording.created, turned, *recording.events[2:])))
