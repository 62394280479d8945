"""One life of a run, in a process of its own: it begins the run or goes on with it, until it ends or is
killed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from callsheet.agents.agent import Agent, Context
from callsheet.agents.errors import Permanent, Retryable
from callsheet.agents.functions.decorator import agent
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.clocks.virtual_loop import EPOCH, VirtualClock, run_virtually
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.lease import LeaseTerms
from callsheet.executor.run.events import ApprovalRequested
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator

from .doom import Doom, DoomedJournal, doom_connections
from .fork_server import Voice
from .witness import Witness, key_of, testimony

QUICK = LeaseTerms(tick=0.02, renew=0.1, expiry=0.5)
"""For lives that have to see a lease run out."""

Settle: TypeAlias = Callable[[Orchestrator, str], Coroutine[Any, Any, None]]
"""Says what became of the work of a run that is in doubt."""


class Work:
    """What the agents of these tests do: they add, take up to three milliseconds, and are witnessed. They
    pass boundaries where they begin, and before and after their effect."""

    def __init__(self, witness: Witness, doom: Doom) -> None:
        self._witness = witness
        self._doom = doom

    async def do(self, context: Context, numbers: list[int], salt: int) -> int:
        """The sum."""
        self._begin(context)
        await asyncio.to_thread(time.sleep, _pace(context))
        return self._finish(context, sum(numbers) + salt)

    def block(self, context: Context, numbers: list[int], salt: int) -> int:
        """The same, in whatever thread this is."""
        self._begin(context)
        time.sleep(_pace(context))
        return self._finish(context, sum(numbers) + salt)

    def _begin(self, context: Context) -> None:
        self._doom.meet(f"begin {context.step}")
        self._witness.begin(context)
        self._doom.meet(f"begun {context.step}")

    def _finish(self, context: Context, value: int) -> int:
        self._witness.finish(context, value)
        self._doom.meet(f"done {context.step}")
        return value


def _pace(context: Context) -> float:
    """Seconds, the same for the same work."""
    return hashlib.sha256(context.step.encode()).digest()[0] % 4 / 1000


def team(work: Work) -> list[Agent]:
    """Those who carry out the plans of these tests."""

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add."""
        return await work.do(context, numbers, salt)

    @agent(effect="pure")
    def add_in_thread(numbers: list[int], salt: int, context: Context) -> int:
        """Add, and block."""
        return work.block(context, numbers, salt)

    @agent(effect="pure")
    async def stumble(numbers: list[int], salt: int, context: Context) -> int:
        """Add, but not at once."""
        if context.attempt == 1:
            raise Retryable("not yet", retry_after=0.5)
        return await work.do(context, numbers, salt)

    @agent(cache="1d", effect="read")
    async def look_up(numbers: list[int], salt: int, context: Context) -> int:
        """Add, for everybody who wants to know."""
        return await work.do(context, numbers, salt)

    @agent(effect="irreversible")
    async def send(numbers: list[int], salt: int, context: Context) -> int:
        """Add, for good."""
        return await work.do(context, numbers, salt)

    @agent(effect="pure")
    async def refuse(numbers: list[int], salt: int) -> int:
        """Never add."""
        raise Permanent("no")

    return [add, add_in_thread, stumble, look_up, send, refuse]


class Stage:
    """What one life has: the journal and the witness in `folder`, and what it dies of. `life` counts the
    lives of a run; the clock of each begins an hour after that of the one before."""

    def __init__(
        self, folder: str, *, point: str = "", count: int = 0, life: int = 0, lease: LeaseTerms | None = None
    ) -> None:
        self.folder = Path(folder)
        self.life = life
        self.doom = Doom(point, count)
        self.writers = doom_connections(self.doom)
        self.witness = Witness(self.folder / "witness")
        self.work = Work(self.witness, self.doom)
        self.journal = DoomedJournal(self.folder / "runs.db", self.doom, self.witness, lease=lease)

    def orchestrator(self, agents: list[Agent] | None = None, **options: Any) -> Orchestrator:
        """Who carries runs out here; in virtual time unless it is given another clock."""
        options.setdefault("clock", VirtualClock(EPOCH + 3600.0 * self.life))
        return Orchestrator(agents or team(self.work), store=self.journal, workspace=self.folder, **options)


async def go_on(orchestrator: Orchestrator, plan: dict[str, Any], settle: Settle) -> RunResult:
    """Begin the run, or go on with it, until it has ended; `settle` is asked where it rests."""
    journal = orchestrator.journal
    runs = journal.runs()
    if not runs:
        result = await orchestrator.run(plan=plan)
    else:
        result = RunResult.from_state(run_state_of(journal.read_events(runs[0].run)))
    while result.status in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.PAUSED):
        if result.status is RunStatus.PAUSED:
            await settle(orchestrator, result.run)
        result = await orchestrator.resume(result.run)
    return result


def settle_by(witness: Path) -> Settle:
    """A person who looks at the world to find out what became of work that is in doubt."""

    async def settle(orchestrator: Orchestrator, run: str) -> None:
        record = run_state_of(orchestrator.journal.read_events(run))
        done = {entry.key: entry.value for entry in testimony(witness) if entry.what == "done"}
        unanswered = await orchestrator.journal.signals.unanswered(run)
        if unanswered:
            # Whoever settled it died before the run went on.
            return
        for step, item in record.doubtful:
            value = done.get(key_of(run, (step, item), record.steps[step].since))
            if value is None:
                await orchestrator.control.settle(run, "again", step=step, item=item)
            else:
                output = {"result": value}
                await orchestrator.control.settle(run, "done", step=step, item=item, output=output)

    return settle


async def say_yes(request: ApprovalRequested) -> bool:
    """A person who approves of everything."""
    return True


def live(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life that carries a run out as far as it gets, in virtual time, and says how that went."""
    voice.say("alive")
    stage = Stage(folder, **words)
    orchestrator = stage.orchestrator(approve=say_yes)
    with closing(stage.journal):
        result = run_virtually(go_on(orchestrator, plan, settle_by(stage.folder / "witness")))
    voice.say(summary(result))


def live_really(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """The same by the clock on the wall, with short leases; rests where it has to."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)
    orchestrator = stage.orchestrator(clock=SystemClock())
    with closing(stage.journal):
        result = asyncio.run(rest_or_end(orchestrator, plan))
    voice.say(summary(result))


async def rest_or_end(orchestrator: Orchestrator, plan: dict[str, Any]) -> RunResult:
    """Begin the run, or go on with it."""
    runs = orchestrator.journal.runs()
    return await (orchestrator.resume(runs[0].run) if runs else orchestrator.run(plan=plan))


def summary(result: RunResult) -> Any:
    """What must be the same however often a run was killed."""
    whole = msgspec.to_builtins(result)
    steps = {name: [step["status"], step["output"]] for name, step in whole["steps"].items()}
    return {name: whole[name] for name in ("status", "answer", "missing", "waiting")} | {"steps": steps}


def the_run(journal: Journal) -> str:
    """The id of the one run that there is."""
    (line,) = journal.runs()
    return line.run
