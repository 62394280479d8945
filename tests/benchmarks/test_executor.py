"""The benchmark of the executor: its references do as they should, and its table says what was measured."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.__main__ import main
from benchmarks.executor.bare import BareAsyncio, carry_out_bare
from benchmarks.executor.contender import Contender, GraphNotDone, Measured, Work, require_done
from benchmarks.executor.durable import DurableLimit
from benchmarks.executor.line import Line
from benchmarks.executor.ours import InFile, InMemory, Plans
from benchmarks.executor.rivals import Rival, peers
from benchmarks.executor.rounds import Rounds
from benchmarks.executor.sections import Scale
from benchmarks.graphs import Graph, chain, fan_out, layered

TINY = ("executor", "--steps", "12", "--runs", "3", "--rounds", "1", "--json")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph of a few steps."""
    size = draw(st.integers(1, 12))
    needed = [
        draw(st.sets(st.integers(0, step - 1), max_size=4)) if step else set[int]() for step in range(size)
    ]
    return Graph("any", tuple(tuple(sorted(each)) for each in needed))


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_bare_asyncio_respects_every_graph(graph: Graph) -> None:
    """For every graph each step is done once, after those that it needs, with what the first of them gave."""
    work = Work()
    values = asyncio.run(carry_out_bare(graph, work))
    assert graph.find_fault(work.done) is None
    assert values == [1 + (values[needed[0]] if needed else 0) for needed in graph.dependencies]


@given(graphs(), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_the_durable_limit_respects_every_graph(graph: Graph, runs: int) -> None:
    """For every graph the same order holds, else it raises; and two events a step are in the file."""
    measured = DurableLimit("NORMAL").measure(graph, runs=runs)
    assert measured.rows == 2 * len(graph) * runs


@given(graphs())
@settings(max_examples=25, deadline=None)
def test_callsheet_respects_every_graph(graph: Graph) -> None:
    """For every graph its plan checks, and running it does the steps of the graph."""
    assert InMemory(Plans()).measure(graph).steps == len(graph)


@given(graphs(), st.data())
def test_a_wrong_order_is_found(graph: Graph, data: st.DataObject) -> None:
    """For every graph: a step too early, twice, or not at all is a fault."""
    order = list(range(len(graph)))
    assert graph.find_fault(order) is None
    at = data.draw(st.sampled_from(order))
    assert graph.find_fault([*order, at]) == f"step {at} was done twice"
    assert graph.find_fault([each for each in order if each != at]) is not None
    if graph.dependencies[at]:
        early = [at, *(each for each in order if each != at)]
        assert graph.find_fault(early) == f"step {at} was done before what it needs"


def test_a_fault_ends_the_measuring() -> None:
    """What was not done rightly has no time."""
    work = Work()
    work.done = [1, 0]
    with pytest.raises(GraphNotDone, match="step 1 was done before"):
        require_done("somebody", chain(2), [work])


def test_graphs_are_what_they_are_called() -> None:
    """Their shapes, and that layers are drawn alike at every size."""
    assert chain(3).dependencies == ((), (0,), (1,))
    assert fan_out(2).dependencies == ((), (0,), (0,), (1, 2))
    assert fan_out(2).dependants == ((1, 2), (3,), (3,), ())
    assert (chain(5).depth, fan_out(5).depth, layered(100, width=10).depth) == (5, 3, 10)
    assert layered(400).dependencies == layered(4_000).dependencies[:400]
    assert {len(needed) for needed in layered(400).dependencies[40:]} == {1, 2, 3}


def test_a_journal_is_weighed() -> None:
    """Two rows a step and a few for the run, after what an empty file holds anyway."""
    measured = InFile("NORMAL", Plans()).measure(chain(50))
    assert measured.rows is not None and measured.bytes is not None
    assert 100 <= measured.rows <= 110
    assert measured.bytes > 50 * 100


def test_ratios_compare_within_a_round() -> None:
    """The median of the ratios, not the ratio of the medians; a step's time, whatever the sizes."""
    ours = Rounds("ours", tuple(Measured(10, seconds) for seconds in (2.0, 30.0, 4.0)))
    theirs = Rounds("theirs", tuple(Measured(20, seconds) for seconds in (4.0, 10.0, 8.0)))
    assert ours.ratio_to(theirs) == 1.0
    assert ours.typical.seconds == 4.0


def test_a_line_has_to_reach_all_of_its_targets() -> None:
    """One that is missed is not made good by the next; without a target there is no verdict."""
    line = Line.of("chain", "ours", Measured(10, 1.0, rows=20, bytes=5_000), 10)
    assert line.against("theirs", 5.0).met is None
    assert line.against("theirs", 2.0, 2.0).storing(3, 1024).met is True
    assert line.against("theirs", 2.1, 2.0).storing(3, 1024).met is False
    assert line.against("theirs", 2.0, 2.0).storing(3, 100).met is False
    assert line.weighing(59e6, 60e6).met is True


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Every reference is there with ratio 1, every target has a verdict that fits its ratio, and one
    that is missed is the exit code."""
    document, code = _run(
        capsys, "--only", "memory", "--only", "runs", "--only", "makespan", "--only", "building"
    )
    rows = document["rows"]
    assert {row["case"] for row in rows} >= {"chain", "fan-out", "layered", "growth", "3 runs at once"}
    assert all(row["ratio"] == 1 for row in rows if row["who"] == row["to"])
    assert all(row["µs a step"] > 0 for row in rows if row["case"] in ("chain", "fan-out", "layered"))
    judged = [row for row in rows if row["target"].startswith("ratio ≤ ")]
    assert judged
    assert all(row["met"] == (row["ratio"] <= float(row["target"].split()[2])) for row in judged)
    assert all((row["met"] is None) == (not row["target"]) for row in rows)
    assert code == (0 if document["met"] else 1)
    assert document["met"] == all(row["met"] is not False for row in rows)


def test_the_table_of_journals(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """In both durabilities, beside a limit of the same, with rows and bytes; no file is left behind."""
    document, _ = _run(capsys, "--only", "journal", "--folder", str(tmp_path))
    ours = [row for row in document["rows"] if row["who"].startswith("Callsheet")]
    assert {row["to"] for row in ours} == {"durable limit, NORMAL", "durable limit, FULL"}
    assert all(row["rows a step"] >= 2 and row["bytes a step"] > 0 for row in ours)
    assert [row["target"] for row in ours if "1.25" in row["target"]] == [
        "ratio ≤ 1.25, rows ≤ 3, bytes ≤ 1024"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_command_line_stays_light(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help`, `check` and `show` import no heavy package: each line says which it looked for."""
    document, _ = _run(capsys, "--only", "imports")
    commands = [row for row in document["rows"] if row["who"].startswith("callsheet ")]
    assert [(row["who"], row["met"]) for row in commands] == [
        (f"callsheet {name}", True) for name in ("--help", "check", "show")
    ]


@pytest.mark.slow
def test_a_large_plan_is_weighed(capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred times the steps, with time and memory of one against those of the small plan."""
    document, _ = _run(capsys, "--only", "large")
    time, memory = document["rows"]
    assert time["steps"] == memory["steps"] == 1200
    assert memory["MB"] > 0 and memory["ratio"] > 0


def test_a_peer_that_is_missing_is_a_line() -> None:
    """The others are measured all the same."""
    rivals = [Rival("Nobody", "benchmarks.peers.nobody", "Nobody", keeps=False), _rival("Right")]
    lines = list(peers(Scale(6, 1, 1), rivals))
    assert lines[0].note == "not installed: no benchmarks.peers.nobody"
    assert [line.case for line in lines[1:]] == ["chain", "fan-out", "layered", "makespan, 5 ms steps"]
    assert all(line.ratio and line.met is None for line in lines[1:])


def test_a_peer_that_is_wrong_has_no_figures() -> None:
    """The table says what was wrong instead."""
    first, *_ = peers(Scale(6, 1, 1), [_rival("Wrong")])
    assert first.note == "wrong: 6 steps were not done"
    assert first.ratio is None and first.micros is None


class Right(BareAsyncio):
    """A peer that does its work."""

    name = "right"


class Wrong:
    """A peer that does nothing."""

    name = "wrong"

    def measure(self, graph: Graph, *, runs: int = 1, seconds: float = 0.0) -> Measured:
        """Claim to have done it."""
        require_done(self.name, graph, [Work()])
        return Measured(len(graph), 0.0)


CONTENDERS: list[type[Contender]] = [Right, Wrong]


def _rival(contender: str) -> Rival:
    return Rival(contender, __name__, contender, keeps=False)


def _run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[Any, int]:
    code = main([*TINY, *options])
    return json.loads(capsys.readouterr().out), code
