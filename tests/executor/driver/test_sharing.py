"""Results that are shared: work that its capability allows to be kept is done once, whoever asks for it."""

from __future__ import annotations

import asyncio
from typing import Any

from callsheet.agents.errors import Permanent
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import RunCreated
from callsheet.executor.run.result import RunResult
from callsheet.planner.expressions.tree import Comparison, Constant
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.stage import HALL, Actor, behave, capability, own_value, plan, step

LOOK = capability("look").model_copy(update={"cache": 60.0})


def looker(**by_step: Any) -> Actor:
    """An agent that looks, which takes ten seconds."""
    return Actor(behave(**{"a": lambda *_: asyncio.sleep(10, "seen"), **by_step}), offers=(LOOK,))


def look(name: str = "a", *after: str, **more: Any) -> Any:
    """A step that looks at the same thing as every other."""
    return step(name, *after, does=LOOK, inputs={"at": Constant("it")}, **more)


async def perform(journal: MemoryJournal, run: str, agent: Actor, checked: CheckedPlan) -> RunResult:
    """One run of several with the same journal."""
    clock = VirtualClock()
    await journal.create(RunCreated(clock.now(), run, "a goal", 7))
    return await Executor(Registry([agent]), journal, workspace=HALL, clock=clock).run(run, checked)


def test_a_later_run_takes_over_what_is_kept_until_it_is_too_old() -> None:
    """Within a minute nobody looks again, and the journal says whose result it is; after it, somebody
    does."""

    async def main() -> None:
        journal, agent = MemoryJournal(), looker()
        await perform(journal, "first", agent, plan(look()))
        await asyncio.sleep(50)
        second = await perform(journal, "second", agent, plan(look()))
        assert (second.steps["a"].output, len(agent.played)) == ({"value": "seen"}, 1)
        assert second.steps["a"].attempts == ()
        (reused,) = [each for each in journal.read_events("second") if type(each).__name__ == "ResultReused"]
        assert reused.source == "first"  # type: ignore[union-attr]
        await asyncio.sleep(60)
        await perform(journal, "third", agent, plan(look()))
        assert len(agent.played) == 2

    run_virtually(main())


def test_the_same_work_asked_for_at_once_is_done_once() -> None:
    """By ten runs, and by three steps of each: one looks, the others wait for it."""

    async def main() -> None:
        journal = MemoryJournal()
        agent = looker(b=lambda *_: asyncio.sleep(10, "seen"), c=lambda *_: asyncio.sleep(10, "seen"))
        checked = plan(look("a"), look("b"), look("c"))
        results = await asyncio.gather(
            *(perform(journal, f"r{number}", agent, checked) for number in range(10))
        )
        assert {str(result.status) for result in results} == {"completed"}
        assert all(step.output == {"value": "seen"} for each in results for step in each.steps.values())
        assert len(agent.played) == 1

    run_virtually(main())


def test_where_the_first_fails_another_tries() -> None:
    """Nobody waits for ever for somebody who gave up."""

    async def main() -> None:
        journal = MemoryJournal()

        async def fail(*_: Any) -> Any:
            await asyncio.sleep(5)
            raise Permanent("no")

        unlucky, lucky = looker(a=fail), looker()
        first = asyncio.ensure_future(perform(journal, "first", unlucky, plan(look())))
        await asyncio.sleep(1)
        second = await perform(journal, "second", lucky, plan(look()))
        assert (str((await first).status), str(second.status)) == ("failed", "completed")
        assert len(lucky.played) == 1

    run_virtually(main())


def test_what_breaks_an_expectation_is_looked_at_anew() -> None:
    """A kept result that the plan at hand would call a surprise is not taken over."""

    async def main() -> None:
        journal = MemoryJournal()
        await perform(journal, "first", looker(), plan(look()))
        expected = Comparison(own_value(), (("==", Constant("new")),))
        agent = looker(a="new")
        second = await perform(journal, "second", agent, plan(look(expect=[expected])))
        assert (second.steps["a"].output, len(agent.played)) == ({"value": "new"}, 1)

    run_virtually(main())


def test_other_inputs_are_other_work() -> None:
    """What is kept is kept for its inputs."""

    async def main() -> None:
        journal, agent = MemoryJournal(), looker(b="b")
        other = step("b", does=LOOK, inputs={"at": Constant("that")})
        await perform(journal, "first", agent, plan(look(), other))
        assert len(agent.played) == 2

    run_virtually(main())


def test_a_run_cut_off_while_it_waits_for_a_result_looks_again() -> None:
    """What was sought when the process died is sought again."""

    async def main() -> None:
        journal, agent = MemoryJournal(), looker()
        checked = plan(look())
        clock = VirtualClock()
        await perform(journal, "first", agent, checked)
        await perform(journal, "second", looker(), checked)
        events = journal.read_events("second")
        sought = next(at for at, each in enumerate(events) if type(each).__name__ == "ResultSought")
        dead = MemoryJournal()
        assert isinstance(events[0], RunCreated)
        await dead.create(events[0], *events[1 : sought + 1])
        result = await Executor(Registry([agent]), dead, workspace=HALL, clock=clock).resume("second")
        assert str(result.status) == "completed"

    run_virtually(main())
