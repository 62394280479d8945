"""Some of it live: the planner, the agents, one capability; and the recording brought up to date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callsheet.agents.llm.llm_agent import LLMAgent
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.registry import Registry
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import PlanAdopted
from callsheet.prompts.render import render
from callsheet.recordings.replay import ReplayTerms, Team, replay

from .exact import require_exact
from .shop import (
    COUNT,
    FIRST,
    MENDED,
    RIGHT,
    SCRIPT,
    SENTENCE,
    TEXT,
    WORTH,
    Shop,
    do,
    kinds,
    live,
    plan,
    recorded,
)
from .world import Mind


def test_all_agents_are_live_and_the_planner_is_not() -> None:
    """They do all the work again, and the plan stays."""
    shop = Shop()
    found = replay(recorded(), live("agents", shop=shop, turns=[SENTENCE]))
    found.assert_no_drift()
    assert sorted(shop.done) == ["describe chairs", "price 12", "stock chair", "stock chairs"]


def test_one_capability_is_live() -> None:
    """The others do as they did."""
    shop = Shop()
    replay(recorded(), live("price", shop=shop)).assert_no_drift()
    assert shop.done == ["price 12"]


def test_the_planner_is_live_and_nobody_else() -> None:
    """The same plan from another model: nobody works, and nothing drifts."""
    shop = Shop()
    replay(recorded(), live("planner", shop=shop, turns=[FIRST, MENDED])).assert_no_drift()
    assert not shop.done


def test_everything_is_live() -> None:
    """Nothing is taken from the recording but the goal."""
    shop = Shop()
    found = replay(recorded(), live("planner", "agents", shop=shop, turns=SCRIPT))
    found.assert_no_drift()
    assert len(shop.done) == 4


def test_live_agents_find_the_recorded_model() -> None:
    """Without a model of today, what they ask is answered as it was."""
    shop = Shop()
    found = replay(recorded(), live("describe", shop=shop))
    found.assert_no_drift()
    assert shop.done == ["describe chairs"]


def poet(instructions: str) -> LLMAgent:
    """An agent that describes things, as a prompt."""
    return LLMAgent("describe", "Write a sentence about a topic.", instructions, input={"topic": str})


@pytest.mark.parametrize(("words", "kind"), [("Be brief.", None), ("Be long.", DriftKind.PROMPT)])
def test_agents_that_are_prompts_find_it_too(words: str, kind: DriftKind | None) -> None:
    """The prompt of today is rendered: the recorded one has its answer, and another has none."""
    shop = Shop()
    counting = shop.agents()[:2]
    recording = recorded(agents=[*counting, poet("Be brief.")])
    team = Team(Registry([*counting, poet(words)]))
    found = replay(recording, ReplayTerms(Liveness.from_names(["describe"]), team))
    assert kind in (*kinds(found), None)
    assert bool(found.drifts) is (kind is not None)


@pytest.mark.parametrize("chairs", [5, 0])
def test_a_result_that_is_another_is_recorded_anew(chairs: int) -> None:
    """And the new recording replays."""
    found = replay(recorded(), live("agents", shop=Shop(chairs), turns=[SENTENCE], update=True))
    assert kinds(found)[0] is DriftKind.RESULT
    assert found.updated is not None
    assert found.answer == f"{SENTENCE} {10 * chairs}"
    require_exact(found.updated)


def test_a_prompt_that_is_another_is_recorded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was not recorded is asked of the model; the new recording replays with the new prompt."""
    recording = recorded()
    place = "callsheet.planner.planning.prompt.render"
    monkeypatch.setattr(place, lambda name, **words: f"{render(name, **words)} Be brief.")
    terms = live(turns=[FIRST, MENDED], update=True)
    found = replay(recording, terms)
    assert kinds(found)[0] is DriftKind.PROMPT
    assert found.updated is not None
    require_exact(found.updated)
    monkeypatch.undo()
    assert kinds(replay(found.updated, ReplayTerms())) == [DriftKind.PROMPT]


def test_another_plan_is_recorded_anew() -> None:
    """With other steps, done by the agents of today."""
    other = plan(COUNT, WORTH, do("more", "describe", topic="tables"), TEXT, answer="{text} {more} {worth}")
    turns = [other, "Tables are for plates.", SENTENCE]
    found = replay(
        recorded(RIGHT, SENTENCE), live("planner", "agents", shop=Shop(), turns=turns, update=True)
    )
    assert kinds(found)[0] is DriftKind.PLAN
    assert found.updated is not None
    adopted = [event for event in found.updated.events if isinstance(event, PlanAdopted)]
    assert len(adopted[-1].plan["steps"]) == 4
    require_exact(found.updated)


def test_where_nothing_drifted_nothing_is_new() -> None:
    """An update leaves what is as it was."""
    found = replay(recorded(), live("agents", shop=Shop(), turns=[SENTENCE], update=True))
    assert (found.drifts, found.updated) == ((), None)


def test_a_team_that_lacks_somebody() -> None:
    """That nobody does the work any more is the first thing that is told."""
    _, *others = Shop().agents()
    found = replay(recorded(), ReplayTerms(Liveness.from_names(["agents"]), Team(Registry(others))))
    assert (found.drifts[0].kind, found.drifts[0].where) == (DriftKind.AGENT_SCHEMA, "stock")


@pytest.mark.parametrize("update", [False, True])
def test_what_led_to_where_it_stops_is_told_first(update: bool) -> None:
    """The result that is another, and then the work that it leads to, which was not recorded: under a plan
    that is the same."""
    shop = Shop(chairs=13)
    team = Team(Registry([each for each in shop.agents() if each.name == "stock"]), is_whole=False)
    found = replay(
        recorded(RIGHT, SENTENCE), ReplayTerms(Liveness.from_names(["stock"]), team, update=update)
    )
    assert found.is_cut_short
    assert [(each.kind, each.where) for each in found.drifts] == [
        (DriftKind.RESULT, "count"),
        (DriftKind.RESULT, "worth, attempt 1"),
    ]


def test_another_plan_is_told_before_the_work_that_comes_of_it() -> None:
    """By its steps; what is to be done is of the plan's kind then."""
    turned = plan(COUNT, do("worth", "price", pieces=7), TEXT, answer="{text} {worth} {count}")
    found = replay(recorded(RIGHT, SENTENCE), live("planner", turns=[turned]))
    assert found.is_cut_short
    assert [each.kind for each in found.drifts] == [DriftKind.PLAN, DriftKind.MODEL, DriftKind.PLAN]
    assert found.drifts[0].where == "revision 1"


def test_a_model_that_cannot_be_reached_is_what_is_told() -> None:
    """Not the plan that is missing because of it."""
    found = replay(recorded(RIGHT, SENTENCE), live("planner", turns=[ModelUnavailable("mind", "gone")]))
    assert [(each.kind, each.where) for each in found.drifts] == [
        (DriftKind.MODEL, "planner"),
        (DriftKind.RESULT, "the run"),
    ]
    assert "does not answer" in found.drifts[0].summary


def test_what_another_model_plans_is_recorded_as_its_plan() -> None:
    """With its name, so that a replay of that asks a model that is called so."""
    terms = replace(live("planner", turns=[RIGHT]), update=True)
    assert terms.model is not None
    other = Mind([RIGHT], name="other", context_tokens=9_000)
    found = replay(recorded(FIRST, SENTENCE, MENDED), replace(terms, model=other))
    assert found.updated is not None
    assert found.updated.created.model == "other"
    assert found.updated.equipped.context_tokens == 9_000
    require_exact(found.updated)
