"""The peers in the table: who is there, and on graphs of what size."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import cast

from benchmarks.graphs import Graph, chain, fan_out, layered

from .bare import BareAsyncio
from .contender import Contender, GraphNotDone
from .durable import DurableLimit
from .line import Line
from .rounds import take_turns
from .sections import MAKESPAN, STEP_SECONDS, Scale, makespan_line

MAX_EXCUSE = 80


@dataclass(frozen=True, slots=True)
class Rival:
    """A `contender` in a `module`. It keeps what it does in a file, or not. Where all the steps and rounds
    would take minutes, `share` and `most_rounds` say how many of them take seconds."""

    name: str
    module: str
    contender: str
    keeps: bool
    share: float = 1.0
    most_rounds: int = 3


RIVALS = (
    Rival("LangGraph", "benchmarks.peers.langgraph", "LangGraphInMemory", keeps=False),
    Rival("pydantic-graph", "benchmarks.peers.pydantic_graph", "PydanticGraph", keeps=False),
    Rival("LangGraph, AsyncSqliteSaver", "benchmarks.peers.langgraph", "LangGraphInFile", keeps=True),
    Rival("DBOS, SQLite", "benchmarks.peers.dbos", "DbosInFile", keeps=True, share=0.2),
    Rival(
        "Prefect, SQLite", "benchmarks.peers.prefect", "PrefectInFile", keeps=True, share=0.1, most_rounds=1
    ),
)


def peers(scale: Scale, rivals: Sequence[Rival] = RIVALS) -> Iterator[Line]:
    """Beside the same references, on the same graphs; a line that says so where one is not installed."""
    for rival in rivals:
        try:
            contender = _make(rival, scale)
        except ImportError as error:
            yield Line(case="peers", who=rival.name, note=f"not installed: no {error.name}")
            continue
        print(f"{rival.name} ...", file=sys.stderr, flush=True)
        steps = max(1, round(scale.steps * rival.share))
        for graph in (chain(steps), fan_out(steps), layered(steps)):
            yield _measure(rival, contender, graph, scale)
        if not rival.keeps:
            yield _measure_makespan(rival, contender, layered(steps), scale)


def _make(rival: Rival, scale: Scale) -> Contender:
    module = importlib.import_module(rival.module)
    make = getattr(module, rival.contender)
    return cast(Contender, make(scale.folder) if rival.keeps else make())


def _measure(rival: Rival, contender: Contender, graph: Graph, scale: Scale) -> Line:
    reference = DurableLimit("NORMAL", scale.folder) if rival.keeps else BareAsyncio()
    try:
        taken = take_turns((reference, contender), graph, min(scale.rounds, rival.most_rounds))
    except Exception as error:
        return _excuse(rival, graph.name, graph, error)
    theirs = taken[1]
    line = Line.of(graph.name, rival.name, theirs.typical, len(graph))
    return line.against(reference.name, theirs.ratio_to(taken[0]))


def _measure_makespan(rival: Rival, contender: Contender, graph: Graph, scale: Scale) -> Line:
    try:
        (taken,) = take_turns([contender], graph, min(scale.rounds, rival.most_rounds), seconds=STEP_SECONDS)
    except Exception as error:
        return _excuse(rival, MAKESPAN, graph, error)
    return makespan_line(graph, taken)


def _excuse(rival: Rival, case: str, graph: Graph, error: Exception) -> Line:
    """Another engine can fail in any way, and the rest of the table is useful all the same."""
    fault = f"wrong: {error.fault}" if isinstance(error, GraphNotDone) else f"{type(error).__name__}: {error}"
    return Line(case=case, who=rival.name, steps=len(graph), note=shorten(fault, MAX_EXCUSE))
