"""How much memory runs take that go on at once, in a process of their own: `main` is its whole program."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.graphs import Graph, layered
from callsheet.executor.journal.journal import MemoryJournal

from .contender import Work, require_done
from .ours import carry_out, check_plan, write_plan
from .processes import run_python

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_CLEAR_PEAK = "5"
_PROGRAM = "from benchmarks.executor.footprint import main; main()"


def measure_footprint(runs: int, steps: int) -> float | None:
    """By how many bytes resident memory grows at most, plans included; None where no `/proc` tells."""
    if not _CLEAR.exists():
        return None
    grown: float = run_python(_PROGRAM, str(runs), str(steps))
    return grown


def main() -> None:
    """Carry out as many runs of as many steps as the arguments say, each of a plan of its own."""
    runs, steps = map(int, sys.argv[1:])
    graph = layered(steps)
    # What is imported late, and what is kept for good, is no run's.
    _carry_out(graph, 1)
    _CLEAR.write_text(_CLEAR_PEAK)
    before = _bytes_of("VmRSS")
    _carry_out(graph, runs)
    print(json.dumps(_bytes_of("VmHWM") - before))


def _carry_out(graph: Graph, runs: int) -> None:
    works = {f"r{at}": Work() for at in range(runs)}
    plans = {run: check_plan(write_plan(graph)) for run in works}
    asyncio.run(carry_out(plans, works, MemoryJournal()))
    require_done("Callsheet", graph, list(works.values()))


def _bytes_of(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
