"""The benchmark of streaming: plans that say the same in both notations, and steps in the order it claims."""

from __future__ import annotations

import json
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.__main__ import main
from benchmarks.graphs import Graph, chain
from benchmarks.streaming_plans import TOKENS_PER_SECOND, Work, works
from benchmarks.streaming_server import PacedServer
from benchmarks.streaming_ways import LineByLine, Ours, PlanNotDone, Stage, Way, make_agents
from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.agents.models.openai.model import OpenAIModel
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.planning.draft_reader import DraftReader

FAST = 500.0
PATIENT_SECONDS = 60.0
"""How long to wait for what has to happen; nothing that passes waits so long."""
STREAMING, PLAN_FIRST, LINES = Ours(stream=True), Ours(stream=False), LineByLine()


@st.composite
def all_works(draw: st.DrawFn) -> Work:
    """Any graph of a few steps, each with its time."""
    size = draw(st.integers(1, 12))
    needed = [
        draw(st.sets(st.integers(0, step - 1), max_size=4)) if step else set[int]() for step in range(size)
    ]
    graph = Graph("any", tuple(tuple(sorted(each)) for each in needed))
    return Work(graph, tuple(draw(st.sampled_from((0.0, 0.2, 2.0))) for _ in range(size)))


@given(all_works())
@settings(max_examples=50, deadline=None)
def test_a_step_of_ours_is_in_the_draft_where_it_ends(work: Work) -> None:
    """For every graph: the text up to the end of each step gives a draft with it, and its dependencies are
    the graph's; up to one character earlier it does not."""
    catalog = [each for agent in make_agents(Stage(work, 1.0)) for each in agent.capabilities]
    reader = DraftReader(FullFormat(), "brief me", catalog)
    text, position = work.ours.text, 0
    for number, end in enumerate(work.ours.ends):
        assert reader.feed(text[position : end - 1]) is None
        draft = reader.feed(text[end - 1 : end])
        assert draft is not None
        needed = {f"s{each + 1}" for each in work.graph.dependencies[number]}
        assert set(draft.steps[f"s{number + 1}"].dependencies) == needed
        position = end
    assert json.loads(text)["answer"] == f"{{s{len(work.graph)}}}"


@given(all_works())
@settings(max_examples=50, deadline=None)
def test_lines_are_carried_out_as_the_graph_says(work: Work) -> None:
    """For every graph each line is done once, after what it refers to, and the last result is the answer."""
    stage = Stage(work, 1.0)
    answer = run_virtually(LINES.pursue(ScriptedModel([work.lines.text]), stage))
    stage.require_done(LINES.name, answer)


@given(all_works())
@settings(max_examples=50, deadline=None)
def test_steps_arrive_in_order_while_the_plan_is_written(work: Work) -> None:
    """For every graph, in both notations: the pieces are the text, each step arrives behind the one before,
    and nothing is done before all is written and the slowest step had its time."""
    for written in (work.ours, work.lines):
        assert "".join(written.pieces) == written.text
        arrivals = list(written.arrivals())
        assert arrivals == sorted(arrivals)
        assert arrivals[-1] <= written.seconds <= written.bound(work)
        for arrival, seconds in zip(arrivals, work.seconds, strict=True):
            assert written.bound(work) >= arrival + seconds


def test_the_bound_is_the_critical_path_from_each_arrival() -> None:
    """Two steps in a row: either the second waits for the first, or for its own last token."""
    first, second = Work(chain(2), (0.0, 0.0)).ours.arrivals()
    slow_first = Work(chain(2), (2.0, 0.5))
    assert slow_first.ours.bound(slow_first) == pytest.approx(first + 2.5)
    slow_second = Work(chain(2), (0.0, 2.0))
    assert slow_second.ours.bound(slow_second) == pytest.approx(second + 2.0)
    quick = Work(chain(2), (0.0, 0.0))
    assert quick.ours.bound(quick) == len(quick.ours.pieces) / TOKENS_PER_SECOND


def test_the_plans_are_of_the_size_that_is_claimed() -> None:
    """A chain, a fan-out and layers of 6 to 14 steps; every result goes into the last one."""
    for work in works():
        assert 6 <= len(work.graph) <= 14
        assert all(work.graph.dependants[:-1])
        assert all(0.2 <= seconds <= 2.0 for seconds in work.seconds)
        assert next(work.ours.arrivals()) < work.ours.seconds / 4


async def test_the_server_writes_its_answer_piece_by_piece() -> None:
    """Over a real socket, through the SDK: the pieces as they are, and how many there were."""
    server = PacedServer(["a ", "b\n", '"c"'], FAST)
    with server.serving() as address:
        model = OpenAIModel("pace", base_url=address)
        chunks = [chunk.text async for chunk in model.stream(ChatRequest((Message("user", "write"),)))]
        reply = await ask(model, ChatRequest((Message("user", "again"),)))
    assert chunks == ["a ", "b\n", '"c"', ""]
    assert (reply.text, reply.usage.output_tokens) == ('a b\n"c"', 3)
    assert server.sent == 3


@pytest.mark.parametrize("way", [STREAMING, LINES], ids=lambda way: way.name)
@pytest.mark.parametrize("work", works(), ids=lambda work: work.graph.name)
async def test_streaming_starts_before_the_plan_is_written(way: Way, work: Work) -> None:
    """The model holds back its last piece until a step was started, and it is: without that the piece would
    never come. The answer is right."""
    started = Event()
    in_time: list[bool] = []
    server = PacedServer(
        way.write(work).pieces, FAST, before_last=lambda: in_time.append(started.wait(PATIENT_SECONDS))
    )
    stage = Stage(work, 100.0, started.set)
    with server.serving() as address:
        answer = await way.pursue(OpenAIModel("pace", base_url=address), stage)
    stage.require_done(way.name, answer)
    assert in_time == [True]


async def test_without_streaming_nothing_starts_before_the_plan_is_written() -> None:
    """When the last piece goes out no step was started."""
    work = works()[0]
    stage = Stage(work, 100.0)
    begun: list[int] = []
    server = PacedServer(work.ours.pieces, FAST, before_last=lambda: begun.append(len(stage.started)))
    with server.serving() as address:
        answer = await PLAN_FIRST.pursue(OpenAIModel("pace", base_url=address), stage)
    stage.require_done(PLAN_FIRST.name, answer)
    assert begun == [0]


def test_what_was_not_done_rightly_is_not_measured() -> None:
    """A wrong order, a step left out, another answer."""
    stage = Stage(Work(chain(2), (0.0, 0.0)), 1.0)
    stage.done = [1, 0]
    with pytest.raises(PlanNotDone, match="step 1 was done before"):
        stage.require_done("anybody", "result 2")
    stage.done = [0, 1]
    with pytest.raises(PlanNotDone, match="'result 2' is right"):
        stage.require_done("anybody", "result 1")
    stage.require_done("anybody", "result 2")


@pytest.mark.slow
def test_the_table_has_every_plan_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Three plans in three ways; streaming starts its first step while less is written than without."""
    main(["streaming", "--speed", "10", "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 9
    for streaming, plan_first, lines in (rows[at : at + 3] for at in (0, 3, 6)):
        assert streaming["plan"] == plan_first["plan"] == lines["plan"]
        assert streaming["tokens"] == plan_first["tokens"] > lines["tokens"]
        assert plan_first["written at first step"] == 1
