"""Runs with a past: they rest, they are called off, their processes die, and others go on with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.errors import JournalError
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import ApprovalRequested, DoubtVerdict, Event
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import RUN_ENDED
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan

Say: TypeAlias = tuple[float, str]
"""After how many seconds somebody does what."""


class Killed(JournalError):
    """The process is gone: nothing more is written."""

    def __init__(self) -> None:
        super().__init__("in memory", "the process was killed")


class MortalJournal(MemoryJournal):
    """A journal whose process dies when so many more events are kept: at once, before whoever has it can
    act on them. Never, where `left` is None."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        """Keep the events, and perhaps die of it."""
        if self.left is not None and self.left <= 0:
            raise Killed
        await super().append(run, events, answered=answered)
        if self.left is not None:
            self.left -= len(events)
            if self.left <= 0:
                raise Killed


@dataclass(frozen=True)
class Day:
    """One process of the run: with what it works, what people say meanwhile, after how many events it dies,
    and how long nobody has the run after it. `budget`, and what else is `given`, are options for whoever
    goes on."""

    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    said: Sequence[Say] = ()
    dies_after: int | None = None
    budget: str | None = None
    gap: float = 100.0
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class Story:
    """A run, from its first day to its last. Between two somebody `helps`, who answers what the run rests
    for; `settles` is what they say of work that is in doubt."""

    agents: Callable[[], Sequence[Agent]]
    model: ChatModel | None = None
    goal: str | None = "a goal"
    plan: Any = None
    begin: Mapping[str, Any] = field(default_factory=dict[str, Any])
    days: Sequence[Day] = (Day(),)
    helps: bool = True
    settles: DoubtVerdict = "again"
    journal: MortalJournal = field(default_factory=MortalJournal)
    clock: Callable[[], Clock] = VirtualClock

    def tell(self) -> list[Recording]:
        """Play it in virtual time: the recordings of what came of it, one at the most."""
        run_virtually(self.play())
        return [Recording.from_events(self.journal.read_events(each.run)) for each in self.journal.runs()]

    async def play(self) -> None:
        """One day after the other, until the run is over, or the days are."""
        for number, day in enumerate(self.days):
            if number and self._is_over():
                return
            if number and self.helps:
                await self._help()
            await self._live(day, first=not number)
            await asyncio.sleep(day.gap)

    async def _live(self, day: Day, *, first: bool) -> None:
        self.journal.left = day.dies_after
        orchestrator = Orchestrator(
            self.agents(), model=self.model, store=self.journal, clock=self.clock(), **day.options
        )
        going = asyncio.create_task(self._pursue(orchestrator, day, first=first))
        talking = [asyncio.create_task(self._say(orchestrator, going, each)) for each in day.said]
        # What goes wrong is in the journal.
        with suppress(Exception, asyncio.CancelledError):
            await going
        for each in talking:
            each.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        self.journal.left = None

    async def _pursue(self, orchestrator: Orchestrator, day: Day, *, first: bool) -> None:
        if first:
            await orchestrator.run(self.goal, plan=self.plan, **self.begin)
            return
        (summary,) = self.journal.runs()
        more = {key: self.begin[key] for key in ("review", "stream") if key in self.begin}
        await orchestrator.resume(summary.run, budget=day.budget, **day.given, **more)

    async def _say(self, orchestrator: Orchestrator, going: asyncio.Task[None], say: Say) -> None:
        seconds, what = say
        await asyncio.sleep(seconds)
        runs = self.journal.runs()
        if not runs:
            return
        run, control = runs[0].run, orchestrator.control
        with suppress(CallsheetError):
            match what:
                case "tell":
                    await control.tell(run, "in another way, please", "kim")
                case "answer":
                    await control.tell(run, "blue")
                case "approve":
                    await control.approve(run)
                case "kim approves":
                    await control.approve(run, by="kim")
                case "kim denies":
                    await control.deny(run, by="kim")
                case "deny":
                    await control.deny(run)
                case "pause":
                    await control.pause(run)
                case "cancel":
                    await control.cancel(run, "enough")
                case "interrupt":
                    going.cancel()
                case "interrupt twice":
                    going.cancel()
                    await asyncio.sleep(0.5)
                    going.cancel()
                case _:
                    raise AssertionError(what)

    def _is_over(self) -> bool:
        runs = self.journal.runs()
        return not runs or run_state_of(self.journal.read_events(runs[0].run)).status in RUN_ENDED

    async def _help(self) -> None:
        """Answer whatever the run rests for."""
        (summary,) = self.journal.runs()
        run = summary.run
        record = run_state_of(self.journal.read_events(run))
        control = Orchestrator(self.agents(), store=self.journal, clock=VirtualClock()).control
        if await self.journal.signals.unanswered(run):
            return
        with suppress(CallsheetError):
            for place, step in enumerate(record.asked):
                say = control.deny if place % 3 == 2 else control.approve
                await say(run, step, by="ann" if place % 2 else "")
            for step, item in record.doubtful:
                output = {"value": 1} if self.settles == "done" else None
                await control.settle(run, self.settles, step=step, item=item, output=output)
            if record.question is not None:
                await control.tell(run, "go on")


async def fine(checked: CheckedPlan) -> bool:
    """A person who has no objection."""
    return True


async def think_about_it(checked: CheckedPlan) -> bool:
    """A person who takes their time, and has no objection."""
    await asyncio.sleep(30)
    return True


async def decline(checked: CheckedPlan) -> bool:
    """A person who wants another plan."""
    await asyncio.sleep(3)
    return False


async def say_yes(request: ApprovalRequested) -> bool | None:
    """A person who approves of everything."""
    return True


async def say_no_slowly(request: ApprovalRequested) -> bool | None:
    """A person who approves of nothing, after a while."""
    await asyncio.sleep(3)
    return False


async def say_nothing(request: ApprovalRequested) -> bool | None:
    """A person who will say so later."""
    await asyncio.sleep(1)
    return None


async def never_say(request: ApprovalRequested) -> bool | None:
    """A person who is asked, and does not answer."""
    await asyncio.sleep(100_000)
    return True
