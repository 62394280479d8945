"""Under whatever terms a goal is pursued: plans that are given or known, wire formats, limits, budgets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from callsheet.agents.agent import Agent
from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.models.chat import ChatModel, ChatReply, Usage
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.spending.prices import Price, Prices
from callsheet.agents.spending.terms import Terms
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import ModelCalled, ReplanningStarted, RunFailed
from callsheet.executor.run.failure import FailureKind
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.plan.policy import Policy

from .exact import require_exact
from .scenes import step
from .story import fine, say_yes
from .world import THINK, Hand, Mind, Nature, decision, hands, offers, planned, written

PLAN = planned([step("a", "think"), step("b", "look", {"from": "[default(a, null)]"}), step("c", "save")])
SHORT = json.dumps(
    {
        "steps": [
            {"id": "s1", "capability": "think", "inputs": {"it": "red"}, "depends_on": []},
            {"id": "s2", "capability": "save", "inputs": {"it": "{s1}"}, "depends_on": ["s1"]},
        ]
    }
)
GOOD = Nature(["good"], [1.0])
FAILING = Nature(["permanent"], [1.0])


def pursued(
    *runs: dict[str, Any],
    model: ChatModel | None = None,
    agents: Sequence[Agent] = (),
    nature: Nature = GOOD,
    **terms: Any,
) -> list[Recording]:
    """What comes of pursuing goals one after the other, the first one first."""
    journal = MemoryJournal()

    async def pursue() -> None:
        orchestrator = Orchestrator(
            agents or hands(nature), model=model, store=journal, clock=VirtualClock(), **terms
        )
        for run in runs:
            with suppress(CallsheetError):
                await orchestrator.run(**run)

    run_virtually(pursue())
    return [Recording.from_events(journal.read_events(summary.run)) for summary in reversed(journal.runs())]


def require_all_exact(recordings: Sequence[Recording], runs: int) -> None:
    """So many runs, and every one replays."""
    assert len(recordings) == runs
    for recording in recordings:
        require_exact(recording)


def kinds_of(recording: Recording) -> list[str]:
    """The kinds of its events."""
    return [type(event).__name__ for event in recording.events]


@pytest.mark.parametrize("review", [None, fine])
@pytest.mark.parametrize("max_replans", [None, 0, 3])
def test_plans_that_were_given(review: Any, max_replans: int | None) -> None:
    """With a model to ask about what goes wrong, and without one; looked at, or not."""
    mind = Mind([decision("give_up")])
    with_parameters = {**PLAN, "params": {"colour": {"type": "string", "default": "red"}}}
    runs = [{"plan": PLAN, "review": review}, {"plan": with_parameters, "params": {"colour": "blue"}}]
    for model in (mind, None):
        for nature in (GOOD, FAILING):
            require_all_exact(pursued(*runs, model=model, nature=nature, max_replans=max_replans), 2)


@pytest.mark.parametrize(
    ("name", "wire_format", "answer"),
    [
        ("local/qwen", None, SHORT),
        ("mind", LinesFormat(), SHORT),
        ("local/qwen", FullFormat(), written(PLAN)),
        ("mind", FullFormat(), written(PLAN)),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_wire_formats(name: str, wire_format: Any, answer: str, stream: bool) -> None:
    """The one that is usual for the model, and others: plans and decisions are read as they were."""
    for nature in (GOOD, FAILING):
        mind = Mind([answer, decision("give_up"), "nonsense"], name=name, pieces=5)
        goal = {"goal": "Think of red", "stream": stream}
        require_all_exact(pursued(goal, model=mind, nature=nature, wire_format=wire_format), 1)


@pytest.mark.parametrize("approve", [say_yes, None])
def test_policies(approve: Any) -> None:
    """Effects whose steps need an approval, and plans of three steps at the most."""
    policy = Policy(3, frozenset({Effect.WRITE, Effect.READ}))
    steps = [{**each, "approval": True} for each in PLAN["steps"]]
    mind = Mind([written(PLAN), written(planned(steps)), decision("give_up")])
    require_all_exact(pursued({"goal": "a goal"}, model=mind, policy=policy, approve=approve), 1)


@pytest.mark.parametrize("more", [True, False])
def test_catalogs_that_are_too_large_to_be_shown(more: bool) -> None:
    """Of a hundred and sixty capabilities the model sees those that matter, and may ask for more."""
    words = ["paint", "weigh", "sort", "count", "mail", "print", "fold", "scan", "copy", "pack"]
    names = [f"{word}_{number}" for word in words for number in range(16)]
    catalog: list[Capability] = [THINK, *(offers(name, Effect.READ) for name in names)]
    plan = planned([step("a", "think", "red"), step("b", names[5], "blue")])
    lacking = json.dumps({"steps": [], "answer": {"lacking": ["weighing things", "folding letters"]}})
    turns = [lacking, written(plan)] if more else [written(plan)]
    goal = {"goal": "Paint five things"}
    agents = [Hand("all", catalog, GOOD)]
    recordings = pursued(goal, model=Mind(turns, context_tokens=8_000), agents=agents)
    require_all_exact(recordings, 1)
    (asked,) = [event for event in recordings[0].events if isinstance(event, ModelCalled)][:1]
    shown = "\n".join(message.content for message in asked.request.messages)
    assert sum(name in shown for name in names) < len(names)


def test_planning_that_takes_too_long() -> None:
    """A limit of the run, and one of its budget."""
    slow = Nature(["good"], [1.0], [50.0])
    goal: dict[str, Any] = {"goal": "a goal", "time_limit": 30.0}
    recordings = pursued(goal, model=Mind([written(PLAN)], slow))
    recordings += pursued({"goal": "a goal"}, model=Mind([written(PLAN)], slow), budget="30s")
    require_all_exact(recordings, 2)
    assert [kind for each in recordings if (kind := kinds_of(each)[-1])] == ["RunFailed"] * 2


@pytest.mark.parametrize("limit", [0.5, 1.2, 1.5, 2.7])
@pytest.mark.parametrize("given", [True, False])
def test_deadlines_that_pass(limit: float, given: bool) -> None:
    """In the middle of planning, and of the work."""
    slow = Nature(["good"], [1.0], [0.8])
    run: dict[str, Any] = {"plan": PLAN} if given else {"goal": "a goal"}
    model = None if given else Mind([written(PLAN)], slow)
    recordings = pursued({**run, "time_limit": limit}, model=model, nature=slow)
    require_all_exact(recordings, 1)


class TestBudgets:
    @pytest.mark.parametrize("budget", ["2 attempts", "$0.10", "0 attempts", "1k tokens", "1s"])
    def test_plans_that_are_too_dear(self, budget: str) -> None:
        """Refused before anything is done; the planner had one chance to make a cheaper one."""
        terms = [Terms(price=0.25)]
        prices = Prices({"mind": Price(Decimal(3), Decimal(12), Decimal("0.3"))})
        mind = Mind([written(PLAN), written(PLAN)])
        agents = hands(GOOD, terms)
        recordings = pursued({"goal": "a goal"}, model=mind, agents=agents, budget=budget, prices=prices)
        recordings += pursued({"plan": PLAN}, agents=agents, budget=budget, prices=prices)
        require_all_exact(recordings, 2)

    def test_what_was_known_of_agents_measures_plans(self) -> None:
        """They usually take a second each, as earlier runs have shown, and there is less than that left."""
        steps = planned([step(f"s{n}", "think", n, **({"depends_on": [f"s{n - 1}"]} if n else {}))
                         for n in range(5)])  # fmt: skip
        slow = Nature(["good"], [7.0])
        runs = [{"plan": steps}, {"plan": steps}]
        recordings = pursued(*runs, nature=slow, budget="36s")
        require_all_exact(recordings, 2)

    def test_what_is_used_up_in_the_middle(self) -> None:
        """More tokens than anybody counted with; the rest is not begun."""
        nature = Nature(["consult"], [1.0])
        mind = Mind(["nonsense"], nature, usages=[Usage(4_000, 900)])
        steps = [step(f"s{n}", "muse", n, **({"depends_on": [f"s{n - 1}"]} if n else {})) for n in range(5)]
        recordings = pursued({"plan": planned(steps)}, model=mind, nature=nature, budget="12k tokens")
        require_all_exact(recordings, 1)
        assert {"BudgetReached", "AttemptFailed"} & set(kinds_of(recordings[0]))

    def test_the_planner_is_told_when_it_is_nearly_used_up(self) -> None:
        """It is asked in the middle of the run, and leaves the plan as it is."""
        nature = Nature(["consult"], [1.0])
        mind = Mind([decision("accept")], nature, usages=[Usage(4_000, 100)])
        steps = [step(f"s{n}", "muse", n, **({"depends_on": [f"s{n - 1}"]} if n else {})) for n in range(7)]
        terms: dict[str, Any] = {"budget": "30k tokens", "max_replans": 2}
        recordings = pursued({"plan": planned(steps)}, model=mind, nature=nature, **terms)
        require_all_exact(recordings, 1)
        started = [event for event in recordings[0].events if isinstance(event, ReplanningStarted)]
        assert any(event.pressure for event in started)

    def test_a_revision_that_costs_too_much_is_thought_over(self) -> None:
        """It is refused, thought over, and refused again."""
        more = [{"id": f"n{n}", "do": {"think": {"it": n}}} for n in range(20)]
        dear = decision("revise", replace=[{"id": "a", "do": {"think": {"it": "again"}}}], add=more)
        nature = Nature(["permanent"], [1.0])
        mind = Mind([written(PLAN), dear, dear, dear, dear])
        recordings = pursued({"goal": "a goal"}, model=mind, nature=nature, budget="30 attempts")
        require_all_exact(recordings, 1)
        assert "ReplanningFailed" in kinds_of(recordings[0])

    def test_money_of_which_nobody_knows_the_worth(self) -> None:
        """The budget limits money, and the price of the model is not known: it is not asked, again."""
        recordings = pursued({"goal": "a goal"}, model=Mind([written(PLAN)]), budget="$1")
        require_all_exact(recordings, 1)
        (failed,) = (event for event in recordings[0].events if isinstance(event, RunFailed))
        assert failed.account.failure.kind is FailureKind.BUDGET

    def test_budgets_of_revisions_and_calls(self) -> None:
        """No more plans, no more questions."""
        mended = {"id": "a", "do": {"think": {"it": "again"}}}
        for budget in ("0 revisions", "1 revisions", "2 calls", "1 calls"):
            mind = Mind([written(PLAN), *[decision("revise", replace=[mended])] * 3])
            recordings = pursued({"goal": "a goal"}, model=mind, nature=FAILING, budget=budget)
            require_all_exact(recordings, 1)


@pytest.mark.parametrize("hedge", [True, False])
def test_second_attempts_beside_slow_ones(hedge: bool) -> None:
    """What takes unusually long is given to a second agent; what is usual, earlier runs have shown."""
    quick = planned([step(f"s{n}", "look", n) for n in range(12)])
    slow = Hand("slow", [offers("look", Effect.READ)], Nature(["good"], [0.1] * 9 + [40.0]))
    quicker = Hand("quick", [offers("look", Effect.READ)], Nature(["good"], [0.1]))
    runs = [{"plan": quick}] * 3
    recordings = pursued(
        *runs, agents=[slow, quicker], hedge=hedge, strategy="round_robin", max_concurrency=3
    )
    require_all_exact(recordings, 3)
    assert hedge is any("HedgeDue" in kinds_of(each) for each in recordings)


def test_answers_that_were_cut_and_chats_that_break() -> None:
    """An answer at its limit, an error in the middle of planning that is none of ours."""
    cut = ChatReply("half a plan", Usage(10, 2048), "length")
    for error in (RuntimeError("no route"), OSError(), KeyError("x")):
        journal = MemoryJournal()

        async def pursue(kept: MemoryJournal, raised: Exception) -> None:
            scripted = ScriptedModel([cut, raised])
            orchestrator = Orchestrator(hands(GOOD), model=scripted, store=kept, clock=VirtualClock())
            with pytest.raises(type(raised)):
                await orchestrator.run("a goal")

        run_virtually(pursue(journal, error))
        require_exact(Recording.from_events(journal.read_events(journal.runs()[0].run)))
