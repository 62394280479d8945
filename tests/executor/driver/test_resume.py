"""Going on with a run whose process ended: what is done stays done, and the run ends as it would have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context
from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.errors import Retryable
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.errors import AnswerRefused, NothingWaits
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.errors import RunEnded
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.machine.errors import AgentsChanged
from callsheet.executor.machine.transitions import MAX_LOSSES
from callsheet.executor.run.events import (
    AttemptLost,
    AttemptStarted,
    AttemptSucceeded,
    Event,
    RetryDue,
    RunCreated,
    RunStarted,
)
from callsheet.executor.run.options import RunOptions, divide
from callsheet.executor.run.result import RunResult
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.puppet import Puppet
from tests.executor.stage import ANYTHING, HALL, VALUE, Actor, behave

WORK = Capability(
    name="work", description="Works.", input_schema=ANYTHING, output_schema=VALUE, main_output="value"
)
SEND = WORK.model_copy(update={"name": "send", "effect": Effect.IRREVERSIBLE})
STORY: dict[str, Any] = {
    "goal": "a goal",
    "steps": [
        {"id": "a", "capability": "work"},
        {"id": "flaky", "capability": "work", "max_retries": 2},
        {
            "id": "each",
            "capability": "work",
            "for_each": {"from": "[1, 2, 3]"},
            "inputs": {"x": {"from": "item"}},
            "depends_on": ["a"],
        },
        {"id": "never", "capability": "work", "condition": "1 > 2", "depends_on": ["a"]},
        {"id": "asked", "capability": "work", "approval": True, "depends_on": ["flaky"]},
        {"id": "last", "capability": "work", "depends_on": ["asked", "each"]},
    ],
    "answer": {"from": "str(last.value)"},
}


def checked(document: Mapping[str, Any] = STORY) -> CheckedPlan:
    """A plan that was really checked, so that it can be brought back from the journal."""
    return check(dict(document), [WORK, SEND]).require()


def actor(**by_step: Any) -> Actor:
    """An agent that works and sends."""

    def fail_once(inputs: Mapping[str, JsonValue], context: Context) -> JsonValue:
        if context.attempt == 1:
            raise Retryable("not yet")
        return "flaky"

    return Actor(behave(**{"flaky": fail_once, **by_step}), offers=(WORK, SEND))


async def yes(_: object) -> bool:
    """Whatever is asked may start."""
    return True


def executor(journal: Journal, *agents: Agent, **options: Any) -> Executor:
    """The same executor as after a crash: another object, the same agents."""
    kept, around = divide(options)
    return Executor(
        Registry(agents), journal, RunOptions.of(**kept), workspace=HALL, clock=VirtualClock(), **around
    )


async def first_run(journal: Journal, plan: CheckedPlan, agent: Agent, **options: Any) -> RunResult:
    """A run that nothing disturbs."""
    await journal.create(RunCreated(VirtualClock().now(), "r", "a goal", 7))
    return await executor(journal, agent, **options).run("r", plan)


async def cut(events: Sequence[Event], length: int) -> MemoryJournal:
    """What a process that died after so many events has left."""
    journal = MemoryJournal()
    created = events[0]
    assert isinstance(created, RunCreated)
    await journal.create(created, *events[1:length])
    return journal


async def left_off(events: Sequence[Event], length: int, agent: Agent, **options: Any) -> RunResult:
    """Go on with a run that was cut off."""
    return await executor(await cut(events, length), agent, **options).resume("r")


def test_a_run_cut_off_anywhere_ends_as_it_would_have() -> None:
    """For every event after which the process may die: the answer and every output are the same, and
    what had completed is not attempted again."""

    async def main() -> None:
        journal, plan = MemoryJournal(), checked()
        whole = await first_run(journal, plan, actor(), approve=yes)
        assert whole.status == "completed"
        events = journal.read_events("r")
        begun = next(at for at, event in enumerate(events) if isinstance(event, RunStarted))
        for length in range(begun + 1, len(events)):
            again = actor()
            result = await left_off(events, length, again, approve=yes)
            assert (result.status, result.answer) == ("completed", whole.answer)
            outputs = {name: step.output for name, step in result.steps.items()}
            assert outputs == {name: step.output for name, step in whole.steps.items()}
            done = {(each.step, each.item) for each in events[:length] if isinstance(each, AttemptSucceeded)}
            assert not done.intersection((each.step, each.item) for each in again.played)

    run_virtually(main())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_a_run_that_dies_again_and_again_comes_to_its_end(deaths: list[int]) -> None:
    """For every series of deaths, each a number of events after going on: as if it had never died, with
    the same key for the same work and a number more for each attempt."""

    async def main() -> None:
        journal = MemoryJournal()
        await first_run(journal, checked(), actor(), approve=yes)
        events = journal.read_events("r")[:3]
        for death in deaths:
            alive = await cut(events, len(events))
            await executor(alive, actor(), approve=yes).resume("r")
            events = [*events, *alive.read_events("r")[len(events) :][: death + 1]]
            if any(type(event).__name__ == "RunCompleted" for event in events):
                return
        final = await cut(events, len(events))
        result = await executor(final, actor(), approve=yes).resume("r")
        assert (result.status, result.answer) == ("completed", "last")
        numbers: dict[str, list[int]] = {}
        for event in final.read_events("r"):
            if isinstance(event, AttemptStarted):
                numbers.setdefault(event.key, []).append(event.attempt)
        assert all(each == list(range(1, len(each) + 1)) for each in numbers.values())

    run_virtually(main())


def test_a_lost_attempt_uses_up_no_retry() -> None:
    """A step without retries whose process died is attempted again all the same."""
    plan = checked(
        {"goal": "g", "steps": [{"id": "a", "capability": "work", "max_retries": 0}], "answer": "x"}
    )

    async def main() -> None:
        journal = MemoryJournal()
        await first_run(journal, plan, actor())
        events = journal.read_events("r")
        started = next(at for at, event in enumerate(events) if isinstance(event, AttemptStarted))
        result = await left_off(events, started + 1, actor())
        assert result.status == "completed"
        assert [str(each.status) for each in result.steps["a"].attempts] == ["lost", "succeeded"]

    run_virtually(main())


def test_a_backoff_goes_on_where_it_was() -> None:
    """The next attempt is due when it was due before the process died, not a whole wait later."""

    async def main() -> None:
        journal = MemoryJournal()
        await first_run(journal, checked(), actor(), approve=yes)
        events = journal.read_events("r")
        due = next(event.due for event in events if type(event).__name__ == "RetryScheduled")  # type: ignore[union-attr]
        scheduled = next(at for at, each in enumerate(events) if type(each).__name__ == "RetryScheduled")
        resumed = await cut(events, scheduled + 1)
        await executor(resumed, actor(), approve=yes).resume("r")
        (rung,) = [event for event in resumed.read_events("r") if isinstance(event, RetryDue)]
        assert rung.at >= due

    run_virtually(main())


class TestDoubt:
    """Irreversible work whose outcome a crash left unknown."""

    PLAN: Mapping[str, Any] = {
        "goal": "g",
        "steps": [
            {"id": "mail", "capability": "send"},
            {"id": "other", "capability": "work"},
            {"id": "after", "capability": "work", "inputs": {"x": {"from": "mail.value"}}},
        ],
        "answer": {"from": "after.value"},
    }

    async def doubtful(self) -> tuple[MemoryJournal, Actor]:
        """A run that died while it was sending, and was resumed since."""
        journal = MemoryJournal()
        await first_run(journal, checked(self.PLAN), actor())
        events = journal.read_events("r")
        sent = next(
            at
            for at, event in enumerate(events)
            if isinstance(event, AttemptStarted) and event.step == "mail"
        )
        again, resumed = actor(), await cut(events, sent + 1)
        result = await executor(resumed, again).resume("r")
        assert (result.status, result.waiting) == ("paused", ("mail",))
        await resumed.release("r")
        return resumed, again

    async def settled(self, verdict: Any, **more: Any) -> tuple[RunResult, Actor]:
        """The same, after somebody has said what became of it."""
        journal, before = await self.doubtful()
        assert "mail" not in [context.step for context in before.played]
        assert await RunControl(journal, VirtualClock()).settle("r", verdict, **more) is None
        await journal.claim("r")
        again = actor()
        return await executor(journal, again).resume("r"), again

    def test_it_pauses_and_what_does_not_depend_on_it_is_done(self) -> None:
        """The run asks; the work is not attempted again; the rest is."""

        async def main() -> None:
            journal, before = await self.doubtful()
            assert [context.step for context in before.played] == ["other"]
            (lost,) = [event for event in journal.read_events("r") if isinstance(event, AttemptLost)]
            assert (lost.step, lost.in_doubt) == ("mail", True)

        run_virtually(main())

    def test_it_was_done(self) -> None:
        """With the output that somebody gives, what depends on it goes on."""

        async def main() -> None:
            result, again = await self.settled("done", output={"value": "sent"}, by="Ann")
            assert (result.status, result.steps["mail"].output) == ("completed", {"value": "sent"})
            assert [context.step for context in again.played] == ["after"]

        run_virtually(main())

    def test_it_may_be_done_again(self) -> None:
        """With the same key, and the next number."""

        async def main() -> None:
            result, again = await self.settled("again", step="mail")
            assert result.status == "completed"
            mail = again.played[0]
            assert (mail.step, mail.attempt, mail.idempotency_key) == ("mail", 2, "r:mail")

        run_virtually(main())

    def test_it_failed(self) -> None:
        """The step fails, and says who said so."""

        async def main() -> None:
            result, again = await self.settled("failed", by="Ann")
            assert (result.status, again.played) == ("failed", [])
            assert result.account is not None and "Ann said" in result.account.describe()

        run_virtually(main())

    def test_an_answer_that_fits_nothing_is_refused(self) -> None:
        """No output where one is promised; a step that is not in doubt: nothing is posted."""

        async def main() -> None:
            journal, _ = await self.doubtful()
            control = RunControl(journal, VirtualClock())
            with pytest.raises(AnswerRefused, match="value"):
                await control.settle("r", "done", output={"other": 1})
            with pytest.raises(AnswerRefused, match="only the verdict `done`"):
                await control.settle("r", "again", output={"value": 1})
            with pytest.raises(NothingWaits, match=r"'other' is not waiting.*mail"):
                await control.settle("r", "again", step="other")
            assert await journal.signals.unanswered("r") == []

        run_virtually(main())


class TestControl:
    """Words to a run, from whoever."""

    def test_approval_outlives_the_process(self) -> None:
        """The run pauses and its process ends; somebody approves; whoever resumes it goes on."""

        async def main() -> None:
            journal = MemoryJournal()
            result = await first_run(journal, checked(), actor())
            assert (result.status, result.waiting) == ("paused", ("asked",))
            await journal.release("r")
            control = RunControl(journal, VirtualClock())
            await control.approve("r", "asked", by="Ann")
            await control.approve("r", "asked", by="Ben")
            with pytest.raises(NothingWaits, match=r"'last' is not waiting.*asked"):
                await control.approve("r", "last")
            await journal.claim("r")
            result = await executor(journal, actor()).resume("r")
            assert result.status == "completed"
            granted = [
                event for event in journal.read_events("r") if type(event).__name__ == "ApprovalGranted"
            ]
            assert [event.by for event in granted] == ["Ann"]  # type: ignore[union-attr]
            with pytest.raises(RunEnded, match="completed"):
                await control.deny("r")

        run_virtually(main())

    def test_a_run_can_rest_and_go_on(self) -> None:
        """Paused: what runs may end, nothing starts; resumed: the rest is done, once."""

        async def main() -> None:
            journal, agent = MemoryJournal(), actor(a=lambda *_: asyncio.sleep(10, "a"))
            control = RunControl(journal, VirtualClock())
            running = asyncio.ensure_future(first_run(journal, checked(), agent, approve=yes))
            await asyncio.sleep(5)
            assert await control.pause("r") is not None
            result = await running
            assert (result.status, result.waiting) == ("paused", ())
            assert str(result.steps["a"].status) == "completed"
            assert str(result.steps["each"].status) == "pending"
            again = actor()
            result = await executor(journal, again, approve=yes).resume("r")
            assert result.status == "completed"
            assert "a" not in [context.step for context in again.played]

        run_virtually(main())

    def test_a_pause_that_came_too_late_for_one_owner_is_not_for_the_next(self) -> None:
        """Whoever resumes the run wants it to go on."""

        async def main() -> None:
            journal = MemoryJournal()
            await first_run(journal, checked(), actor(), approve=yes)
            events = journal.read_events("r")
            started = next(at for at, event in enumerate(events) if isinstance(event, AttemptStarted))
            dead = await cut(events, started + 1)
            control = RunControl(dead, VirtualClock())
            await control.pause("r")
            assert len(await dead.signals.unanswered("r")) == 1
            assert (await executor(dead, actor(), approve=yes).resume("r")).status == "completed"
            assert await dead.signals.unanswered("r") == []

        run_virtually(main())

    def test_a_run_that_nobody_has_rests_already(self) -> None:
        """A pause leaves nothing behind that would hold up whoever resumes it."""

        async def main() -> None:
            journal = MemoryJournal()
            await first_run(journal, checked(), actor())
            await journal.release("r")
            assert await RunControl(journal, VirtualClock()).pause("r") is None
            assert await journal.signals.unanswered("r") == []

        run_virtually(main())

    def test_a_live_run_is_cancelled_by_a_letter(self) -> None:
        """What runs is told to stop, and the journal says why."""

        async def main() -> None:
            journal, agent = MemoryJournal(), actor(a=lambda *_: asyncio.sleep(1000))
            running = asyncio.ensure_future(first_run(journal, checked(), agent, approve=yes))
            await asyncio.sleep(5)
            await RunControl(journal, VirtualClock()).cancel("r", "enough")
            result = await running
            assert result.status == "cancelled"
            assert str(result.steps["a"].attempts[0].status) == "cancelled"
            assert await journal.signals.unanswered("r") == []

        run_virtually(main())

    def test_a_run_that_nobody_has_is_cancelled_at_once(self) -> None:
        """Its attempts are lost, and nothing more can be said to it."""

        async def main() -> None:
            journal = MemoryJournal()
            await first_run(journal, checked(), actor(), approve=yes)
            events = journal.read_events("r")
            started = next(at for at, event in enumerate(events) if isinstance(event, AttemptStarted))
            dead = await cut(events, started + 1)
            await dead.release("r")
            await RunControl(dead, VirtualClock()).cancel("r", "enough")
            assert [type(event).__name__ for event in dead.read_events("r")[started + 1 :]] == [
                "RunResumed",
                "CancellationRequested",
                "AttemptLost",
                "RunCancelled",
            ]
            with pytest.raises(RunEnded):
                await RunControl(dead, VirtualClock()).cancel("r")

        run_virtually(main())


def test_with_agents_gone_or_changed_nothing_is_changed() -> None:
    """The run is refused before anything is written, and says which capability is the matter; with the
    agents back, it goes on."""
    other = WORK.model_copy(update={"output_schema": {**VALUE, "title": "another"}})

    async def main() -> None:
        journal = MemoryJournal()
        await first_run(journal, checked(), actor())
        before = journal.read_events("r")
        with pytest.raises(AgentsChanged, match="no agent provides 'work'"):
            await executor(journal).resume("r")
        with pytest.raises(AgentsChanged, match="'work' has a different output schema"):
            await executor(journal, Actor(offers=(other,))).resume("r")
        assert journal.read_events("r") == before
        assert (await executor(journal, actor(), approve=yes).resume("r")).status == "completed"

    run_virtually(main())


def test_what_was_allowed_when_the_run_began_is_allowed_still() -> None:
    """The time limit counts from the beginning, also while nobody has the run."""

    async def main() -> None:
        journal = MemoryJournal()
        await journal.create(RunCreated(VirtualClock().now(), "r", "a goal", 7))
        result = await executor(journal, actor(), time_limit=100).run("r", checked())
        assert result.status == "paused"
        await asyncio.sleep(200)
        result = await executor(journal, actor(), approve=yes).resume("r")
        assert result.status == "failed"
        assert result.account is not None and "its time" in result.account.describe()

    run_virtually(main())


def test_work_that_ends_the_process_again_and_again_fails_at_last() -> None:
    """A hundred times in a row, while nothing else gets done: then its step fails, and says what may help."""
    steps = [{"id": "a", "capability": "work"}]
    plan = checked({"goal": "g", "steps": steps, "answer": "x"})
    puppet = Puppet(plan)
    for _ in range(MAX_LOSSES):
        assert puppet.running == [("a", None)]
        puppet.resume()
    assert puppet.state.run.status == "failed"
    assert puppet.latest.account.failure.kind == "lost"
    assert 'isolation="process"' in puppet.latest.account.describe()
