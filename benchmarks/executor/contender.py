"""Contenders, which carry graphs out, and what is measured of them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from benchmarks.graphs import Graph
from callsheet.errors import CallsheetError, ExitCode

MICRO = 1e6


class GraphNotDone(CallsheetError):
    """A contender did not do every step once, each after those that it needs: its time is worth nothing."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, contender: str, graph: str, fault: str) -> None:
        super().__init__(f"{contender} did not carry out the graph {graph!r}: {fault}; mend the benchmark")
        self.contender = contender
        self.graph = graph
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Measured:
    """What carrying out so many `steps` in all cost: in time, and of the store that was kept, if one was."""

    steps: int
    seconds: float
    rows: int | None = None
    bytes: int | None = None

    @property
    def micros_a_step(self) -> float:
        """Microseconds."""
        return self.seconds / self.steps * MICRO


class Work:
    """What the steps of one run do: take `seconds`, note their number in `done`, add one to what they got."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.done: list[int] = []

    async def perform(self, step: int, number: int) -> int:
        """Do the work of one step."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        self.done.append(step)
        return number + 1


class Contender(Protocol):
    """Carries graphs out, and measures itself: the carrying out alone, not what comes before it."""

    @property
    def name(self) -> str:
        """As the table calls it."""
        ...

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Carry the graph out, `runs` times at once, with steps that take `seconds`. Raises GraphNotDone."""
        ...


def clock(carry_out: Callable[[], Awaitable[object]]) -> float:
    """Seconds that the awaitable takes, on an event loop of its own."""
    return asyncio.run(clock_here(carry_out))


async def clock_here(carry_out: Callable[[], Awaitable[object]]) -> float:
    """Seconds that the awaitable takes, on this event loop."""
    # What others left is not this one's to clear away.
    gc.collect()
    started = time.perf_counter()
    await carry_out()
    return time.perf_counter() - started


def require_done(contender: str, graph: Graph, works: Sequence[Work]) -> None:
    """Every step of every run was done once, after those that it needs. Raises GraphNotDone."""
    for work in works:
        fault = graph.find_fault(work.done)
        if fault is not None:
            raise GraphNotDone(contender, graph.name, fault)
