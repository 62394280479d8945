"""Whatever a model answers, however large the catalog: planning ends soon, and says what is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from callsheet.agents.models.chat import ChatChunk, ChatRequest
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.plan_format import ShortFormat
from callsheet.planner.planning.errors import PlanningFailed, PromptTooLong
from callsheet.planner.planning.planner import Planned, Planner
from tests.planner.catalogs import CATALOG, TEXT, capability

GOAL = "Read a.txt and shorten it"


def step(number: int, name: str, *depends_on: str, **inputs: str) -> dict[str, Any]:
    """One step in the short format."""
    return {"id": f"s{number}", "capability": name, "inputs": inputs, "depends_on": list(depends_on)}


def steps(*written: dict[str, Any]) -> str:
    """What a model writes in the short format."""
    return json.dumps({"steps": written})


READING = step(1, "read_file", path="a.txt")
GOOD = steps(READING, step(2, "shorten", "s1", text="{s1}"))


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
        planned = await Planner(model, wire_format=ShortFormat()).plan(GOAL, CATALOG)
    assert isinstance(planned, Planned)
    assert planned.drafts[0].problems
    assert sum(len(each.content) for each in model.requests[1].messages[-2:]) < 10_000


async def test_a_plan_for_another_goal_is_doubted() -> None:
    """What the goal names is not in it, and what it names is not in the goal."""
    other = steps(step(1, "read_file", path="b.txt"), step(2, "shorten", "s1", text="{s1}"))
    with ScriptedModel([other, GOOD]) as model:
        planned = await Planner(model, wire_format=ShortFormat()).plan(GOAL, CATALOG)
    assert isinstance(planned, Planned)
    said = model.requests[1].messages[-1].content
    assert "the goal names a.txt" in said
    assert "b.txt, which the goal does not name" in said
    assert planned.plan.steps[0].inputs["path"].value == "a.txt"  # type: ignore[union-attr]


async def test_ten_thousand_good_steps_are_too_many() -> None:
    """Each would check; together they are refused with their number, every time."""
    flood = steps(*(step(at, "read_file", path="a.txt") for at in range(1, 10_001)))
    with (
        ScriptedModel([flood] * 2, piece_length=100_000) as model,
        pytest.raises(PlanningFailed, match="10,000 steps are too many"),
    ):
        await Planner(model, wire_format=ShortFormat(), max_repairs=1).plan(GOAL, CATALOG)


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
        await Planner(model, wire_format=ShortFormat()).plan(GOAL, CATALOG)


async def test_descriptions_of_200_kilobytes_are_cut() -> None:
    """They are shown tersely, in a prompt that fits."""
    wordy = [
        capability(f"work_{at}", {"x": TEXT}, {"y": TEXT}, description="word " * 2_000) for at in range(20)
    ]
    assert sum(len(each.description) for each in wordy) >= 200_000 - 20
    with ScriptedModel([GOOD]) as model:
        await Planner(model, wire_format=ShortFormat()).plan(GOAL, [*wordy, *CATALOG])
    assert sum(len(each.content) for each in model.requests[0].messages) < 20_000


async def test_names_of_200_kilobytes_are_refused() -> None:
    """What cannot be cut does not fit, and no model is called."""
    many = [capability(f"work_{'x' * 50}_{at}", {"x": TEXT}, {"y": TEXT}) for at in range(4_000)]
    with ScriptedModel([]) as model, pytest.raises(PromptTooLong):
        await Planner(model, wire_format=ShortFormat()).plan(GOAL, many)


PUBLISH = capability("publish_post", {"body": TEXT}, {"url": TEXT}, description="put a post online")
PRESS = (*CATALOG, PUBLISH)
POSTING = "Read a.txt, shorten it and publish it"


async def test_only_the_steps_that_are_missing_are_asked_for() -> None:
    """Written again as a whole a small model's plan loses others: what there is stays, and the schema
    allows nothing but the capability that is missing, under a new id."""
    missing = steps(step(3, "publish_post", "s2", body="{s2}"))
    with ScriptedModel([GOOD, missing]) as model:
        planned = await Planner(model, wire_format=ShortFormat()).plan(POSTING, PRESS)
    assert isinstance(planned, Planned)
    assert [each.capability for each in planned.plan.steps] == ["read_file", "shorten", "publish_post"]
    assert "`publish it`" in model.requests[1].messages[-1].content
    schema = json.dumps(model.requests[1].schema)
    assert '"publish_post"' in schema
    assert '"shorten"' not in schema
    assert '["s3"]' in schema


@pytest.mark.parametrize(
    "useless", ["no", steps(step(3, "open_sesame")), steps(step(3, "read_file", path="b.txt")), steps(), "[]"]
)
async def test_a_useless_addition_leaves_the_plan_as_it_was(useless: str) -> None:
    """The plan checked before, and is asked about once."""
    with ScriptedModel([GOOD, useless]) as model:
        planned = await Planner(model, wire_format=ShortFormat()).plan(POSTING, PRESS)
    assert isinstance(planned, Planned)
    assert [each.capability for each in planned.plan.steps] == ["read_file", "shorten"]


async def test_a_whole_plan_instead_of_an_addition_is_taken_as_one() -> None:
    """Servers without schemas cannot be held to write new steps alone."""
    whole = steps(READING, step(2, "shorten", "s1", text="{s1}"), step(3, "publish_post", "s2", body="{s2}"))
    with ScriptedModel([GOOD, whole]) as model:
        planned = await Planner(model, wire_format=ShortFormat()).plan(POSTING, PRESS)
    assert isinstance(planned, Planned)
    assert len(planned.plan.steps) == 3


async def test_a_step_is_added_in_between_where_its_result_is_wanted() -> None:
    """The summary of `email a summary` is made before it is sent."""
    mail = capability(
        "send_email", {"to": TEXT, "body": TEXT}, {"receipt": TEXT}, description="send an e-mail"
    )
    short = capability("summarize", {"text": TEXT}, {"summary": TEXT}, description="condense a text")
    first = steps(READING, step(2, "send_email", "s1", to="ann@example.com", body="Summary: {s1}"))
    added = steps(step(3, "summarize", "s1", text="{s1}"))
    with ScriptedModel([first, added]) as model:
        planned = await Planner(model, wire_format=ShortFormat()).plan(
            "Read a.txt and email a summary of it to ann@example.com", (*CATALOG, mail, short)
        )
    assert isinstance(planned, Planned)
    assert [each.id for each in planned.plan.steps] == ["s1", "s3", "s2"]
    assert planned.checked.steps["s2"].dependencies == ("s3",)
