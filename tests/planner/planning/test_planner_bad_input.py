"""Whatever a model answers, however large the catalog: planning ends soon, and says what is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from callsheet.agents.models.chat import ChatChunk, ChatRequest
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.planning.errors import PlanningFailed, PromptTooLong
from callsheet.planner.planning.planner import Planned, Planner
from tests.planner.catalogs import CATALOG, TEXT, capability

GOAL = "Read a.txt and shorten it"


GOOD = 's1 = read_file(path="a.txt")\ns2 = shorten(text=s1)'


@pytest.mark.parametrize(
    "nonsense",
    [
        "请先告诉我您想做什么。",
        '{"steps": [{"id": "s1", "capability": "read_',
        "{" * 100_000,
        "[" * 5_000,
        "\x00\x1b[2J",
    ],
)
async def test_what_is_no_plan_is_told_to_the_model_in_a_sentence(nonsense: str) -> None:
    """Another language, half a JSON, brackets without end: asked again, and the next good plan is taken."""
    with ScriptedModel([nonsense, GOOD], piece_length=50_000) as model:
        planned = await Planner(model, wire_format=LinesFormat()).plan(GOAL, CATALOG)
    assert isinstance(planned, Planned)
    assert planned.drafts[0].problems
    assert sum(len(each.content) for each in model.requests[1].messages[-2:]) < 10_000


async def test_a_plan_for_another_goal_is_doubted() -> None:
    """What the goal names is not in it, and what it names is not in the goal."""
    other, good = (
        json.dumps({"steps": [{"id": "s", "do": {"use": "read_file", "path": path}}], "answer": "{s}"})
        for path in ("b.txt", "a.txt")
    )
    with ScriptedModel([other, good]) as model:
        planned = await Planner(model, wire_format=FullFormat()).plan(GOAL, CATALOG)
    assert isinstance(planned, Planned)
    said = model.requests[1].messages[-1].content
    assert "the goal names a.txt" in said
    assert "b.txt, which the goal does not name" in said
    assert planned.plan.steps[0].inputs["path"].value == "a.txt"  # type: ignore[union-attr]


async def test_ten_thousand_good_steps_are_too_many() -> None:
    """Each would check; together they are refused with their number, every time."""
    flood = "\n".join(f's{at} = read_file(path="a.txt")' for at in range(1, 10_000))
    with (
        ScriptedModel([flood] * 2, piece_length=100_000) as model,
        pytest.raises(PlanningFailed, match="9,999 steps are too many"),
    ):
        await Planner(model, wire_format=LinesFormat(), max_repairs=1).plan(GOAL, CATALOG)


async def test_a_flood_in_the_full_format_is_refused_too() -> None:
    """However well each of its steps checks, with what to write instead."""
    many = [{"id": f"s{at}", "do": {"read_file": {"path": "a.txt"}}} for at in range(10_000)]
    flood = json.dumps({"steps": many, "answer": "{s0}"})
    with (
        ScriptedModel([flood], piece_length=100_000) as model,
        pytest.raises(PlanningFailed, match=r"10,000 steps are too many.*for_each"),
    ):
        await Planner(model, wire_format=FullFormat(), max_repairs=0).plan(GOAL, CATALOG)


class Dropping(ScriptedModel):
    """A model whose connection breaks in the middle of its answer."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Half of the answer, and then the error."""
        async for chunk in super().stream(request):
            yield ChatChunk(chunk.text[:8])
            raise ModelUnavailable(self.name, "the connection broke")


async def test_a_stream_that_drops_is_the_connection_s_error() -> None:
    """Half an answer is never taken for a plan, even if it were one."""
    model = Dropping([GOOD], piece_length=10_000)
    with pytest.raises(ModelUnavailable, match="the connection broke"):
        await Planner(model, wire_format=LinesFormat()).plan(GOAL, CATALOG)


async def test_descriptions_of_200_kilobytes_are_cut() -> None:
    """They are shown tersely, in a prompt that fits."""
    wordy = [
        capability(f"work_{at}", {"x": TEXT}, {"y": TEXT}, description="word " * 2_000) for at in range(20)
    ]
    assert sum(len(each.description) for each in wordy) >= 200_000 - 20
    with ScriptedModel([GOOD]) as model:
        await Planner(model, wire_format=LinesFormat()).plan(GOAL, [*wordy, *CATALOG])
    assert sum(len(each.content) for each in model.requests[0].messages) < 20_000


async def test_names_of_200_kilobytes_are_refused() -> None:
    """What cannot be cut does not fit, and no model is called."""
    many = [capability(f"work_{'x' * 50}_{at}", {"x": TEXT}, {"y": TEXT}) for at in range(4_000)]
    with ScriptedModel([]) as model, pytest.raises(PromptTooLong):
        await Planner(model, wire_format=LinesFormat()).plan(GOAL, many)


COPYING = "Read a.txt, shorten it and put it in b.txt"


@pytest.mark.parametrize(
    "useless", ["no", "s3 = open_sesame()", 's3 = read_file(path="c.txt")', "", "[]", "s3 = save(path="]
)
async def test_a_useless_addition_leaves_the_plan_as_it_was(useless: str) -> None:
    """The plan checked before, and the line is asked for once."""
    with ScriptedModel([GOOD, useless]) as model:
        planned = await Planner(model, wire_format=LinesFormat(), max_repairs=1).plan(COPYING, CATALOG)
    assert isinstance(planned, Planned)
    assert [each.capability for each in planned.plan.steps] == ["read_file", "shorten"]


async def test_a_whole_plan_instead_of_an_addition_is_taken_as_one() -> None:
    """Engines without grammars cannot be held to write one line alone."""
    whole = f'{GOOD}\ns3 = save(path="b.txt", content=s2)'
    with ScriptedModel([GOOD, whole]) as model:
        planned = await Planner(model, wire_format=LinesFormat()).plan(COPYING, CATALOG)
    assert isinstance(planned, Planned)
    assert len(planned.plan.steps) == 3
