"""DBOS: the bare scheduler inside a workflow, each of its steps one of _DBOS."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.executor.bare import carry_out_bare
from benchmarks.executor.contender import Measured, Work, clock_here, require_done
from benchmarks.executor.store import weigh
from benchmarks.graphs import Graph

# By name, because types are checked where it is not installed.
_DBOS: Any = import_module("dbos").DBOS


class DbosInFile:
    """With its system database in SQLite."""

    name = "DBOS, SQLite"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "dbos.sqlite")
            asyncio.run(_with_dbos(path, None, []))
            empty = weigh(path)
            taken = asyncio.run(_with_dbos(path, graph, works))
            weight = weigh(path) - empty
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken, weight.rows, weight.bytes)


class _Steps(Work):
    """The work of a run, every step of it kept by _DBOS."""

    def __init__(self, work: Work, kept: Any) -> None:
        super().__init__(work.seconds)
        self._kept = kept

    async def perform(self, step: int, number: int) -> int:
        """Do the work of one step."""
        return int(await self._kept(step, number))


async def _with_dbos(path: Path, graph: Graph | None, works: list[Work]) -> float:
    """Seconds that the runs take; the file is set up in any case."""
    _DBOS(
        config={
            "name": "benchmark",
            "system_database_url": f"sqlite:///{path}",
            "run_migrations": True,
            "log_level": "ERROR",
        }
    )
    try:
        workflows = [] if graph is None else [_workflow(graph, work, run) for run, work in enumerate(works)]
        _DBOS.launch()

        async def carry_out() -> None:
            await asyncio.gather(*(workflow() for workflow in workflows))

        return await clock_here(carry_out)
    finally:
        _DBOS.destroy(destroy_registry=True)


def _workflow(graph: Graph, work: Work, run: int) -> Any:
    async def perform(step: int, number: int) -> int:
        return await work.perform(step, number)

    kept = _DBOS.step(name=f"step_{run}")(perform)

    async def workflow() -> int:
        return max(await carry_out_bare(graph, _Steps(work, kept)))

    return _DBOS.workflow(name=f"workflow_{run}")(workflow)
