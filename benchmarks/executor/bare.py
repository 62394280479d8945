"""The reference: the least that asyncio needs to carry a graph out, and nothing else."""

from __future__ import annotations

import asyncio

from benchmarks.graphs import Graph

from .contender import Measured, Work, clock, require_done


class BareAsyncio:
    """Counters of what each step still waits for, and a task for each that waits for nothing."""

    name = "bare asyncio"

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out. Raises GraphNotDone."""
        works = [Work(seconds) for _ in range(runs)]

        async def carry_out() -> None:
            if runs == 1:
                await carry_out_bare(graph, works[0])
            else:
                await asyncio.gather(*(carry_out_bare(graph, work) for work in works))

        taken = clock(carry_out)
        require_done(self.name, graph, works)
        return Measured(len(graph) * runs, taken)


async def carry_out_bare(graph: Graph, work: Work) -> list[int]:
    """What each step gave. Each gets what the first of those that it needs gave, or 0."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[None] = loop.create_future()
    dependencies, dependants = graph.dependencies, graph.dependants
    waiting_for = [len(needed) for needed in dependencies]
    values = [0] * len(graph)
    left = len(graph)
    # The loop itself keeps tasks only weakly.
    tasks: list[asyncio.Task[None]] = []

    async def perform(step: int) -> None:
        nonlocal left
        needed = dependencies[step]
        values[step] = await work.perform(step, values[needed[0]] if needed else 0)
        left -= 1
        for dependant in dependants[step]:
            waiting_for[dependant] -= 1
            if not waiting_for[dependant]:
                tasks.append(loop.create_task(perform(dependant)))
        if not left:
            finished.set_result(None)

    tasks += [loop.create_task(perform(step)) for step in graph.roots]
    await finished
    return values
