"""Runs with a budget: what would go beyond it does not begin, and the planner hears of it in time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import AttemptStarted, BudgetReached, Event, ReplanningStarted, RunCreated
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.decision import Accept
from tests.executor.revisions import Director, Step, by_input, cast, planned, revise, step
from tests.executor.stage import HALL


def spend(
    checked: CheckedPlan, budget: str, director: Director | None = None, **told: Any
) -> tuple[RunResult, list[Event]]:
    """The plan carried out within a budget."""

    async def pursue() -> tuple[RunResult, list[Event]]:
        journal, clock = MemoryJournal(), VirtualClock()
        await journal.create(RunCreated(clock.now(), "r", "a goal", 7, budget=budget))
        executor = Executor(
            Registry([cast(by_input(**told))]),
            journal,
            RunOptions(max_concurrency=1),
            workspace=HALL,
            clock=clock,
            model=ScriptedModel([]),
            replanner=None if director is None else lambda model: director,
        )
        return await executor.run("r", checked), journal.read_events("r")

    return run_virtually(pursue())


def begun(events: Sequence[Event]) -> list[str]:
    """The steps at which attempts began."""
    return [event.step for event in events if isinstance(event, AttemptStarted)]


def chain(length: int) -> list[Step]:
    """Steps, each behind the one before, and each tried once."""
    return [step(f"s{n}", it=n, depends_on=[f"s{n - 1}"] if n else [], max_retries=0) for n in range(length)]


CHAIN = planned(*chain(10))


def test_no_attempt_begins_beyond_the_budget() -> None:
    """The run fails by its budget, with a sentence that says which limit."""
    result, events = spend(CHAIN, "4 attempts")
    assert result.status is RunStatus.FAILED
    assert result.account is not None and result.account.failure.kind is FailureKind.BUDGET
    assert "4 attempts" in result.account.describe()
    assert (len(begun(events)), sum(isinstance(event, BudgetReached) for event in events)) == (4, 1)


def test_the_planner_is_told_once_that_it_becomes_tight() -> None:
    """At four fifths, so that it can make the rest of the plan shorter."""
    director = Director([revise(*chain(5), reason="enough")])
    result, events = spend(CHAIN, "5 attempts", director)
    assert (result.status, len(begun(events))) == (RunStatus.COMPLETED, 5)
    (asked,) = [event for event in events if isinstance(event, ReplanningStarted)]
    assert asked.step is None and "attempts" in asked.pressure
    assert director.told[0].pressure == asked.pressure


def test_a_planner_that_lets_it_be_changes_nothing_about_the_limit() -> None:
    """It is told once, and then the budget holds."""
    director = Director([Accept("it will do")])
    result, events = spend(CHAIN, "5 attempts", director)
    assert (result.status, len(begun(events)), len(director.told)) == (RunStatus.FAILED, 5, 1)


@pytest.mark.parametrize("revisions", [0, 1])
def test_revisions_are_limited_too(revisions: int) -> None:
    """A plan is not revised more often than the budget allows."""
    director = Director([revise(step("a", it=f"bad{n}", max_retries=0)) for n in range(1, 5)])
    told = {f"bad{n}": ValueError("no") for n in range(5)}
    checked = planned(step("a", it="bad0", max_retries=0))
    result, _ = spend(checked, f"{revisions} revisions", director, **told)
    assert result.status is RunStatus.FAILED
    assert result.revision == 1 + revisions


def test_time_is_limited_by_the_deadline() -> None:
    """Seconds of the budget are the run's deadline."""

    async def slow(inputs: Any, context: Any) -> Any:
        await asyncio.sleep(100)

    result, _ = spend(planned(step("a", it="slow", timeout_seconds=500)), "10s", slow=slow)
    assert result.account is not None and result.account.failure.kind is FailureKind.TIME_LIMIT
