"""Prefect: the bare scheduler inside a flow, each of its steps a task, beside a server on this machine."""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.executor.bare import carry_out_bare
from benchmarks.executor.contender import Measured, Work, clock_here, require_done
from benchmarks.graphs import Graph

# Read when Prefect is imported: nothing may be sent out of this machine.
os.environ |= {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
# By name, because types are checked where it is not installed.
_prefect: Any = import_module("prefect")
_utilities: Any = import_module("prefect.testing.utilities")


class PrefectInFile:
    """With its server, whose database is a SQLite file of Prefect's own."""

    name = "Prefect, SQLite"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        with _utilities.prefect_test_harness():
            taken = asyncio.run(_carry_out(graph, works))
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken)


class _Tasks(Work):
    """The work of a run, every step of it a task."""

    def __init__(self, work: Work) -> None:
        super().__init__(work.seconds)

        async def perform(step: int, number: int) -> int:
            return await work.perform(step, number)

        self._task = _prefect.task(perform)

    async def perform(self, step: int, number: int) -> int:
        """Do the work of one step."""
        return int(await self._task(step, number))


async def _carry_out(graph: Graph, works: list[Work]) -> float:
    async def carry_out() -> float:
        each = [_Tasks(work) for work in works]
        return await clock_here(lambda: asyncio.gather(*(carry_out_bare(graph, work) for work in each)))

    # What the flow itself costs is left out.
    return float(await _prefect.flow(carry_out)())
