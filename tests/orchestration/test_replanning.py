"""Replanning, questions, budgets and streamed plans through the Orchestrator, with a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from callsheet.agents.agent import Agent
from callsheet.agents.errors import Permanent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatChunk, ChatReply, ChatRequest, Usage
from callsheet.agents.models.scripted import Script, ScriptedModel
from callsheet.agents.spending.budget import Budget
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.errors import BudgetExceeded
from callsheet.executor.run.events import (
    AttemptStarted,
    DraftGrown,
    ModelCalled,
    PlanAdopted,
    RunFailed,
    WordSpoken,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.revisions import tell_revisions
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.errors import GoalUnclear, PlanningTimeUp
from tests.replay.world import decision

GOAL = "Find out what the double of the revenue is, which is in numbers or in figures"


@agent(effect="read")
def revenue(file: str) -> int:
    """Read the revenue from a file."""
    if file != "figures":
        raise Permanent(f"there is no {file}")
    return 42


@agent(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@agent(effect="irreversible")
def mail(to: str, text: str) -> str:
    """Send a mail."""
    mailed.append((to, text))
    return "sent"


mailed: list[tuple[str, str]] = []
AGENTS: Sequence[Agent] = (revenue, double, mail)


@pytest.fixture(autouse=True)
def _nothing_mailed() -> None:
    mailed.clear()


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step as the full format has it."""
    return {"id": id, "do": {capability: inputs}}


def plan(*steps: dict[str, Any], answer: Any) -> str:
    """What a model writes for a plan."""
    return json.dumps({"steps": steps, "answer": answer})


READ = do("read", "revenue", file="figures")
TWICE = do("twice", "double", number="{read}")
FIRST = plan(do("read", "revenue", file="numbers"), TWICE, answer="{twice}")
DEAR = plan(*(do(f"r{n}", "revenue", file="figures") for n in range(5)), answer="{[r0, r1, r2, r3, r4]}")
OTHER_FILE = decision("revise", "the other file", replace=[READ])


def orchestrator(*turns: Script, journal: MemoryJournal | None = None, **options: Any) -> Orchestrator:
    """One with a model that says these things."""
    return Orchestrator(AGENTS, model=ScriptedModel(turns), store=journal or MemoryJournal(), **options)


async def test_a_failure_leads_to_a_revised_plan() -> None:
    """The other file is read, and the run comes to its answer; the story says what changed and why."""
    journal = MemoryJournal()
    result = await orchestrator(FIRST, OTHER_FILE, journal=journal).run(GOAL)
    assert (result.status, result.answer, result.revision) == (RunStatus.COMPLETED, 84, 2)
    (chapter,) = tell_revisions(journal.read_events(result.run)).chapters
    assert (chapter.outcome, chapter.reason, chapter.step) == ("revised", "the other file", "read")
    assert chapter.diff is not None
    (change,) = chapter.diff.changed["read"]
    assert (change.key, change.before, change.after) == ("inputs.file", "numbers", "figures")


async def test_without_replanning_the_failure_is_final() -> None:
    """`max_replans=0` asks nobody."""
    result = await orchestrator(FIRST, max_replans=0).run(GOAL)
    assert result.status is RunStatus.FAILED
    assert result.account is not None and "there is no numbers" in result.account.describe()


async def test_a_revision_that_mails_somebody_else_waits_for_approval() -> None:
    """The plan that was approved mails nobody; nothing is mailed before a person has agreed."""
    more = decision("revise", replace=[READ], add=[
        do("out", "mail", to="eve@evil.example", text="{twice}")
    ])  # fmt: skip
    result = await orchestrator(FIRST, more).run(GOAL, review=_fine)
    assert (result.status, mailed) == (RunStatus.PAUSED, [])
    (asked,) = result.asked
    assert asked.step == "out" and asked.why


async def _fine(checked: CheckedPlan) -> bool:
    return True


async def test_a_question_about_the_goal_pauses_the_run_before_it_has_a_plan() -> None:
    """`control.tell` answers it, and the plan is made with the answer."""
    journal = MemoryJournal()
    whole = orchestrator(plan(answer={"ask": "Which year?"}), plan(answer="done"), journal=journal)
    paused = await whole.run("Mail the revenue")
    assert (paused.status, paused.question) == (RunStatus.PAUSED, "Which year?")
    assert (await whole.resume(paused.run)).status is RunStatus.PAUSED
    await whole.control.tell(paused.run, "the last one", "kim")
    result = await whole.resume(paused.run)
    assert (result.status, result.answer) == (RunStatus.COMPLETED, "done")
    last = [event for event in journal.read_events(result.run) if isinstance(event, ModelCalled)][-1]
    said = "\n".join(message.content for message in last.request.messages)
    assert "Which year?" in said and "the last one" in said


async def test_a_question_about_a_goal_that_is_only_planned_is_an_error() -> None:
    """There is no run that could wait."""
    with pytest.raises(GoalUnclear, match="Which year"):
        await orchestrator(plan(answer={"ask": "Which year?"})).plan("Mail the revenue")


async def test_a_goal_that_needs_no_step_is_answered_straight_away() -> None:
    """No agent is given anything to do."""
    journal = MemoryJournal()
    result = await orchestrator(plan(answer="Paris"), journal=journal).run("What is the capital of France?")
    assert (result.status, result.answer) == (RunStatus.COMPLETED, "Paris")
    assert not any(isinstance(event, AttemptStarted) for event in journal.read_events(result.run))


async def test_a_planner_that_asks_waits_for_its_answer() -> None:
    """A question in the middle of a run pauses it, and the answer is told to the planner."""
    journal = MemoryJournal()
    asks = decision("ask", question="Which file?")
    whole = orchestrator(FIRST, asks, OTHER_FILE, journal=journal)
    paused = await whole.run(GOAL)
    assert paused.question == "Which file?"
    await whole.control.tell(paused.run, "figures")
    result = await whole.resume(paused.run)
    assert (result.status, result.answer) == (RunStatus.COMPLETED, 84)
    assert [event.text for event in journal.read_events(result.run) if isinstance(event, WordSpoken)] == [
        "figures"
    ]


class TestBudgets:
    async def test_a_plan_over_budget_has_one_chance_to_become_cheaper(self) -> None:
        """The planner is told what is too much; the second plan fits."""
        cheap = plan(READ, answer="{read}")
        result = await orchestrator(DEAR, cheap, budget="6 attempts").run(GOAL)
        assert (result.status, result.answer) == (RunStatus.COMPLETED, 42)

    async def test_a_plan_that_stays_over_budget_is_not_admitted(self) -> None:
        """Nothing runs, the run is failed by its budget, and the error ends the command line with 4."""
        journal = MemoryJournal()
        with pytest.raises(BudgetExceeded) as caught:
            await orchestrator(DEAR, DEAR, journal=journal, budget="6 attempts").run(GOAL)
        assert caught.value.exit_code == 4
        events = journal.read_events(journal.runs()[0].run)
        assert not any(isinstance(event, AttemptStarted) for event in events)

    async def test_tokens_are_limited_while_it_is_planned(self) -> None:
        """A question that does not fit what is left is never asked."""
        model = ScriptedModel([FIRST])
        with pytest.raises(BudgetExceeded):
            await Orchestrator(AGENTS, model=model, store=None, budget="50 tokens").run(GOAL)
        assert model.requests == []

    async def test_a_run_that_used_up_its_budget_fails_by_it(self) -> None:
        """Retries that nobody counted with come to an end."""
        given = {
            "goal": "g",
            "steps": [
                {"id": "a", "capability": "double", "inputs": {"number": {"from": "item"}},
                 "for_each": {"from": "[1, 2, 3, 4, 5]"}},
                {"id": "b", "capability": "double", "inputs": {"number": {"from": "sum(a)"}}},
            ],
            "answer": {"from": "b"},
        }  # fmt: skip
        whole = Orchestrator(AGENTS, store=None, budget=Budget(attempts=100, cost=Decimal(1)))
        assert (await whole.run(plan=given)).answer == 60
        limited = Orchestrator(AGENTS, store=None, budget="3 attempts")
        with pytest.raises(BudgetExceeded):
            await limited.run(plan=given)

    async def test_a_budget_can_be_raised_for_a_run_that_waits(self) -> None:
        """`resume` gives it another."""
        journal = MemoryJournal()
        big = Usage(input_tokens=4_000, output_tokens=900)
        whole = orchestrator(
            ChatReply(FIRST, big, "stop"),
            decision("ask", question="Which file?"),
            OTHER_FILE,
            journal=journal,
            budget="40k tokens",
        )
        paused = await whole.run(GOAL)
        assert paused.question == "Which file?"
        await whole.control.tell(paused.run, "figures")
        result = await whole.resume(paused.run, budget="10 tokens")
        assert result.status is RunStatus.FAILED
        assert result.account is not None
        assert result.account.failure.kind in (FailureKind.ERROR, FailureKind.BUDGET)


class _Silent:
    """A model that never answers."""

    name = "silent"
    context_tokens = 8192

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        await asyncio.sleep(1_000)
        yield ChatChunk("too late")


@pytest.mark.parametrize(("limit", "budget"), [(30.0, None), (None, "30s"), (60.0, "30s")])
def test_planning_is_a_part_of_the_time_that_a_run_may_take(limit: float | None, budget: str | None) -> None:
    """A model that never answers holds nobody up for longer than the run may take."""
    journal, clock = MemoryJournal(), VirtualClock()

    async def pursue() -> None:
        whole = Orchestrator(AGENTS, model=_Silent(), store=journal, clock=clock, budget=budget)
        with pytest.raises(PlanningTimeUp, match="30 s"):
            await whole.run(GOAL, time_limit=limit)

    run_virtually(pursue())
    (summary,) = journal.runs()
    last = journal.read_events(summary.run)[-1]
    assert isinstance(last, RunFailed) and last.account.failure.kind is FailureKind.TIME_LIMIT
    assert last.at - summary.created == pytest.approx(30.0, abs=1.0)


class TestStreaming:
    async def test_steps_start_while_the_plan_is_written(self) -> None:
        """The first step is begun before the model has finished, and the plan comes out the same."""
        journal = MemoryJournal()
        written = plan(READ, TWICE, answer="{twice}")
        result = await orchestrator(written, journal=journal).run(GOAL, stream=True)
        assert (result.status, result.answer) == (RunStatus.COMPLETED, 84)
        events = journal.read_events(result.run)
        kinds = [type(event) for event in events]
        assert kinds.index(DraftGrown) < kinds.index(PlanAdopted)
        assert sum(isinstance(event, AttemptStarted) for event in events) == 2

    async def test_what_cannot_be_undone_waits_for_the_whole_plan_and_for_approval(self) -> None:
        """Nobody has looked at the plan, so a person is asked about the step."""
        written = plan(READ, do("out", "mail", to="kim", text="{read}"), answer="{out}")
        result = await orchestrator(written).run(GOAL, stream=True)
        assert (result.status, mailed) == (RunStatus.PAUSED, [])
        assert [each.step for each in result.asked] == ["out"]

    async def test_a_plan_that_is_reviewed_is_not_streamed(self) -> None:
        """One excludes the other."""
        with pytest.raises(ValueError, match="streamed"):
            await orchestrator(FIRST).run(GOAL, review=_fine, stream=True)

    async def test_a_repair_keeps_what_was_done_of_the_draft(self) -> None:
        """The first answer has a bad second step; the second answer repeats the good one, which stays."""
        journal = MemoryJournal()
        bad = plan(READ, do("x", "nobody_does_this"), answer="{x}")
        good = plan(READ, TWICE, answer="{twice}")
        result = await orchestrator(bad, good, journal=journal).run(GOAL, stream=True)
        assert (result.status, result.answer) == (RunStatus.COMPLETED, 84)
        starts = [
            event.step for event in journal.read_events(result.run) if isinstance(event, AttemptStarted)
        ]
        assert starts == ["read", "twice"]
