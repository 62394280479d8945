"""The planner: from a goal to a checked plan, whatever the model answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.models.chat import ChatReply, ChatRequest, Usage
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.lines import write_call
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.goals.errors import EmptyCatalog, GoalError
from callsheet.planner.plan.plan import Literal
from callsheet.planner.planning.errors import PlanningFailed, PromptTooLong
from callsheet.planner.planning.model_call import PlanningProgress
from callsheet.planner.planning.planner import Planned, Planner, default_format
from tests.planner.catalogs import CATALOG, READ, TEXT, capability

GOAL = "Read a.txt and shorten it"


def answer(*steps: tuple[str, dict[str, Any]]) -> str:
    """What a model writes in lines."""
    return "\n".join(
        write_call({"id": f"s{number}", "capability": name, "inputs": inputs})
        for number, (name, inputs) in enumerate(steps, 1)
    )


GOOD = answer(("read_file", {"path": "a.txt"}), ("shorten", {"text": "{s1}"}))
UNKNOWN = answer(("open_sesame", {"path": "a.txt"}))


def planner(model: ScriptedModel, **options: Any) -> Planner:
    """A planner that speaks in lines."""
    return Planner(model, wire_format=LinesFormat(), **options)


async def plan(asked: Planner, goal: str, catalog: Sequence[Capability]) -> Planned:
    """The plan, where the model does not ask back."""
    found = await asked.plan(goal, catalog)
    assert isinstance(found, Planned)
    return found


async def test_a_good_answer_is_a_checked_plan() -> None:
    """One turn is asked, with the grammar for the catalog, and the plan is typed and checked."""
    with ScriptedModel([GOOD]) as model:
        planned = await plan(planner(model), f"  {GOAL}\n", CATALOG)
    assert list(planned.checked.steps) == ["s1", "s2"]
    assert planned.checked.plan.goal == GOAL
    assert planned.notes == ()
    assert planned.warnings == ()
    assert len(planned.drafts) == 1
    assert planned.usage == planned.drafts[0].usage
    by_name = sorted(CATALOG, key=lambda each: each.name)
    assert model.requests[0].schema is None
    assert model.requests[0].grammar == LinesFormat().grammar(by_name)
    assert model.requests[0].temperature == 0.0


async def test_a_wrong_plan_goes_back_with_what_is_wrong() -> None:
    """The model sees its last answer and the checker's sentences, and the usage is that of both turns."""
    with ScriptedModel([UNKNOWN, GOOD]) as model:
        planned = await plan(planner(model), GOAL, CATALOG)
    asked = model.requests[1].messages
    assert asked[:-2] == model.requests[0].messages
    assert asked[-2].content == UNKNOWN
    assert "no agent provides `open_sesame`" in asked[-1].content
    assert planned.usage == planned.drafts[0].usage + planned.drafts[1].usage
    assert planned.drafts[0].problems
    assert not planned.drafts[1].problems


async def test_only_the_last_wrong_plan_is_shown_again() -> None:
    """A context full of wrong answers would teach them."""
    other = answer(("read_file", {"route": "a.txt"}))
    with ScriptedModel([UNKNOWN, other, GOOD]) as model:
        await planner(model).plan(GOAL, CATALOG)
    assert UNKNOWN not in [each.content for each in model.requests[2].messages]


@pytest.mark.parametrize(
    "nonsense",
    [
        "I cannot help with that.",
        "",
        '{"steps": [',
        "[]",
        "null",
        "{}",
        '{"steps": []}',
        '{"steps": ["s1"]}',
        UNKNOWN,
    ],
)
async def test_nonsense_for_ever_ends_with_every_try_in_the_error(nonsense: str) -> None:
    """Prose, half a JSON, or the same wrong plan again: bounded, kept, and told in one screen."""
    with ScriptedModel([nonsense] * 3) as model, pytest.raises(PlanningFailed) as caught:
        await planner(model, max_repairs=2).plan(GOAL, CATALOG)
    assert [draft.answer for draft in caught.value.drafts] == [nonsense] * 3
    assert all(draft.problems for draft in caught.value.drafts)
    assert caught.value.goal == GOAL
    assert len(str(caught.value).splitlines()) <= 20
    assert len(str(caught.value)) < 3000


async def test_a_very_long_wrong_answer_is_told_in_one_screen() -> None:
    """Ten thousand bad steps make neither the error nor the next turn endless."""
    flood = answer(*[("open_sesame", {"path": "x" * 50})] * 10_000)
    with ScriptedModel([flood] * 2, piece_length=100_000) as model, pytest.raises(PlanningFailed) as caught:
        await planner(model, max_repairs=1).plan(GOAL, CATALOG)
    assert len(str(caught.value)) < 3000
    assert sum(len(each.content) for each in model.requests[1].messages[-2:]) < 10_000


async def test_a_model_that_is_stuck_is_asked_afresh_with_some_chance() -> None:
    """Shown its answer at temperature 0 it would say the same for ever."""
    with ScriptedModel([UNKNOWN, UNKNOWN, GOOD]) as model:
        await planner(model).plan(GOAL, CATALOG)
    first, second, third = model.requests
    assert first.temperature == second.temperature == 0.0
    assert third.temperature is not None
    assert third.temperature > 0
    assert third.messages == first.messages


@pytest.mark.parametrize("wrapped", [f"Here is the plan:\n```python\n{GOOD}\n```\nEnjoy!", f"\n{GOOD}\n"])
async def test_a_plan_amid_prose_is_taken(wrapped: str) -> None:
    """Servers that cannot hold a model to a grammar are of use all the same."""
    with ScriptedModel([wrapped]) as model:
        planned = await plan(planner(model), GOAL, CATALOG)
    assert len(planned.checked.steps) == 2


async def test_an_answer_cut_at_the_limit_is_asked_for_again() -> None:
    """Even where the half that came happens to be valid."""
    cut = ChatReply(GOOD, Usage(1, 1), "length")
    with ScriptedModel([cut, GOOD]) as model:
        planned = await plan(planner(model, max_tokens=50), GOAL, CATALOG)
    assert "cut at 50 tokens" in planned.drafts[0].problems[0]
    assert model.requests[0].max_tokens == 50


async def test_quick_fixes_are_made_without_a_turn_and_noted() -> None:
    """A field within a letter of the right one costs no tokens."""
    with ScriptedModel(
        [answer(("read_file", {"path": "a.txt"}), ("shorten", {"text": "{s1.texts}"}))]
    ) as model:
        planned = await plan(planner(model), GOAL, CATALOG)
    assert len(planned.notes) == 1
    assert "texts" in planned.notes[0]
    assert planned.checked.plan.steps[1].inputs["text"].expression == "s1.text"  # type: ignore[union-attr]


async def test_a_name_in_the_goal_that_no_step_uses_is_asked_about() -> None:
    """The model adds the line that it forgot, and is held to it."""
    missing = 's2 = save(path="b.txt", content=s1)'
    with ScriptedModel([answer(("read_file", {"path": "a.txt"})), missing]) as model:
        planned = await plan(planner(model), "Copy a.txt to b.txt", CATALOG)
    assert (
        model.requests[1].messages[-1].content
        == "Nothing is done with b.txt yet. Write the line that is missing."
    )
    assert model.requests[1].messages[-2].content == planned.drafts[0].answer
    assert len(planned.checked.steps) == 2


async def test_names_are_asked_about_one_by_one() -> None:
    """Each in its place: the copy is made before it is sent, as the goal says."""
    mail = capability("mail", {"to": TEXT, "body": TEXT}, {"id": TEXT}, effect=Effect.IRREVERSIBLE)
    first = answer(("read_file", {"path": "a.txt"}), ("mail", {"to": "kim@example.org", "body": "{s1}"}))
    more = ['s3 = save(path="b.txt", content=s1)', 's4 = mail(to="lee@example.org", body=s1)']
    with ScriptedModel([first, *more]) as model:
        goal = "Copy a.txt to b.txt, send it to kim@example.org and to lee@example.org"
        planned = await plan(planner(model), goal, (*CATALOG, mail))
    assert list(planned.checked.steps) == ["s1", "s3", "s2", "s4"]
    assert planned.checked.steps["s2"].dependencies == ("s1", "s3")
    assert model.requests[2].messages[-2].content.splitlines()[1] == more[0]


async def test_a_file_that_only_pure_work_is_told_of_is_forgotten() -> None:
    """To say in a letter where it is to be saved saves nothing; a text that is to be worked on is read."""
    write = capability("write", {"instructions": TEXT}, {"letter": TEXT})
    first = answer(("write", {"instructions": "a letter, saved in b.txt"}))
    with ScriptedModel([first, 's2 = save(path="b.txt", content=s1)']) as model:
        planned = await plan(planner(model), "Write a letter and save it in b.txt", (*CATALOG, write))
    assert [each.capability for each in planned.plan.steps] == ["write", "save"]
    first = answer(("shorten", {"text": "b.txt in a sentence"}))
    with ScriptedModel([first, 's2 = read_file(path="b.txt")']) as model:
        planned = await plan(planner(model), "Shorten b.txt to a sentence", CATALOG)
    assert [each.capability for each in planned.plan.steps] == ["read_file", "shorten"]


async def test_a_small_model_is_not_asked_about_mere_doubts() -> None:
    """Asked to think again, it mends some plans and breaks as many."""
    odd = answer(("read_file", {"path": "a.txt"}), ("shorten", {"text": "about c.txt"}))
    with ScriptedModel([odd]) as model:
        await plan(planner(model), GOAL, CATALOG)
    written = json.dumps(
        {"steps": [{"id": "s", "do": {"use": "read_file", "path": "c.txt"}}], "answer": "{s}"}
    )
    with ScriptedModel([written] * 2) as model:
        await plan(Planner(model, wire_format=FullFormat()), GOAL, CATALOG)
    assert "the goal names a.txt" in model.requests[1].messages[-1].content


@pytest.mark.parametrize("goal", ["", "  \n\t ", "x" * 20_001, "y" * 1_000_000])
async def test_a_goal_that_is_none_is_refused_before_asking(goal: str) -> None:
    """Empty, or beyond 20,000 characters: a clear error, and no model is called."""
    with ScriptedModel([]) as model, pytest.raises(GoalError) as caught:
        await planner(model).plan(goal, CATALOG)
    assert len(str(caught.value)) < 300


async def test_an_empty_catalog_is_refused_before_asking() -> None:
    """Nothing can be planned with nothing."""
    with ScriptedModel([]) as model, pytest.raises(EmptyCatalog):
        await planner(model).plan(GOAL, [])


async def test_a_catalog_that_is_too_large_is_shown_tersely() -> None:
    """Descriptions are cut before a catalog is refused."""
    wordy = [
        capability(f"work_{at}", {"x": TEXT}, {"y": TEXT}, description="word " * 100) for at in range(40)
    ]
    with ScriptedModel([GOOD], context_tokens=8_000) as model:
        await planner(model).plan(GOAL, [*wordy, *CATALOG])
    text = "".join(each.content for each in model.requests[0].messages)
    assert "work_39(x) -> y: word" in text
    assert "word " * 100 not in text


async def test_a_catalog_that_does_not_fit_at_all_is_refused() -> None:
    """The error has the figures, and no model is called."""
    many = [capability(f"work_{at}", {"x": TEXT}, {"y": TEXT}) for at in range(2_000)]
    with (
        ScriptedModel([], name="small", context_tokens=4_096) as model,
        pytest.raises(PromptTooLong) as caught,
    ):
        await planner(model).plan(GOAL, many)
    assert caught.value.needed > caught.value.available
    assert caught.value.capabilities == 2_000


async def test_the_goal_comes_last_and_all_before_it_is_the_same() -> None:
    """Prompt caches hit: two goals over one catalog, in any order, differ in the last message alone."""
    with ScriptedModel([GOOD, GOOD]) as model:
        await planner(model).plan("first goal: a.txt", CATALOG)
        await planner(model).plan("second goal: a.txt", tuple(reversed(CATALOG)))
    first, second = (request.messages for request in model.requests)
    assert first[:-1] == second[:-1]
    assert "first goal: a.txt" in first[-1].content
    assert first[0].role == "system"
    assert model.requests[0].schema == model.requests[1].schema


async def test_a_goal_is_data_and_never_a_template() -> None:
    """What looks like Jinja in a goal reaches the model as it is."""
    with ScriptedModel([GOOD]) as model:
        await planner(model).plan("say {{ 7 * 7 }} {% raw %} a.txt", CATALOG)
    assert "say {{ 7 * 7 }} {% raw %} a.txt" in model.requests[0].messages[-1].content


async def test_progress_is_told_while_the_plan_is_written() -> None:
    """Each piece of an answer says which try it belongs to, and what was wrong before."""
    seen: list[PlanningProgress] = []
    with ScriptedModel([UNKNOWN, GOOD]) as model:
        await planner(model).plan(GOAL, CATALOG, on_progress=seen.append)
    assert {each.number for each in seen} == {1, 2}
    assert seen[-1].characters == len(GOOD)
    assert seen[0].problems == ()
    assert seen[-1].problems


async def test_a_model_that_cannot_be_reached_says_so_itself() -> None:
    """Its error passes through: trying again is for whoever owns the connection."""
    with ScriptedModel([ModelUnavailable("m", "down")]) as model, pytest.raises(ModelUnavailable):
        await planner(model).plan(GOAL, CATALOG)


async def test_the_full_format_carries_the_whole_language() -> None:
    """Conditions, for_each and expectations reach the plan."""
    step = {
        "id": "pages",
        "call": {"capability": "read_file", "inputs": {"path": {"from": "item"}}},
        "for_each": {"from": '["a.txt", "b"]'},
        "condition": "1 < 2",
        "expect": ["len(output.text) > 0"],
        "depends_on": [],
        "join": "all",
        "on_failure": "continue",
    }
    written = json.dumps({"steps": [step], "answer": {"from": "default(pages, [])"}})
    with ScriptedModel([written]) as model:
        planned = await plan(Planner(model), GOAL, [READ])
    compiled = planned.checked.steps["pages"]
    assert compiled.condition is not None
    assert compiled.for_each is not None
    assert compiled.expectations[0].text == "len(output.text) > 0"


def test_an_embedded_model_gets_the_short_format() -> None:
    """All others get the full one."""
    assert isinstance(default_format(ScriptedModel(name="local/qwen")), LinesFormat)
    assert isinstance(default_format(ScriptedModel(name="openai/gpt")), FullFormat)


async def test_ten_thousand_steps_are_refused_by_the_policy() -> None:
    """A flood of valid steps is a finding like any other."""
    from callsheet.planner.check.checker import Policy

    def flood(request: ChatRequest) -> str:
        return answer(*[("read_file", {"path": "x"})] * 200)

    with (
        ScriptedModel([flood], piece_length=100_000) as model,
        pytest.raises(PlanningFailed, match="too many"),
    ):
        await planner(model, policy=Policy(max_steps=100), max_repairs=0).plan(GOAL, CATALOG)


async def test_a_number_may_stand_bare_for_a_text() -> None:
    """Held to quotation marks, a small model writes something else than the figure."""
    with ScriptedModel([answer(("shorten", {"text": 0.24}))]) as model:
        planned = await plan(planner(model), "Shorten 0.24", CATALOG)
    (step,) = planned.plan.steps
    assert step.inputs["text"] == Literal("0.24")
