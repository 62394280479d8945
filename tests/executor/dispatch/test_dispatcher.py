"""Runs that wait for the same agents: whose turn it is, and what is left of one that ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Retryable
from callsheet.agents.models.errors import ModelRefused
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import BreakerPolicy
from callsheet.agents.spending.terms import Terms
from callsheet.executor.clocks.virtual_loop import EPOCH, VirtualClock, run_virtually
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.driver.executor import Executor
from callsheet.executor.evaluation.outcome import judge_error
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.replay.doubles.raised_errors import error_of
from callsheet.executor.run.events import AttemptFailed, AttemptStarted, RunCreated
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.result import RunResult
from callsheet.executor.runner.remote_error import pack, unpack
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.stage import HALL, Actor, capability, plan, step


class Shared:
    """One agent for all runs, and which run began something with it when."""

    def __init__(self, seconds: float = 1.0, **terms: Any) -> None:
        self.began: list[tuple[str, float]] = []

        async def act(inputs: Any, context: Any) -> str:
            self.began.append((context.run, VirtualClock().now() - EPOCH))
            await asyncio.sleep(seconds)
            return "done"

        agent = Actor(act, "shared")
        agent.terms = Terms(**terms)  # type: ignore[attr-defined]
        self.registry = Registry([agent])
        self.pool = AgentPool(self.registry)
        self.journal = MemoryJournal()

    async def run(self, name: str, checked: CheckedPlan) -> RunResult:
        """One run of those that share the pool."""
        clock = VirtualClock()
        await self.journal.create(RunCreated(clock.now(), name, "a goal", 7))
        executor = Executor(
            self.registry,
            self.journal,
            RunOptions(max_concurrency=8),
            workspace=HALL,
            clock=clock,
            chooser=self.pool,
        )
        return await executor.run(name, checked)


def steps(count: int) -> CheckedPlan:
    return plan(*(step(f"s{at}") for at in range(count)))


def test_an_agent_that_says_when_to_come_back_has_no_open_breaker() -> None:
    """It rests as long as it said, and no longer, however often it says so in a row."""
    began: list[float] = []

    async def act(inputs: Any, context: Any) -> str:
        began.append(VirtualClock().now() - EPOCH)
        if len(began) < 9:
            raise Retryable("busy", retry_after=2.0)
        return "done"

    registry = Registry([Actor(act, "busy")])
    journal = MemoryJournal()

    async def main() -> RunResult:
        clock = VirtualClock()
        await journal.create(RunCreated(clock.now(), "r", "a goal", 7))
        options = RunOptions(max_concurrency=1)
        pool = AgentPool(registry, breaker=BreakerPolicy(threshold=3, cooldown=1_000.0, max_cooldown=1_000.0))
        executor = Executor(registry, journal, options, workspace=HALL, clock=clock, chooser=pool)
        return await executor.run("r", plan(step("a", max_retries=8)))

    assert run_virtually(main()).status == "completed"
    assert len(began) == 9
    assert began[-1] < 1_000.0


def test_runs_take_turns() -> None:
    """However much one of them has to do: each slot that frees up goes to the run that has waited longest."""
    shared = Shared(max_concurrency=1)

    async def main() -> None:
        big = asyncio.ensure_future(shared.run("big", steps(30)))
        await asyncio.sleep(3.5)
        await asyncio.gather(big, shared.run("small", steps(3)), shared.run("tiny", steps(1)))

    run_virtually(main())
    latest = dict(shared.began)
    assert latest["tiny"] <= 6.0
    assert latest["small"] <= 10.0
    assert latest["big"] == 33.0


def test_no_slot_is_idle_while_runs_wait() -> None:
    """Forty pieces of work of ten runs, four at a time: ten seconds."""
    shared = Shared(max_concurrency=4)

    async def main() -> None:
        await asyncio.gather(*(shared.run(f"r{at}", steps(4)) for at in range(10)))

    run_virtually(main())
    assert max(at for _, at in shared.began) == 9.0


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_run_that_ends_while_it_waits_for_a_rate_leaves_none_waiting_for_ever(gone: int) -> None:
    """Whichever of those that wait it is: the others begin as soon as the rate allows."""
    shared = Shared(requests_per_minute=1)

    async def main() -> None:
        runs = [asyncio.ensure_future(shared.run(f"r{at}", steps(1))) for at in range(4)]
        await asyncio.sleep(10)
        runs[gone + 1].cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    run_virtually(main())
    assert [at for _, at in shared.began] == [0.0, 60.0, 120.0]


def test_a_run_that_is_cancelled_as_its_turn_comes_passes_it_on() -> None:
    """The agent is free, the run was woken, and is cancelled before it looks."""
    shared = Shared(max_concurrency=1)

    async def main() -> None:
        runs = [asyncio.ensure_future(shared.run(f"r{at}", steps(1))) for at in range(3)]
        await asyncio.sleep(1.0)
        runs[1].cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    run_virtually(main())
    assert [run for run, _ in shared.began][-1] == "r2"


def test_what_waited_on_an_event_loop_that_is_closed_is_forgotten() -> None:
    """The next loop's runs set a timer of their own."""
    shared = Shared(requests_per_minute=1)

    async def interrupted() -> None:
        await shared.run("before", steps(1))
        waits = asyncio.ensure_future(shared.run("cancelled", steps(1)))
        await asyncio.sleep(5)
        waits.cancel()
        with suppress(asyncio.CancelledError):
            await waits

    run_virtually(interrupted())
    assert str(run_virtually(shared.run("after", steps(2))).status) == "completed"
    assert [run for run, _ in shared.began] == ["before", "after", "after"]


@pytest.mark.parametrize(
    ("error", "is_open"),
    [
        (ValueError("no number"), False),
        (KeyError("column"), False),
        (ZeroDivisionError(), False),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"), False),
        (FileNotFoundError("a.txt"), False),
        (ModelRefused("m", "no"), False),
        (ConnectionError("down"), True),
        (RuntimeError("broken"), True),
        (TimeoutError(), True),
    ],
)
def test_failures_that_come_from_inputs_do_not_open_the_breaker(error: Exception, is_open: bool) -> None:
    """Twenty bad items say nothing about the next one's agent."""

    def act(inputs: Any, context: Any) -> str:
        raise error

    registry = Registry([Actor(act, "shared")])
    pool = AgentPool(registry)

    async def main() -> str:
        journal, clock = MemoryJournal(), VirtualClock()
        await journal.create(RunCreated(clock.now(), "r", "a goal", 7))
        options = RunOptions(max_concurrency=8, fail_fast=False)
        executor = Executor(registry, journal, options, workspace=HALL, clock=clock, chooser=pool)
        await executor.run("r", steps(5))
        return pool.explain("work", clock.now())

    assert ("breaker open" in run_virtually(main())) is is_open


@pytest.mark.parametrize("error", [ValueError("bad"), KeyError("k"), ValueError(), ModelRefused("m", "no")])
@pytest.mark.parametrize("effect", [Effect.PURE, Effect.IRREVERSIBLE])
def test_a_failure_that_comes_from_inputs_is_the_same_in_a_replay(error: Exception, effect: Effect) -> None:
    """And after it came from another process."""
    does = step("a", does=capability(effect=effect))
    started = AttemptStarted(0.0, "a", 1, "shared", "key", 1.0, {})
    judged = judge_error(does, started, error, 1.0)
    assert isinstance(judged, AttemptFailed) and judged.failure.from_inputs
    assert judge_error(does, started, error_of(judged.failure), 1.0) == judged
    assert judge_error(does, started, unpack(pack(error)), 1.0) == judged
