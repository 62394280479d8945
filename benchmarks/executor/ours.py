"""Callsheet as a contender: real plans, checked, carried out by the executor."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import JsonValue

import callsheet
from benchmarks.graphs import Graph
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.journal.schema import Durability
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import RunCreated
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.state import RunStatus
from callsheet.planner.plan.checked_plan import CheckedPlan

from .contender import GraphNotDone, Measured, Work, clock, require_done
from .store import weigh


class Plans:
    """The checked plan of each graph, made once."""

    def __init__(self) -> None:
        self._plans: dict[Graph, CheckedPlan] = {}

    def of(self, graph: Graph) -> CheckedPlan:
        """The plan."""
        if graph not in self._plans:
            self._plans[graph] = check_plan(write_plan(graph))
        return self._plans[graph]


class InMemory:
    """With a journal in memory."""

    name = "Callsheet"

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        taken = _perform(self.name, graph, self._plans.of(graph), works, MemoryJournal())
        return Measured(len(graph) * runs, taken)


class InFile:
    """With a journal in a file: `durability` is `NORMAL` or `FULL`."""

    def __init__(self, durability: str, plans: Plans, folder: Path | None = None) -> None:
        self._plans = plans
        self.durability = durability
        self.name = f"Callsheet, {durability}"
        self._folder = folder

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        checked = self._plans.of(graph)
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "runs.db")
            SqliteJournal(path).close()
            empty = weigh(path)
            taken = self._perform(graph, checked, works, path)
            weight = weigh(path) - empty
        return Measured(len(graph) * runs, taken, weight.rows, weight.bytes)

    def keep(self, graph: Graph, path: Path) -> None:
        """Carry the graph out with a journal that stays."""
        self._perform(graph, self._plans.of(graph), [Work()], path)

    def _perform(self, graph: Graph, checked: CheckedPlan, works: Sequence[Work], path: Path) -> float:
        journal = SqliteJournal(path, durability=Durability(self.durability.lower()))
        try:
            return _perform(self.name, graph, checked, works, journal)
        finally:
            journal.close()


def write_plan(graph: Graph) -> dict[str, JsonValue]:
    """The graph as a plan: each step takes what the first one that it needs gave, and waits for all."""
    steps: list[JsonValue] = []
    for number, needed in enumerate(graph.dependencies):
        first: JsonValue = {"from": _id(needed[0])} if needed else 0
        step: dict[str, JsonValue] = {"id": _id(number), "capability": "work", "inputs": {"number": first}}
        if needed[1:]:
            step["depends_on"] = [_id(dependency) for dependency in needed[1:]]
        steps.append(step)
    return {"goal": "measure", "steps": steps, "answer": {"from": _id(len(graph) - 1)}}


def check_plan(document: Mapping[str, JsonValue]) -> CheckedPlan:
    """The plan, checked as any other, except that it may be of any size."""
    policy = callsheet.Policy(max_steps=sys.maxsize)
    return callsheet.check(document, agents=[make_agent({})], policy=policy).require()


def make_agent(
    works: Mapping[str, Work],
) -> callsheet.Agent:
    """An agent that does the work of each run."""

    @callsheet.agent(effect="pure", name="work")
    async def work(number: int, context: callsheet.Context) -> int:
        """Work."""
        return await works[context.run].perform(int(context.step[1:]), number)

    return work


async def carry_out(
    plans: Mapping[str, CheckedPlan], works: Mapping[str, Work], journal: Journal
) -> Sequence[RunStatus]:
    """How each run ended, all at once: the one place that knows how a run is begun."""
    executor = Executor(
        callsheet.Registry([make_agent(works)]),
        journal,
        # No other contender has a limit either.
        RunOptions(max_concurrency=max(len(plan.steps) for plan in plans.values())),
        workspace=Workspace(Path.cwd()),
    )

    async def pursue(run: str) -> RunStatus:
        created = RunCreated(time.time(), run, "measure", seed=0)
        await journal.create(created)
        return (await executor.run(run, plans[run], history=[created])).status

    return await asyncio.gather(*map(pursue, plans))


def _perform(name: str, graph: Graph, checked: CheckedPlan, works: Sequence[Work], journal: Journal) -> float:
    statuses: list[RunStatus] = []
    named = {f"r{at}": work for at, work in enumerate(works)}

    async def perform() -> None:
        statuses.extend(await carry_out(dict.fromkeys(named, checked), named, journal))

    taken = clock(perform)
    if any(status is not RunStatus.COMPLETED for status in statuses):
        raise GraphNotDone(name, graph.name, f"a run ended as {statuses[0]}")
    require_done(name, graph, works)
    return taken


def _id(step: int) -> str:
    return f"s{step}"
