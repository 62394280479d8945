"""LangGraph: every step a node, with nothing in the state but a count of those that were done."""

from __future__ import annotations

import asyncio
import operator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypedDict

from benchmarks.executor.contender import Measured, Work, clock_here, require_done
from benchmarks.executor.store import weigh
from benchmarks.graphs import Graph

# By name, because types are checked where it is not installed.
_graph: Any = import_module("langgraph.graph")
_sqlite: Any = import_module("langgraph.checkpoint.sqlite.aio")


class State(TypedDict):
    """What the nodes share."""

    done: Annotated[int, operator.add]


class LangGraphInMemory:
    """Without a checkpointer."""

    name = "LangGraph"

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        taken = asyncio.run(_carry_out(graph, works, None))
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken)


class LangGraphInFile:
    """With its checkpointer for SQLite."""

    name = "LangGraph, AsyncSqliteSaver"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder, "checkpoints.db")
            taken = asyncio.run(self._carry_out(graph, works, path))
            weight = weigh(path)
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken, weight.rows, weight.bytes)

    async def _carry_out(self, graph: Graph, works: list[Work], path: Path) -> float:
        async with _sqlite.AsyncSqliteSaver.from_conn_string(str(path)) as saver:
            await saver.setup()
            return await _carry_out(graph, works, saver)


async def _carry_out(graph: Graph, works: list[Work], saver: Any) -> float:
    compiled = [_compile(graph, work, saver) for work in works]

    async def carry_out() -> None:
        await asyncio.gather(
            *(
                each.ainvoke(
                    {"done": 0},
                    {"recursion_limit": len(graph) + 2, "configurable": {"thread_id": str(thread)}},
                )
                for thread, each in enumerate(compiled)
            )
        )

    return await clock_here(carry_out)


def _compile(graph: Graph, work: Work, saver: Any) -> Any:
    builder = _graph.StateGraph(State)
    for step, needed in enumerate(graph.dependencies):
        builder.add_node(str(step), _node(work, step))
        match [str(each) for each in needed]:
            case []:
                builder.add_edge(_graph.START, str(step))
            case [only]:
                builder.add_edge(only, str(step))
            case several:
                builder.add_edge(several, str(step))
        if not graph.dependants[step]:
            builder.add_edge(str(step), _graph.END)
    return builder.compile(checkpointer=saver)


def _node(work: Work, step: int) -> Any:
    async def node(state: State) -> dict[str, int]:
        await work.perform(step, 0)
        return {"done": 1}

    return node
