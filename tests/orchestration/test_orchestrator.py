"""The whole, with real agents, a scripted model, and a journal: a goal goes in, an answer comes out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from callsheet.agents.functions.decorator import agent
from callsheet.agents.functions.function_agent import FunctionAgent
from callsheet.agents.models.errors import ModelNotConfigured, ModelRejected
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.journal.history import read_history
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import ModelCalled, PlanAdopted, RunFailed
from callsheet.executor.run.state import RunStatus, StepStatus
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.check.errors import PlanInvalid
from callsheet.planner.goals.errors import EmptyCatalog, GoalError
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Plan
from callsheet.planner.planning.errors import PlanningFailed

PLAN: dict[str, Any] = {
    "goal": "How many chairs and tables are there?",
    "steps": [
        {"id": "chairs", "capability": "stock", "inputs": {"article": "chair"}},
        {"id": "tables", "capability": "stock", "inputs": {"article": "table"}},
    ],
    "answer": {"template": "{chairs + tables}"},
}


@agent(effect="read")
def stock(article: str) -> int:
    """Look up how many pieces of an article there are."""
    return {"chair": 12, "table": 3}[article]


@agent(effect="irreversible")
def sell(article: str) -> bool:
    """Sell one piece of an article."""
    sold.append(article)
    return True


sold: list[str] = []


def answer_of(plan: dict[str, Any]) -> str:
    """The plan as a model of the full format writes it: the plan's own shape."""
    steps = [
        {
            "id": step["id"],
            "call": {"capability": step["capability"], "inputs": step["inputs"]},
            "for_each": None,
            "condition": None,
            "expect": [],
            "depends_on": [],
            "join": "all",
            "on_failure": "fail",
        }
        for step in plan["steps"]
    ]
    return json.dumps({"steps": steps, "answer": plan["answer"]})


async def test_a_goal_is_planned_run_and_answered() -> None:
    """One question to the model, two steps, one answer; all of it is in the journal."""
    journal = MemoryJournal()
    with ScriptedModel([answer_of(PLAN)]) as model:
        result = await Orchestrator([stock], model=model, store=journal).run(PLAN["goal"])
    assert (result.status, result.answer) == (RunStatus.COMPLETED, "15")
    events = journal.read_events(result.run)
    assert [type(event) for event in events[2:4]] == [ModelCalled, PlanAdopted]
    assert read_history(journal, result.run) == result


async def test_a_finished_plan_needs_no_model() -> None:
    """Where a plan is given, nobody is asked."""
    plan = Plan.model_validate(PLAN)
    result = await Orchestrator([stock], store=None).run(plan=plan)
    assert (result.goal, result.answer) == (PLAN["goal"], "15")


async def test_the_journal_lies_in_the_file_that_was_named(tmp_path: Path) -> None:
    """The store is made, with its folder, and read back by another orchestrator."""
    store = tmp_path / "deep" / "runs.db"
    async with Orchestrator([stock], store=store) as first:
        result = await first.run(plan=Plan.model_validate(PLAN))
    async with Orchestrator([stock], store=store) as second:
        assert read_history(second.journal, result.run).answer == "15"


@pytest.mark.parametrize("goal", ["", "  \n", "x" * 1_000_000])
async def test_a_goal_that_is_none_leaves_no_run(goal: str) -> None:
    """An empty goal and one of 1 MB are refused before anything is asked or kept."""
    journal = MemoryJournal()
    with ScriptedModel() as model, pytest.raises(GoalError):
        await Orchestrator([stock], model=model, store=journal).run(goal)
    assert journal.runs() == []


async def test_no_agents_and_no_model_are_said_at_once() -> None:
    """Without agents, or without a model, nothing begins."""
    journal = MemoryJournal()
    with ScriptedModel() as model, pytest.raises(EmptyCatalog):
        await Orchestrator([], model=model, store=journal).run("anything")
    with pytest.raises(ModelNotConfigured):
        await Orchestrator([stock], store=journal).run("anything")
    assert journal.runs() == []


async def test_planning_that_fails_is_in_the_journal() -> None:
    """A model that answers nonsense for ever: the run failed, and every question can be read."""
    journal = MemoryJournal()
    with ScriptedModel(["nonsense"] * 4) as model, pytest.raises(PlanningFailed) as caught:
        await Orchestrator([stock], model=model, store=journal).run("anything")
    (summary,) = journal.runs()
    events = journal.read_events(summary.run)
    assert summary.status is RunStatus.FAILED
    assert len(caught.value.drafts) == sum(isinstance(event, ModelCalled) for event in events) == 4
    assert isinstance(events[-1], RunFailed)


async def test_a_model_that_breaks_down_is_in_the_journal() -> None:
    """The model's own error comes through, and the run is not left open."""
    journal = MemoryJournal()
    with ScriptedModel([ModelRejected("scripted", "no")]) as model, pytest.raises(ModelRejected):
        await Orchestrator([stock], model=model, store=journal).run("anything")
    assert journal.runs()[0].status is RunStatus.FAILED


async def test_a_plan_that_does_not_check_never_begins() -> None:
    """PlanInvalid, with the findings, and no run."""
    journal = MemoryJournal()
    broken = Plan.model_validate({**PLAN, "answer": {"from": "chair"}})
    with pytest.raises(PlanInvalid) as caught:
        await Orchestrator([stock], store=journal).run(plan=broken)
    assert [each.code for each in caught.value.diagnostics if each.severity == "error"] == ["unknown-step"]
    assert journal.runs() == []


async def test_a_declined_plan_does_nothing() -> None:
    """The review sees the checked plan; its no is a cancelled run, and what was declined is kept."""
    seen: list[CheckedPlan] = []

    async def decline(checked: CheckedPlan) -> bool:
        seen.append(checked)
        return False

    result = await Orchestrator([stock], store=None).run(plan=Plan.model_validate(PLAN), review=decline)
    assert result.status is RunStatus.CANCELLED
    assert [list(checked.steps) for checked in seen] == [["chairs", "tables"]]
    assert [(step.status, len(step.attempts)) for step in result.steps.values()] == [
        (StepStatus.CANCELLED, 0),
        (StepStatus.CANCELLED, 0),
    ]
    assert result.plan == Plan.model_validate(PLAN).to_document()


async def test_stopping_while_the_model_writes_is_in_the_journal() -> None:
    """Ctrl-C in the middle of planning: the run can be resumed, and the cancellation goes on."""
    journal = MemoryJournal()
    writing = asyncio.Event()

    async def run() -> None:
        with ScriptedModel([answer_of(PLAN)]) as model:
            watch = Watch(on_progress=lambda _: writing.set())
            await Orchestrator([stock], model=_Slow(model), store=journal).run("anything", watch=watch)

    task = asyncio.create_task(run())
    await writing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (summary,) = journal.runs()
    last = journal.read_events(summary.run)[-1]
    assert isinstance(last, ModelCalled) and last.error == "CancelledError: "
    with_model = Orchestrator([stock], model=ScriptedModel([answer_of(PLAN)]), store=journal)
    assert (await with_model.resume(summary.run)).status is RunStatus.COMPLETED


class _Slow:
    """A model that never comes to an end once it has begun."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model
        self.name = model.name
        self.context_tokens = model.context_tokens

    async def stream(self, request: Any) -> Any:
        async for chunk in self._model.stream(request):
            yield chunk
            await asyncio.Event().wait()


def _sale(seller: FunctionAgent[Any, Any]) -> Plan:
    steps = [{"id": "deal", "capability": seller.name, "inputs": {"article": "chair"}}]
    return Plan.model_validate({"goal": "Sell a chair", "steps": steps, "answer": {"from": "deal"}})


async def test_irreversible_work_waits_for_a_word() -> None:
    """Without a review and without anybody to ask, what cannot be undone is not done."""
    sold.clear()
    result = await Orchestrator([sell], store=None).run(plan=_sale(sell))
    assert (result.status, result.waiting, sold) == (RunStatus.PAUSED, ("deal",), [])


async def test_a_reviewed_plan_is_approved_as_a_whole() -> None:
    """Whoever looked at the plan and said yes is not asked again."""
    sold.clear()

    async def accept(checked: CheckedPlan) -> bool:
        return True

    result = await Orchestrator([sell], store=None).run(plan=_sale(sell), review=accept)
    assert (result.status, sold) == (RunStatus.COMPLETED, ["chair"])
