"""Several agents for one capability: retries elsewhere, breakers, limits and hedges, in a real run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pydantic import JsonValue

from callsheet.agents.agent import Context
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Retryable
from callsheet.agents.registry import Registry
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.spending.terms import Terms
from callsheet.executor.clocks.virtual_loop import EPOCH, VirtualClock, run_virtually
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import AttemptCancelled, AttemptStarted, HedgeDue, RunCreated, RunStarted
from callsheet.executor.run.result import RunResult
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.stage import HALL, WORK, Actor, capability, perform, plan, play, step

SEND = capability("send", effect=Effect.IRREVERSIBLE)


class Hired(Actor):
    """An actor with terms."""

    terms: Terms = Terms()


def hired(name: str, behaviour: Any = None, **terms: Any) -> Hired:
    """An agent that does what it is told, on its terms."""
    agent = Hired(behaviour or (lambda inputs, context: name), name)
    agent.terms = Terms(**terms)
    return agent


def break_down(inputs: Mapping[str, JsonValue], context: Context) -> Any:
    """What always fails."""
    raise Retryable("broken")


def test_a_retry_goes_to_somebody_else() -> None:
    """Who failed by their own fault is passed over, though they come first."""
    bad, good = hired("bad", break_down), hired("good")
    played = play(plan(step("a", max_retries=3)), bad, good, chooser=None)
    assert [each.agent for each in played.of(AttemptStarted)] in (["bad", "good"], ["good"])
    assert str(played.result.status) == "completed"


def test_an_agent_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """After a few failures its breaker opens: the work waits for it, since nobody else is there, and
    one probe tells that it is well again."""
    began: list[float] = []

    def recover(inputs: Mapping[str, JsonValue], context: Context) -> Any:
        began.append(VirtualClock().now())
        if len(began) < 7:
            raise Retryable("down")
        return "up"

    played = play(plan(*(step(f"s{at}", max_retries=9) for at in range(3))), hired("only", recover))
    assert str(played.result.status) == "completed"
    assert max(later - earlier for earlier, later in pairwise(began)) >= 20.0


def test_limits_of_an_agent_hold_over_all_runs() -> None:
    """Two at a time, whoever asks; and everybody is served."""
    now = most = 0

    async def count(inputs: Mapping[str, JsonValue], context: Context) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(1)
        now -= 1
        return context.run

    async def main() -> list[RunResult]:
        registry, journal = Registry([hired("only", count, max_concurrency=2)]), MemoryJournal()
        pool, checked = AgentPool(registry), plan(*(step(f"s{at}") for at in range(5)))
        return await asyncio.gather(*(one(registry, journal, pool, f"r{at}", checked) for at in range(8)))

    results = run_virtually(main())
    assert {str(result.status) for result in results} == {"completed"}
    assert most == 2


async def one(
    registry: Registry, journal: MemoryJournal, pool: AgentPool, run: str, checked: CheckedPlan
) -> RunResult:
    """One of several runs with the same agents."""
    clock = VirtualClock()
    await journal.create(RunCreated(clock.now(), run, "a goal", 7))
    return await Executor(registry, journal, workspace=HALL, clock=clock, chooser=pool).run(run, checked)


def test_a_rate_is_kept() -> None:
    """Six in a minute, never more in any sixty seconds; nothing polls, and all is done."""
    began: list[float] = []

    def note(inputs: Mapping[str, JsonValue], context: Context) -> Any:
        began.append(VirtualClock().now() - EPOCH)
        return "x"

    played = play(plan(*(step(f"s{at}") for at in range(20))), hired("only", note, requests_per_minute=6))
    assert str(played.result.status) == "completed"
    assert all(later - earlier >= 60.0 for earlier, later in zip(began, began[6:], strict=False))


def test_limits_do_not_keep_others_waiting() -> None:
    """Work of another kind goes on while one agent is at its limit."""
    slow = hired("slow", lambda inputs, context: asyncio.sleep(40, "x"), max_concurrency=1)
    other = Actor(name="other", offers=(SEND,))
    played = play(plan(*(step(f"s{at}") for at in range(3)), step("x", does=SEND)), slow, other)
    ends = {name: each.ended for name, each in played.result.steps.items()}
    assert ends["x"] == EPOCH
    assert str(played.result.status) == "completed"


class TestHedging:
    """Work that outlives its agent's usual time gets a second attempt elsewhere."""

    async def known(self, name: str) -> MemoryJournal:
        """A journal that has seen this agent often: it takes a second."""
        journal = MemoryJournal()
        await journal.create(RunCreated(EPOCH, "before", "a goal", 7))
        seen = [Observation(name, "work", EPOCH - 20 + at, 1.0, True) for at in range(10)]
        await journal.figures.add_observations("before", seen)
        return journal

    def hedged(self, checked: CheckedPlan, *agents: Actor, **options: Any) -> Any:
        """A run with hedging, `slow` being known to take a second."""

        async def main() -> Any:
            journal = await self.known("slow")
            return await perform(
                checked, *agents, journal=journal, hedge=True, chooser=first_come(agents), **options
            )

        return run_virtually(main())

    def test_the_first_answer_wins_and_the_other_is_cancelled(self) -> None:
        """One result, the slow attempt called off, and nothing done twice afterwards."""
        slow = hired("slow", lambda inputs, context: asyncio.sleep(1000, "slow"))
        quick = hired("quick", lambda inputs, context: asyncio.sleep(1, "quick"))
        played = self.hedged(plan(step("a"), step("b", "a")), slow, quick)
        assert str(played.result.status) == "completed"
        assert played.result.steps["a"].output == {"value": "quick"}
        started = [(each.agent, each.hedge) for each in played.of(AttemptStarted) if each.step == "a"]
        assert started == [("slow", False), ("quick", True)]
        assert [each.attempt for each in played.of(AttemptCancelled) if each.step == "a"] == [1]

    def test_a_failure_of_one_waits_for_the_other(self) -> None:
        """The hedge fails, the first attempt succeeds: no retry, and the run completes."""
        slow = hired("slow", lambda inputs, context: asyncio.sleep(5, "slow"))
        played = self.hedged(plan(step("a")), slow, hired("quick", break_down))
        assert played.result.steps["a"].output == {"value": "slow"}
        assert len(played.of(AttemptStarted)) == 2

    def test_irreversible_work_is_never_hedged(self) -> None:
        """However long it takes."""
        slow = Hired(lambda inputs, context: asyncio.sleep(50, "slow"), "slow", (SEND,))
        other = Hired(name="other", offers=(SEND,))
        played = self.hedged(plan(step("a", does=SEND)), slow, other)
        assert len(played.of(AttemptStarted)) == 1

    def test_nobody_else_no_hedge(self) -> None:
        """Where the others are busy the first attempt goes on alone."""
        slow = hired("slow", lambda inputs, context: asyncio.sleep(5, "slow"))
        busy = hired("busy", lambda inputs, context: asyncio.sleep(100, "busy"), max_concurrency=1)
        played = self.hedged(plan(step("a"), step("b"), step("c"), step("d")), slow, busy)
        assert str(played.result.status) == "completed"
        assert len(played.of(HedgeDue)) >= 1

    def test_without_it_nothing_is_hedged(self) -> None:
        """It is off unless somebody turns it on."""
        slow = hired("slow", lambda inputs, context: asyncio.sleep(1000, "slow"))
        played = play(plan(step("a", timeout_seconds=5000)), slow, hired("quick"), chooser=first_come([slow]))
        assert played.of(HedgeDue) == []


def first_come(agents: Any) -> AgentPool:
    """A pool whose strategy is the order in which agents were named."""
    return AgentPool(Registry(agents), strategy=lambda candidates: candidates[0])


def test_figures_are_kept_from_run_to_run() -> None:
    """What attempts came to is in the store once the run has ended, and the next run begins with it."""

    async def main() -> None:
        journal = MemoryJournal()
        agents = hired("bad", break_down), hired("good")
        await perform(plan(step("a", max_retries=3), step("b")), *agents, journal=journal)
        figures = journal.figures.read_statistics({"work"})
        assert figures["good", "work"].successes >= 1
        assert all(isinstance(each, Figures) for each in figures.values())
        played = await perform(plan(step("a")), *agents, journal=journal, run="next")
        (started,) = played.of(RunStarted)
        assert {each.agent for each in started.figures} == {name for name, _ in figures}

    run_virtually(main())


def test_nobody_there_says_who_was_tried() -> None:
    """A capability that no agent provides fails the step at once."""
    played = play(plan(step("a", does=SEND)), Actor(offers=(WORK,)))
    assert played.result.account is not None
    assert "no agent provides 'send'" in played.result.account.describe()
