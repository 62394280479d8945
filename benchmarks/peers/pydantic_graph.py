"""pydantic-graph: every step a step, and a join before each that needs several."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

from benchmarks.executor.contender import Measured, Work, clock, require_done
from benchmarks.graphs import Graph

# By name, because types are checked where it is not installed.
_pydantic_graph: Any = import_module("pydantic_graph")


class PydanticGraph:
    """It keeps nothing."""

    name = "pydantic-graph"

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]
        built = [_build(graph, work) for work in works]

        async def carry_out() -> None:
            await asyncio.gather(*(each.run() for each in built))

        taken = clock(carry_out)
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken)


def _build(graph: Graph, work: Work) -> Any:
    builder = _pydantic_graph.GraphBuilder(output_type=type(None))
    steps = [builder.step(_step(work, number), node_id=f"s{number}") for number in range(len(graph))]
    joins = [
        builder.join(_pydantic_graph.reduce_null, initial=None, node_id=f"j{number}")
        if len(needed) > 1
        else None
        for number, needed in enumerate(graph.dependencies)
    ]
    entries = [join or step for join, step in zip(joins, steps, strict=True)]
    last = builder.join(_pydantic_graph.reduce_null, initial=None, node_id="last")
    builder.add(builder.edge_from(builder.start_node).to(*(steps[root] for root in graph.roots)))
    for number, step in enumerate(steps):
        if (join := joins[number]) is not None:
            builder.add(builder.edge_from(join).to(step))
        after = [entries[dependant] for dependant in graph.dependants[number]]
        builder.add(builder.edge_from(step).to(*(after or [last])))
    builder.add(builder.edge_from(last).to(builder.end_node))
    return builder.build()


def _step(work: Work, number: int) -> Any:
    async def step(context: object) -> None:
        await work.perform(number, 0)

    return step
