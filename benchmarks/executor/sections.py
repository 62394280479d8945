"""The parts of the table that are about Callsheet alone: each measures something, and knows its targets."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.graphs import Graph, chain, fan_out, layered

from .bare import BareAsyncio
from .contender import MICRO, Contender
from .durable import DurableLimit
from .footprint import measure_footprint
from .line import Line
from .ours import InFile, InMemory, Plans, check_plan, write_plan
from .processes import imported_by, seconds_of_import
from .rounds import Rounds, take_turns

STEP_SECONDS = 0.005
HEAVY = ("openai", "httpx", "httpx2", "jinja2")
MAKESPAN = "makespan, 5 ms steps"
_RUN_STEPS = 20
_GROWTH = 10
_LARGE_GROWTH = 100
_RATIO_IN_MEMORY = 4.0
_RATIO_AT_ONCE = 5.0
_RATIO_GROWTH = 1.3
_RATIO_LARGE = 1.5
_RATIO_MAKESPAN = 1.12
_RATIO_IN_FILE = 2.0
_RATIO_FULL_CHAIN = 1.25
_RATIO_IMPORT = 1.3
_MAX_ROWS = 3.0
_MAX_BYTES = 1024.0
_MAX_MEMORY = 60e6
_PYDANTIC = "import pydantic\nclass Model(pydantic.BaseModel):\n    name: str\n"
_ALL_OF_IT = "import callsheet\nfor name in callsheet.__all__:\n    getattr(callsheet, name)\n"
_PLAN = """\
goal: add
steps:
  - {id: total, capability: calculate, inputs: {expression: 1 + 1}}
answer: {from: total}
"""


@dataclass(frozen=True)
class Scale:
    """How large and how often: `steps` of the graphs, `runs` at once, and where files are made."""

    steps: int
    runs: int
    rounds: int
    folder: Path | None = None

    @cached_property
    def plans(self) -> Plans:
        """Plans that were checked already."""
        return Plans()

    @cached_property
    def graphs(self) -> tuple[Graph, Graph, Graph]:
        """A chain, a fan-out, and layers."""
        return chain(self.steps), fan_out(self.steps), layered(self.steps)

    @cached_property
    def longer(self) -> Graph:
        """Ten times as many layers."""
        return layered(self.steps * _GROWTH)


def in_memory(scale: Scale) -> Iterator[Line]:
    """Beside bare asyncio, with a journal in memory."""
    contenders: tuple[Contender, ...] = BareAsyncio(), InMemory(scale.plans)
    typical: dict[tuple[str, bool], float] = {}
    for graph in (*scale.graphs, scale.longer):
        bare, ours = take_turns(contenders, graph, scale.rounds)
        yield _line(graph, bare).against(bare.name, 1.0)
        yield _line(graph, ours).against(bare.name, ours.ratio_to(bare), _RATIO_IN_MEMORY)
        for each in (bare, ours):
            typical[each.name, graph is scale.longer] = each.typical.micros_a_step
    to = f"{scale.steps:,} steps"
    for contender, most in zip(contenders, (None, _RATIO_GROWTH), strict=True):
        micros = typical[contender.name, True]
        line = Line(case="growth", who=contender.name, steps=len(scale.longer), micros=micros)
        yield line.against(to, micros / typical[contender.name, False], most)


def at_once(scale: Scale) -> Iterator[Line]:
    """Many small runs at once: their time, and their memory."""
    graph = layered(_RUN_STEPS)
    bare, ours = take_turns((BareAsyncio(), InMemory(scale.plans)), graph, scale.rounds, runs=scale.runs)
    case = f"{scale.runs:,} runs at once"
    yield Line.of(case, bare.name, bare.typical, len(graph)).against(bare.name, 1.0)
    line = Line.of(case, ours.name, ours.typical, len(graph))
    yield line.against(bare.name, ours.ratio_to(bare), _RATIO_AT_ONCE)
    taken = measure_footprint(scale.runs, _RUN_STEPS)
    line = Line(case=f"{case}, memory", who=ours.name, steps=len(graph))
    yield line if taken is None else line.weighing(taken, _MAX_MEMORY)


def makespan(scale: Scale) -> Iterator[Line]:
    """Steps that take their time, against the longest path through them."""
    graph = scale.graphs[-1]
    contenders: list[tuple[Contender, float | None]] = [
        (BareAsyncio(), None),
        (InMemory(scale.plans), _RATIO_MAKESPAN),
        (InFile("NORMAL", scale.plans, scale.folder), None),
    ]
    taken = take_turns([each for each, _ in contenders], graph, scale.rounds, seconds=STEP_SECONDS)
    for each, (_, most) in zip(taken, contenders, strict=True):
        yield makespan_line(graph, each, most)


def makespan_line(graph: Graph, taken: Rounds, most: float | None = None) -> Line:
    """The time that a graph of steps with `STEP_SECONDS` took, to the least that it can take."""
    ratio = median(each.seconds for each in taken.all) / (graph.depth * STEP_SECONDS)
    line = Line(case=MAKESPAN, who=taken.name, steps=len(graph))
    return line.against("critical path", ratio, most)


def in_file(scale: Scale) -> Iterator[Line]:
    """Beside the durable limit, with a journal in a file."""
    for durability in ("NORMAL", "FULL"):
        limit = DurableLimit(durability, scale.folder)
        ours = InFile(durability, scale.plans, scale.folder)
        for graph in (*scale.graphs, scale.longer):
            full_chain = durability == "FULL" and graph.name == "chain"
            most = _RATIO_FULL_CHAIN if full_chain else _RATIO_IN_FILE
            yield from _stored(graph.name, graph, take_turns((limit, ours), graph, scale.rounds), most)
        graph, case = layered(_RUN_STEPS), f"{scale.runs:,} runs at once"
        taken = take_turns((limit, ours), graph, scale.rounds, runs=scale.runs)
        yield from _stored(case, graph, taken, _RATIO_IN_FILE)


def building(scale: Scale) -> Iterator[Line]:
    """Checking the plan, which comes before a run."""
    first: float | None = None
    for graph in (scale.graphs[-1], scale.longer):
        seconds = median(_seconds_of_check(graph) for _ in range(scale.rounds))
        micros = seconds / len(graph) * MICRO
        line = Line(case="checking the plan", who="Callsheet", steps=len(graph), micros=micros)
        yield line if first is None else line.against(f"{scale.steps:,} steps", micros / first, _RATIO_GROWTH)
        first = micros


def imports(scale: Scale) -> Iterator[Line]:
    """What it costs to import Callsheet, and what its command line leaves alone."""
    measured: dict[str, list[float]] = {
        "import callsheet": [],
        "every public name": [],
        "import pydantic": [],
    }
    codes = dict(zip(measured, ("import callsheet", _ALL_OF_IT, _PYDANTIC), strict=True))
    for _ in range(scale.rounds):
        for name, code in codes.items():
            measured[name].append(seconds_of_import(code))
    pydantic = median(measured["import pydantic"])
    for name, most in (("import callsheet", _RATIO_IMPORT), ("every public name", None)):
        taken = median(measured[name])
        line = Line(case="imports", who=name, note=f"{taken * 1e3:.0f} ms to {pydantic * 1e3:.0f} ms")
        yield line.against("pydantic and a model", taken / pydantic, most)
    yield from _command_line(scale)


def large(scale: Scale) -> Iterator[Line]:
    """A plan a hundred times as large: time and memory of a step."""
    small, huge = scale.graphs[-1], layered(scale.steps * _LARGE_GROWTH)
    ours = InMemory(scale.plans)
    few, many = (take_turns([ours], graph, min(scale.rounds, 3))[0] for graph in (small, huge))
    to = f"{scale.steps:,} steps"
    ratio = many.typical.micros_a_step / few.typical.micros_a_step
    yield _line(huge, many).against(to, ratio, _RATIO_LARGE)
    little, much = (_peak_of_a_step(ours, graph) for graph in (small, huge))
    line = Line(case="memory of a run", who=ours.name, steps=len(huge), note=f"{much:,.0f} bytes a step")
    yield line.against(to, much / little, _RATIO_LARGE).weighing(much * len(huge))


def _line(graph: Graph, taken: Rounds) -> Line:
    return Line.of(graph.name, taken.name, taken.typical, len(graph))


def _stored(case: str, graph: Graph, taken: list[Rounds], most: float) -> Iterator[Line]:
    limit, ours = taken
    yield Line.of(case, limit.name, limit.typical, len(graph)).against(limit.name, 1.0)
    line = Line.of(case, ours.name, ours.typical, len(graph))
    yield line.against(limit.name, ours.ratio_to(limit), most).storing(_MAX_ROWS, _MAX_BYTES)


def _command_line(scale: Scale) -> Iterator[Line]:
    with TemporaryDirectory(dir=scale.folder) as name:
        folder = Path(name)
        (folder / "plan.yaml").write_text(_PLAN)
        store = str(folder / "runs.db")
        InFile("NORMAL", scale.plans).keep(chain(1), Path(store))
        for command in (["--help"], ["check", "plan.yaml"], ["show", "last", "--store", store]):
            found = imported_by(command, HEAVY, folder)
            who = f"callsheet {command[0]}"
            note = f"imports {', '.join(found)}" if found else ""
            yield Line(
                case="imports", who=who, target=f"none of {', '.join(HEAVY)}", met=not found, note=note
            )


def _peak_of_a_step(ours: Contender, graph: Graph) -> float:
    tracemalloc.start()
    try:
        ours.measure(graph)
        return tracemalloc.get_traced_memory()[1] / len(graph)
    finally:
        tracemalloc.stop()


def _seconds_of_check(graph: Graph) -> float:
    document = write_plan(graph)
    gc.collect()
    started = perf_counter()
    check_plan(document)
    return perf_counter() - started
