"""The replanner: a decision that can be carried out, whatever the model answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.models.chat import ChatReply, Usage
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.planner.check.checker import Policy
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.planning.errors import DecisionFailed, PlanningFailed, PromptTooLong
from callsheet.planner.planning.model_call import PlanningProgress
from callsheet.planner.replanning.replanner import Replanner, revision_format_for
from callsheet.planner.revision.decision import Accept, Ask, Decision, GiveUp, Revise
from callsheet.planner.revision.situation import Situation, Trouble
from tests.planner.catalogs import READ
from tests.planner.formats.test_revision_formats import SURPRISED, full
from tests.planner.situations import OFFICE, SHORT, STEPS, plan, situation

AGAIN: JsonObject = {"id": "s1", "do": {"read_file": {"path": "b.txt"}}}
GOOD = json.dumps(full(replace=[AGAIN]))
UNCHANGED = json.dumps(full())


def replanner(model: ScriptedModel, **options: Any) -> Replanner:
    """One that speaks the full format."""
    return Replanner(model, wire_format=FullFormat(), **options)


async def decide(state: Situation, *answers: Any, **options: Any) -> Decision:
    """The decision that comes of these answers, all of which are asked for."""
    with ScriptedModel([each if isinstance(each, str) else json.dumps(each) for each in answers]) as model:
        return await replanner(model, **options).decide(state)


async def problems_of(state: Situation, answer: JsonObject, **options: Any) -> str:
    """What the model is told about an answer that can't be carried out."""
    with ScriptedModel([json.dumps(answer)]) as model, pytest.raises(DecisionFailed) as caught:
        await replanner(model, max_repairs=0, **options).decide(state)
    return "\n".join(caught.value.drafts[0].problems)


def steps_of(decision: Decision) -> dict[str, JsonObject]:
    """The steps of the revised plan."""
    assert isinstance(decision, Revise)
    steps: Any = decision.checked.document["steps"]
    return {each["id"]: each for each in steps}


async def test_a_revision_is_a_checked_plan_with_its_reason() -> None:
    """One turn is asked, with the schema of the situation, and what was not named stays."""
    with ScriptedModel([GOOD]) as model:
        decision = await replanner(model).decide(situation())
    steps = steps_of(decision)
    assert steps == {
        **{str(each["id"]): each for each in STEPS},
        "s1": {**STEPS[0], "inputs": {"path": "b.txt"}},
    }
    assert isinstance(decision, Revise)
    assert decision.reason == "because"
    assert decision.checked.plan.goal == situation().goal
    (request,) = model.requests
    assert request.schema == revision_format_for(FullFormat()).schema(situation())
    assert request.temperature == 0.0


async def test_the_other_decisions() -> None:
    """Accept what is there, ask, give up."""
    assert await decide(situation(trouble=SURPRISED), full("accept")) == Accept("because")
    assert await decide(situation(), full("ask", question="Which a.txt?")) == Ask("Which a.txt?")
    assert await decide(situation(), full("give_up")) == GiveUp("because")


async def test_a_small_model_speaks_in_lines() -> None:
    """An embedded model's answers are read as such without being told so."""
    answer = 'because: It lies elsewhere.\nrevise\ns4 = read_file(path="b.txt")'
    with ScriptedModel([answer], name="local/small") as model:
        decision = await Replanner(model).decide(situation())
    assert [*steps_of(decision)] == ["s2", "s3", "s4"]
    assert "You mend plans." in model.requests[0].messages[0].content
    assert revision_format_for(LinesFormat()).name == "lines"


async def test_what_is_certain_is_repaired_without_asking() -> None:
    """As in a first plan: names, kinds, paths; only in what is new."""
    goal = "Read docs/b.txt, shorten it, and send it to kim@example.org"
    old: JsonObject = {**STEPS[0], "inputs": {"path": "b.txt"}}
    state = situation(plan(old, *STEPS[1:], goal=goal))
    step: JsonObject = {"id": "s1", "do": {"read_fil": {"path": "b.txt"}}}
    assert steps_of(await decide(state, full(replace=[step])))["s1"] == {
        "id": "s1",
        "capability": "read_file",
        "inputs": {"path": "docs/b.txt"},
    }
    other = {"id": "s2", "do": {"shorten": {"text": "{s1.bytes}"}}}
    state = situation(plan(old, *STEPS[1:], goal=goal), trouble=Trouble("s2", (SHORT,)))
    steps = steps_of(await decide(state, full(replace=[other])))
    assert steps["s1"] == old
    assert steps["s2"]["inputs"] == {"text": {"template": "{ s1.bytes }"}}


async def test_what_nothing_needs_any_more_is_dropped_but_never_what_is_done() -> None:
    """A finished goal isn't walked on; finished work stays in the plan with what it came from."""
    extra: list[JsonObject] = [
        {"id": "other", "capability": "read_file", "inputs": {"path": "c.txt"}},
        {"id": "brief", "capability": "shorten", "inputs": {"text": {"from": "other"}}},
        {"id": "late", "capability": "find", "inputs": {"pattern": {"from": "brief"}}},
    ]
    state = situation(
        plan(*extra, *STEPS, answer={"template": "{s3} {late}"}),
        trouble=Trouble("s1", (SHORT,)),
        standings={"other": "failed", "brief": "done"},
    )
    steps = steps_of(await decide(state, full(replace=[AGAIN], answer="{s3}")))
    assert [*steps] == ["other", "brief", "s1", "s2", "s3"]


# What is refused.


async def test_what_cannot_be_carried_out_goes_back_with_what_is_wrong() -> None:
    """The model sees its last answer and a sentence, and may do better."""
    with ScriptedModel([UNCHANGED, GOOD]) as model:
        decision = await replanner(model).decide(situation())
    assert isinstance(decision, Revise)
    first, second = model.requests
    assert second.messages[:-2] == first.messages
    assert second.messages[-2].content == UNCHANGED
    assert "the revision changes nothing" in second.messages[-1].content


async def test_a_revision_that_changes_nothing_is_refused() -> None:
    """Unless a person has spoken: then doing it again may be what they want."""
    assert "the revision changes nothing" in await problems_of(situation(), full())
    same = {"id": "s1", "do": {"read_file": {"path": "a.txt"}}}
    assert "the revision changes nothing" in await problems_of(situation(), full(replace=[same]))
    state = situation(words=("the file is there now: try again",))
    decision = await decide(state, full())
    assert isinstance(decision, Revise)
    assert decision.checked.document == state.plan.document


async def test_a_revision_that_leaves_the_trouble_as_it_is_is_refused() -> None:
    """It would only happen again. A change further up, or in what is expected, is a change."""
    elsewhere = {"id": "s2", "do": {"shorten": {"text": "{s1}", "words": 9}}}
    assert "it would only go wrong again" in await problems_of(situation(), full(replace=[elsewhere]))
    assert isinstance(await decide(situation(words=("try again",)), full(replace=[elsewhere])), Revise)
    later = situation(trouble=Trouble("s2", (SHORT,)), standings={"s1": "done"})
    assert isinstance(await decide(later, full(replace=[AGAIN])), Revise)
    hopeful = situation(plan({**STEPS[0], "expect": ["output.bytes > 99"]}, *STEPS[1:]))
    lenient = {"id": "s1", "do": {"read_file": {"path": "a.txt"}}, "flow": [{"expect": "output.bytes > 9"}]}
    assert isinstance(await decide(hopeful, full(replace=[lenient])), Revise)


@pytest.mark.parametrize("effect", [Effect.WRITE, Effect.IRREVERSIBLE])
@pytest.mark.parametrize(
    ("standing", "problem"),
    [("under way", "is running and changes something"), ("done", "is done and has changed something")],
)
async def test_what_has_changed_something_is_neither_changed_nor_removed(
    effect: Effect, standing: str, problem: str
) -> None:
    """Written or irreversible, done or being done: it is in the world."""
    capability = next(each for each in OFFICE if each.effect is effect)
    properties: Any = capability.input_schema["properties"]
    inputs: dict[str, Any] = dict.fromkeys(properties, "x")
    act: JsonObject = {"id": "act", "capability": capability.name, "inputs": inputs}
    state = situation(plan(act, *STEPS), trouble=Trouble("s1", (SHORT,)), standings={"act": standing})
    other = {"id": "act", "do": {capability.name: {**inputs, next(iter(inputs)): "y"}}}
    for answer in (full(replace=[AGAIN, other]), full(replace=[AGAIN], remove=["act"])):
        assert f"step `act` {problem}" in await problems_of(state, answer)
    same = {"id": "act", "do": {capability.name: inputs}}
    assert steps_of(await decide(state, full(replace=[AGAIN, same])))["act"] == act
    waiting = situation(plan(act, *STEPS), trouble=Trouble("s1", (SHORT,)))
    assert steps_of(await decide(waiting, full(replace=[AGAIN, other])))["act"] != act


async def test_what_has_changed_something_keeps_what_it_was_made_of() -> None:
    """Re-pointing passes it by, and its sources stay, whatever the model removes."""
    state = situation(
        trouble=None,
        words=("from now on use b.txt",),
        standings={"s1": "done", "s2": "done", "s3": "done"},
    )
    again = {"id": "s4", "do": {"shorten": {"text": "Something else altogether"}}}
    answer = full(add=[again], remove=["s2"], repoint=[{"old": "s2", "new": "s4"}], answer="{s4}")
    steps = steps_of(await decide(state, answer))
    assert [*steps] == ["s1", "s2", "s3", "s4"]
    assert steps["s3"] == STEPS[2]


async def test_only_results_that_there_are_can_be_accepted() -> None:
    """A step that failed has none; where nothing is the matter, the plan itself can be."""
    assert "there is no result to accept" in await problems_of(situation(), full("accept"))
    assert await decide(situation(trouble=None), full("accept", reason="it will do")) == Accept("it will do")


async def test_questions_and_reasons_are_asked_for() -> None:
    """The user cannot answer a question that is not asked."""
    assert "there is no question" in await problems_of(situation(), full("ask", question=""))
    assert "there is no reason" in await problems_of(situation(), full("give_up", reason=""))


async def test_no_id_is_used_again() -> None:
    """Neither one of the plan for something new, nor one of an earlier plan for anything."""
    state = situation(used_ids=frozenset({"s1", "s2", "s3", "s0"}))
    for id, problem in (("s0", "was the id of another step"), ("s2", "there is already a step `s2`")):
        answer = full(add=[{**AGAIN, "id": id}], remove=["s1"], repoint=[{"old": "s1", "new": id}])
        assert problem in await problems_of(state, answer)


async def test_a_capability_that_nobody_offers_any_more_is_of_no_use_to_new_steps() -> None:
    """A finished step needs no agent; a new or open one does."""
    state = situation(
        trouble=Trouble("s2", (SHORT,)),
        standings={"s1": "done"},
        catalog=tuple(each for each in OFFICE if each != READ),
    )
    other = {"id": "s2", "do": {"shorten": {"text": "{s1}", "words": 9}}}
    assert steps_of(await decide(state, full(replace=[other])))["s1"] == STEPS[0]
    new_one = {"id": "n", "do": {"read_file": {"path": "b.txt"}}}
    answer = full(add=[new_one], replace=[{"id": "s2", "do": {"shorten": {"text": "{n}"}}}])
    assert "no agent provides `read_file` any more" in await problems_of(state, answer)
    waiting = situation(catalog=state.catalog, trouble=Trouble("s3", (SHORT,)))
    assert "no agent provides `read_file`" in await problems_of(waiting, full(remove=["s3"], answer="{s2}"))


async def test_the_policy_holds_for_a_revised_plan() -> None:
    """The whole plan is checked, as a first one is."""
    policy = Policy(max_steps=3)
    more = {"id": "n", "do": {"read_file": {"path": "b.txt"}}}
    assert "at most 3 are allowed" in await problems_of(situation(), full(add=[more]), policy=policy)
    asked = Policy(approval_for=frozenset({Effect.IRREVERSIBLE}))
    steps = steps_of(await decide(situation(), GOOD, policy=asked))
    assert steps["s3"]["approval"] is True


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (full(replace=[{"id": "s1", "do": {"shorten": {"text": "{s9}"}}}]), "there is no step `s9`"),
        (
            full(replace=[{"id": "s1", "do": {"shorten": {"text": "{s2}"}}}]),
            "these steps wait for each other",
        ),
        (full(remove=["s1"]), "step `s2` uses `s1`, which is removed"),
        (full(add=[{"id": "n"}]), "`capability` is missing"),
        (full(add=[{"do": {"read_file": {"path": "b.txt"}}}]), "`id` is missing"),
    ],
)
async def test_a_revised_plan_that_does_not_check_is_refused(answer: JsonObject, problem: str) -> None:
    """Whole, however small the change."""
    assert problem in await problems_of(situation(), answer)


# Models that go wrong.


@pytest.mark.parametrize(
    "nonsense",
    ["I would try again.", "", '{"decision": "revise", "add": [', "[]", "null", "{}", UNCHANGED],
)
async def test_nonsense_for_ever_ends_with_every_try_in_the_error(nonsense: str) -> None:
    """Prose, half a JSON, or the same wrong decision again: bounded, kept, and told in one screen."""
    with ScriptedModel([nonsense] * 3) as model, pytest.raises(DecisionFailed) as caught:
        await replanner(model).decide(situation())
    assert isinstance(caught.value, PlanningFailed)
    assert [draft.answer for draft in caught.value.drafts] == [nonsense] * 3
    assert all(draft.problems for draft in caught.value.drafts)
    assert "wrote no decision that can be carried out" in str(caught.value)
    assert len(str(caught.value)) < 3000


async def test_a_model_that_is_stuck_is_asked_afresh_with_some_chance() -> None:
    """Shown its answer at temperature 0 it would say the same for ever."""
    with ScriptedModel([UNCHANGED, UNCHANGED, GOOD]) as model:
        assert isinstance(await replanner(model).decide(situation()), Revise)
    first, second, third = model.requests
    assert first.temperature == second.temperature == 0.0
    assert third.temperature is not None
    assert third.temperature > 0
    assert third.messages == first.messages
    assert len({each.seed for each in model.requests}) == 3


async def test_half_a_decision_is_none() -> None:
    """What was cut at the limit is not read, even where it happens to be JSON."""
    half = ChatReply(GOOD, Usage(), "length")
    with ScriptedModel([half, GOOD]) as model:
        assert isinstance(await replanner(model).decide(situation()), Revise)
    assert "cut at 2048 tokens" in model.requests[1].messages[-1].content


async def test_a_flood_is_bounded() -> None:
    """Ten thousand bad steps make neither the error nor the next turn endless."""
    steps = [{"id": f"n{number}", "do": {"open_sesame": {"x": "y" * 50}}} for number in range(10_000)]
    flood = json.dumps(full(add=steps))
    with ScriptedModel([flood] * 2, piece_length=1_000_000) as model, pytest.raises(DecisionFailed) as caught:
        await replanner(model, max_repairs=1).decide(situation())
    assert len(str(caught.value)) < 3000
    assert sum(len(each.content) for each in model.requests[1].messages[-2:]) < 10_000


async def test_doubts_are_asked_about_once() -> None:
    """A decision that checks, with something odd in it, is better than none."""
    odd = 'because: It lies elsewhere.\nrevise\ns4 = read_file(path="{path}")'
    with ScriptedModel([odd] * 2) as model:
        decision = await Replanner(model, wire_format=LinesFormat()).decide(situation())
    assert isinstance(decision, Revise)
    assert "stands for nothing" in model.requests[1].messages[-1].content


async def test_progress_is_told_while_the_model_writes() -> None:
    """Which try, how much of it, and what was wrong with the one before."""
    seen: list[PlanningProgress] = []
    with ScriptedModel([UNCHANGED, GOOD]) as model:
        await replanner(model).decide(situation(), seen.append)
    assert [each.number for each in seen] == sorted(each.number for each in seen)
    assert {each.number for each in seen} == {1, 2}
    assert seen[-1].characters == len(GOOD)
    assert seen[0].problems == ()
    assert "changes nothing" in seen[-1].problems[0]


async def test_what_the_model_raises_is_raised() -> None:
    """Trying again is for the one who knows whether it can help."""
    failing = ScriptedModel([ModelUnavailable("scripted", "it is down")])
    with pytest.raises(ModelUnavailable):
        await replanner(failing).decide(situation())


async def test_a_situation_that_does_not_fit_is_not_asked_about() -> None:
    """The model would see half of it."""
    with ScriptedModel([], context_tokens=900) as model, pytest.raises(PromptTooLong):
        await replanner(model, max_tokens=200).decide(situation())


class Cut:
    """A shortlist that finds nothing."""

    def first(self, goal: str) -> tuple[Capability, ...]:
        """No capability."""
        return ()

    def more(self, wanted: Sequence[str], had: Sequence[Capability]) -> tuple[Capability, ...]:
        """Nothing new."""
        return tuple(had)


async def test_a_capability_beyond_the_cut_counts_when_it_is_named() -> None:
    """C8. A revision may use what exists, and the model sees it from then on."""
    find: JsonObject = {"id": "s4", "do": {"find": {"pattern": "a*"}}}
    again: JsonObject = {"id": "s1", "do": {"read_file": {"path": "{s4}"}}}
    wrong: JsonObject = {**find, "do": {"find": {"patern_of": "a*"}}}
    answers = [json.dumps(full(add=[each], replace=[again])) for each in (wrong, find)]
    with ScriptedModel(answers) as model:
        decision = await replanner(model, shortlist=Cut()).decide(situation())
    assert steps_of(decision)["s4"]["capability"] == "find"
    first, second = model.requests
    assert "find(" not in first.messages[0].content
    assert "find(" in second.messages[0].content
