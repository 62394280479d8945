"""Whole runs with fake agents, in virtual time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.models.errors import ModelRejected, ModelUnavailable
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import EPOCH, run_virtually
from callsheet.executor.driver.errors import RunNotPending
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.errors import JournalError, RunNotFound
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.machine.machine import reduce_event
from callsheet.executor.run.events import (
    ApprovalRequested,
    AttemptFailed,
    AttemptStarted,
    Event,
    RunCreated,
)
from callsheet.executor.run.state import RunState
from callsheet.planner.expressions.tree import Constant, Name
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import OnFailure
from tests.executor.stage import (
    HALL,
    Actor,
    behave,
    capability,
    equals,
    own_value,
    perform,
    plan,
    play,
    step,
    value_of,
)

Inputs = Mapping[str, JsonValue]
DAY = 86_400.0


def sleeper(seconds: float) -> Any:
    """Work that takes a while."""

    async def work(inputs: Inputs, context: Context) -> str:
        await asyncio.sleep(seconds)
        return context.step

    return work


def stubborn(seconds: float) -> Any:
    """Work that takes a while and does not let itself be stopped."""

    async def work(inputs: Inputs, context: Context) -> str:
        over = asyncio.get_running_loop().time() + seconds
        while (left := over - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                continue
        return "late"

    return work


def test_results_flow_from_step_to_step_into_the_answer() -> None:
    """Inputs are what earlier steps gave, and the answer is what the plan says."""
    doubled = behave(a=2, b=lambda inputs, context: inputs["x"] * 2)
    played = play(
        plan(step("a"), step("b", "a", inputs={"x": value_of("a")}), answer=value_of("b")), Actor(doubled)
    )
    assert (played.result.status, played.result.answer) == ("completed", 4)


def test_a_step_of_180_days_takes_no_time() -> None:
    """Under the virtual clock only the journal knows how long it took."""
    played = play(plan(step("a", timeout_seconds=366 * DAY)), Actor(sleeper(180 * DAY)))
    assert played.result.ended == pytest.approx(EPOCH + 180 * DAY)


def test_a_plain_step_costs_two_events() -> None:
    """Start and success, and nothing else."""
    assert len(play(plan(step("a"))).events) - len(play(plan()).events) == 2


def test_independent_steps_overlap() -> None:
    """A diamond takes as long as its longest path, not as long as its steps."""
    played = play(plan(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")), Actor(sleeper(10.0)))
    assert played.result.ended == pytest.approx(EPOCH + 30.0)


def test_what_is_lived_is_what_is_folded() -> None:
    """The result comes from the state, and the journal folds to the same."""
    heard: list[Event] = []
    played = play(plan(step("a", for_each=Constant([1, 2])), step("b", "a")), on_event=heard.append)
    assert heard == played.events[1:], "everything after the run's creation"
    assert played.state.run.status == played.result.status


def test_the_same_seed_gives_the_same_journal() -> None:
    """Byte for byte, backoff included; another seed waits otherwise."""

    def once(seed: int) -> list[Event]:
        return play(plan(step("a", max_retries=3)), Actor(behave(a=Retryable("no"))), seed=seed).events

    assert once(7) == once(7)
    assert [event.at for event in once(7)] != [event.at for event in once(8)]


def test_an_attempt_starts_only_after_its_start_is_kept() -> None:
    """When an agent is given work, the journal already has it, however long that took."""

    class Slow(MemoryJournal):
        async def append(self, run: str, events: Sequence[Event], **more: Any) -> None:
            await asyncio.sleep(1.0)
            await super().append(run, events, **more)

    journal = Slow()
    seen: list[int] = []

    def look(inputs: Inputs, context: Context) -> str:
        seen.append(sum(isinstance(event, AttemptStarted) for event in journal.read_events("r")))
        return "looked"

    play(plan(step("a"), step("b", "a")), Actor(look), journal=journal)
    assert seen == [1, 2]


def test_the_context_says_which_work_this_is() -> None:
    """Retries of one piece of work share an idempotency key; items have their own."""
    actor = Actor(behave(a=Retryable("no")))
    played = play(plan(step("a", for_each=Constant([5]), max_retries=1, timeout_seconds=9.0)), actor)
    first, second = actor.played
    assert (first.idempotency_key, second.idempotency_key) == ("r:a:0", "r:a:0")
    assert (first.attempt, second.attempt, first.item, first.run) == (1, 2, 0, "r")
    assert first.deadline == played.of(AttemptStarted)[0].at + 9.0


class TestFailures:
    def test_retryable_is_tried_again_and_permanent_is_not(self) -> None:
        """Agents say which."""
        for error, attempts in ((Retryable("no"), 4), (Permanent("no"), 1), (ValueError("no"), 4)):
            played = play(plan(step("a", max_retries=3)), Actor(behave(a=error)))
            assert played.result.account is not None
            assert played.result.account.attempts == attempts, error

    def test_errors_of_models_say_for_themselves(self) -> None:
        """A model out of reach is asked again; one that rejects the request isn't."""
        for error, attempts in (
            (ModelUnavailable("m", "down", retry_after=30.0), 2),
            (ModelRejected("m", "no key"), 1),
        ):
            played = play(plan(step("a", max_retries=1)), Actor(behave(a=error)))
            assert len(played.result.steps["a"].attempts) == attempts

    def test_retry_after_is_waited_for(self) -> None:
        """At least as long as the other side asked."""
        played = play(plan(step("a", max_retries=1)), Actor(behave(a=Retryable("no", retry_after=3600.0))))
        first, second = played.of(AttemptStarted)
        assert second.at - first.at >= 3600.0

    def test_irreversible_work_is_tried_again_only_where_the_agent_says_so(self) -> None:
        """A failure whose effect nobody knows is not repeated."""
        mail = capability("mail", effect=Effect.IRREVERSIBLE)
        for error, attempts in ((Retryable("not sent"), 3), (OSError("cut off"), 1)):
            actor = Actor(behave(a=error), offers=(mail,))
            played = play(plan(step("a", does=mail, max_retries=2)), actor)
            assert len(played.result.steps["a"].attempts) == attempts

    def test_a_retry_goes_to_somebody_else_if_the_agent_was_at_fault(self) -> None:
        """The other agent gets its chance."""
        bad, good = Actor(behave(a=OSError("broken")), "bad"), Actor(name="good")
        played = play(plan(step("a", max_retries=1)), bad, good)
        assert [attempt.agent for attempt in played.result.steps["a"].attempts] == ["bad", "good"]

    @pytest.mark.parametrize(
        "output", [float("nan"), {1, 2}, (1,), object(), b"x", "\ud800", {"value": 10**5000}]
    )
    def test_what_is_no_json_fails_the_attempt_once(self, output: object) -> None:
        """Not JSON, or not faithfully: one clear failure, and no retry."""
        played = play(plan(step("a", max_retries=3)), Actor(lambda inputs, context: output))
        assert played.result.account is not None
        assert played.result.account.failure.kind == "invalid_output"
        assert played.result.account.attempts == 1

    def test_what_the_capability_does_not_promise_fails_the_attempt(self) -> None:
        """Nobody downstream sees an output of the wrong shape."""
        exact = capability(
            output_schema={
                "type": "object",
                "properties": {"value": {"type": "integer"}},
                "required": ["value"],
            }
        )
        actor = Actor(behave(a="seven"), offers=(exact,))
        played = play(plan(step("a", does=exact)), actor)
        assert played.result.account is not None
        assert "/value" in played.result.account.failure.message

    def test_an_output_beyond_all_bounds_fails_the_attempt(self) -> None:
        """16 MiB are enough for one value."""
        played = play(plan(step("a")), Actor(behave(a="x" * (16 * 1024 * 1024))))
        assert played.result.account is not None
        assert "at most 16,777,216 are kept" in played.result.account.failure.message

    def test_inputs_are_validated_before_anybody_is_asked(self) -> None:
        """A bad input fails the step, with no attempt made."""
        picky = capability(
            input_schema={"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
        )
        actor = Actor(offers=(picky,))
        played = play(plan(step("a", does=picky, inputs={"n": Constant(0)}, max_retries=2)), actor)
        assert played.result.account is not None
        assert (played.result.account.failure.kind, actor.played) == ("invalid_input", [])

    def test_a_broken_expectation_is_a_surprise_with_the_values_in_it(self) -> None:
        """The account names the expectation and what stood in it; nothing is tried again."""
        checked = plan(step("a", expect=[equals(own_value(), 3)], max_retries=2))
        played = play(checked, Actor(behave(a=4)))
        account = played.result.account
        assert account is not None
        assert (account.failure.kind, account.failure.expectation) == ("surprise", "as expected")
        assert account.failure.values == {"output.value": 4}
        assert played.result.steps["a"].attempts[0].status == "surprised"

    def test_an_agent_may_be_surprised_itself(self) -> None:
        """`Surprise` ends the step like a broken expectation."""
        played = play(plan(step("a", max_retries=2)), Actor(behave(a=Surprise("the shop is closed"))))
        assert played.result.account is not None
        assert played.result.account.describe().startswith("step 'a' failed: the shop is closed (stage.py:")

    def test_an_agent_cannot_end_the_process(self) -> None:
        """`SystemExit`, and cancelling where nobody asked for it, are failures like others."""
        for error in (SystemExit(3), asyncio.CancelledError(), GeneratorExit()):
            played = play(plan(step("a")), Actor(behave(a=error)))
            assert played.result.account is not None
            assert type(error).__name__ in played.result.account.failure.message

    def test_an_agent_that_returns_a_generator_has_failed(self) -> None:
        """It is not JSON, and is not run."""

        def generate() -> Iterator[int]:
            yield 1

        played = play(plan(step("a")), Actor(lambda inputs, context: generate()))
        assert played.result.status == "failed"

    def test_a_failure_that_is_allowed_leaves_an_answer_that_says_what_is_missing(self) -> None:
        """Graceful degradation, end to end."""
        checked = plan(step("a", on_failure=OnFailure.CONTINUE), step("b"), answer=value_of("b"))
        played = play(checked, Actor(behave(a=Permanent("no"))))
        assert (played.result.status, played.result.answer) == ("completed", "b")
        assert played.result.missing == ("a",)

    def test_a_capability_that_nobody_offers_any_more_fails_the_step(self) -> None:
        """At once, and saying so."""
        played = play(plan(step("a", does=capability("lost"))))
        assert played.result.account is not None
        assert played.result.account.failure.kind == "no_agent"


class TestTime:
    def test_an_attempt_that_takes_too_long_is_stopped_and_tried_again(self) -> None:
        """The timeout is of one attempt."""
        played = play(plan(step("a", timeout_seconds=5.0, max_retries=1)), Actor(sleeper(DAY)))
        failures = [event.failure for event in played.of(AttemptFailed)]
        assert [(failure.kind, failure.abandoned) for failure in failures] == [("timeout", False)] * 2
        assert played.of(AttemptFailed)[0].at == EPOCH + 5.0

    def test_one_that_will_not_stop_is_abandoned_and_holds_nobody_up(self) -> None:
        """After its grace it is marked, and whatever it still returns is ignored."""
        actor = Actor(behave(a=stubborn(100.0), b=sleeper(200.0)))
        checked = plan(
            step("a", timeout_seconds=5.0, on_failure=OnFailure.CONTINUE), step("b", timeout_seconds=999.0)
        )
        played = play(checked, actor, grace_seconds=2.0)
        (attempt,) = played.result.steps["a"].attempts
        assert (attempt.abandoned, attempt.ended) == (True, EPOCH + 7.0)
        assert played.result.status == "completed"

    def test_the_run_has_a_time_limit_of_its_own(self) -> None:
        """What runs is stopped, and the account says why."""
        played = play(plan(step("a", timeout_seconds=DAY)), Actor(sleeper(DAY)), time_limit=60.0)
        assert played.result.account is not None
        assert played.result.account.failure.kind == "time_limit"
        assert played.result.steps["a"].attempts[0].status == "cancelled"
        assert played.result.ended == EPOCH + 60.0

    def test_blocking_work_in_a_thread_does_not_hold_up_the_loop(self) -> None:
        """The loop turns while a function blocks."""
        turned = threading.Event()

        async def turn(inputs: Inputs, context: Context) -> bool:
            turned.set()
            return True

        waits = capability("waits")
        blocking = Actor(lambda inputs, context: turned.wait(30), "blocking", (waits,), Isolation.THREAD)
        played = play(plan(step("a", does=waits), step("b")), blocking, Actor(turn))
        assert played.result.steps["a"].output == {"value": True}

    def test_blocking_work_is_abandoned_at_its_timeout(self) -> None:
        """A thread cannot be stopped: the attempt fails, says that it may go on, and nobody waits."""
        go_on = threading.Event()
        actor = Actor(lambda inputs, context: go_on.wait(30), isolation=Isolation.THREAD)
        played = play(plan(step("a", timeout_seconds=0.05)), actor)
        go_on.set()
        assert played.result.account is not None and played.result.account.failure.abandoned

    def test_an_error_in_a_thread_comes_home(self) -> None:
        """Also one that is no Exception."""
        for error in (Permanent("no"), SystemExit(1), KeyboardInterrupt()):
            played = play(plan(step("a")), Actor(behave(a=error), isolation=Isolation.THREAD))
            assert played.result.status == "failed"


class TestApprovals:
    @pytest.mark.parametrize(("answer", "status"), [(True, "completed"), (False, "failed")])
    def test_somebody_is_asked(self, answer: bool, status: str) -> None:
        """With yes the step runs; with no it fails."""
        asked: list[ApprovalRequested] = []

        async def approve(request: ApprovalRequested) -> bool:
            asked.append(request)
            await asyncio.sleep(DAY)
            return answer

        played = play(plan(step("a", approval=True)), approve=approve)
        assert (played.result.status, asked[0].step) == (status, "a")

    def test_without_anybody_to_ask_the_run_pauses_once_nothing_else_is_left(self) -> None:
        """Unrelated work is finished first; the steps that wait are named."""
        played = play(plan(step("a", approval=True), step("b"), step("c", "a")))
        assert (played.result.status, played.result.waiting) == ("paused", ("a",))
        assert played.statuses() == {"a": "waiting", "b": "completed", "c": "pending"}

    def test_a_policy_may_want_more_approvals_than_the_plan(self) -> None:
        """The caller marks steps, and the journal keeps which."""
        played = play(plan(step("a"), step("b")), needs_approval=lambda step: step.id == "b")
        assert played.result.waiting == ("b",)

    @pytest.mark.parametrize(
        "error", [EOFError("no terminal"), SystemExit(2), asyncio.CancelledError("mine")]
    )
    def test_an_error_while_asking_comes_out(self, error: BaseException) -> None:
        """Whatever it is; nothing is approved by accident, and the run can be resumed."""
        journal = MemoryJournal()
        checked = plan(step("a", approval=True))

        async def approve(request: ApprovalRequested) -> bool:
            raise error

        with pytest.raises(type(error), match=str(error)):
            play(checked, approve=approve, journal=journal)
        assert isinstance(journal.read_events("r")[-1], ApprovalRequested)


def resumed(journal: MemoryJournal, checked: CheckedPlan, actor: Actor | None = None) -> RunState:
    """The run after another process went on with it."""

    async def go_on() -> None:
        await journal.release("r")
        await journal.claim("r")
        await Executor(Registry([actor or Actor()]), journal, workspace=HALL).resume("r")

    run_virtually(go_on())
    return reduce_event(journal.read_events("r"), {1: checked}).run


class TestInterrupting:
    PLAN = plan(step("a", timeout_seconds=DAY), step("b", "a"))

    def interrupt(
        self,
        behaviour: Any,
        *,
        journal: MemoryJournal,
        times: int = 1,
        checked: CheckedPlan = PLAN,
        actor: Actor | None = None,
        after: float = 10.0,
        ended: float | None = None,
    ) -> list[Event]:
        """Cancel a run, and see when its task ended, counted from then."""

        async def main() -> None:
            loop = asyncio.get_running_loop()
            run = asyncio.create_task(perform(checked, actor or Actor(behaviour), journal=journal))
            await asyncio.sleep(after)
            began = loop.time()
            for _ in range(times):
                run.cancel()
                await asyncio.wait((run,), timeout=0.5)
            with pytest.raises(asyncio.CancelledError):
                await run
            assert ended is None or loop.time() == pytest.approx(began + ended)

        run_virtually(main())
        return journal.read_events("r")

    def test_an_attempt_that_stops_is_lost_and_done_again_by_whoever_resumes(self) -> None:
        """Nothing is cancelled for good: CancelledError goes on, and the run stands where it stood."""
        journal = MemoryJournal()
        assert isinstance(self.interrupt(sleeper(100.0), journal=journal)[-1], AttemptStarted)
        record = resumed(journal, self.PLAN)
        assert record.status == "completed"
        assert [attempt.status for attempt in record.steps["a"].attempts] == ["lost", "succeeded"]

    @pytest.mark.parametrize(
        "error", [asyncio.CancelledError(), Permanent("told to stop"), OSError("closed")]
    )
    def test_what_cannot_be_undone_is_in_doubt_after_it(self, error: BaseException) -> None:
        """However the agent ended when it was told to stop: nobody knows whether it was done."""
        journal = MemoryJournal()
        checked = plan(step("a", does=capability(effect=Effect.IRREVERSIBLE), timeout_seconds=DAY))

        async def work(inputs: Inputs, context: Context) -> str:
            try:
                await asyncio.sleep(100.0)
            except asyncio.CancelledError:
                raise error from None
            return "done"

        actor = Actor(work, offers=(capability(effect=Effect.IRREVERSIBLE),))
        self.interrupt(work, journal=journal, checked=checked, actor=actor)
        record = resumed(journal, checked, actor)
        assert (record.status, [*record.doubtful], len(actor.played)) == ("paused", [("a", None)], 1)

    def test_what_an_attempt_gives_in_its_grace_is_kept(self) -> None:
        """Work that was done is not done again, though it was told to stop."""
        journal = MemoryJournal()
        self.interrupt(stubborn(11.0), journal=journal)
        record = resumed(journal, self.PLAN)
        assert [attempt.status for attempt in record.steps["a"].attempts] == ["succeeded"]
        assert (record.status, record.steps["b"].status) == ("completed", "completed")

    @pytest.mark.parametrize(("times", "seconds"), [(1, 2.0), (2, 0.5)])
    def test_an_attempt_that_will_not_stop_is_not_waited_for_long(self, times: int, seconds: float) -> None:
        """After its grace, or a second interruption, the process goes; the journal is complete."""
        journal = MemoryJournal()
        self.interrupt(stubborn(100.0), times=times, journal=journal, ended=seconds)
        assert resumed(journal, self.PLAN).status == "completed"

    @pytest.mark.parametrize("seconds", [place / 2 for place in range(6)])
    def test_at_any_time_nothing_is_lost(self, seconds: float) -> None:
        """Whatever was done before is not done again, and the rest is done."""
        journal = MemoryJournal()
        checked = plan(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))
        self.interrupt(sleeper(1.0), journal=journal, checked=checked, after=seconds)
        before = reduce_event(journal.read_events("r"), {1: checked}).run
        done = {name for name, each in before.steps.items() if each.status == "completed"}
        actor = Actor()
        assert resumed(journal, checked, actor).status == "completed"
        assert {each.step for each in actor.played} == set(checked.steps) - done


class TestCollaborators:
    def test_a_run_is_started_once(self) -> None:
        """A second start of the same run is refused, and changes nothing."""
        journal = MemoryJournal()
        played = play(plan(step("a")), journal=journal)

        async def again() -> None:
            await journal.append("r", [])
            await Executor(Registry([Actor()]), journal, workspace=HALL).run("r", plan(step("a")))

        with pytest.raises(RunNotPending):
            run_virtually(again())
        assert journal.read_events("r") == played.events

    def test_a_journal_that_fails_stops_the_run(self) -> None:
        """No attempt starts whose start could not be kept."""

        class Full(MemoryJournal):
            async def append(self, run: str, events: Any, **more: Any) -> None:
                if any(isinstance(event, AttemptStarted) and event.step == "b" for event in events):
                    raise JournalError("x.db", "the disk is full")
                await super().append(run, events, **more)

        actor, journal = Actor(), Full()
        with pytest.raises(JournalError, match="disk is full"):
            play(plan(step("a"), step("b", "a")), actor, journal=journal)
        assert [context.step for context in actor.played] == ["a"]
        assert journal.read_events("r")

    def test_a_listener_that_fails_interrupts_the_run(self) -> None:
        """Its error comes out, and the run can be resumed."""
        journal = MemoryJournal()

        def listen(event: Event) -> None:
            if isinstance(event, AttemptStarted):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            play(plan(step("a")), journal=journal, on_event=listen)
        assert resumed(journal, plan(step("a"))).status == "completed"

    @pytest.mark.parametrize("error", [RuntimeError("a defect"), MemoryError("none left"), SystemExit(4)])
    def test_an_error_in_what_is_made_of_an_attempt_comes_out(
        self, error: BaseException, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not as an assertion about what else is left to do: itself, and the run can be resumed."""
        journal = MemoryJournal()

        def judge(*_: Any) -> Any:
            raise error

        with monkeypatch.context() as patch, pytest.raises(type(error), match=str(error)):
            patch.setattr("callsheet.executor.driver.attempts.judge_output", judge)
            play(plan(step("a"), step("b")), journal=journal)
        assert resumed(journal, plan(step("a"), step("b"))).status == "completed"

    def test_what_an_agent_does_to_its_inputs_and_output_afterwards_changes_nothing(self) -> None:
        """Values are copied on their way in and out."""
        kept: list[Any] = []

        def vandal(inputs: Mapping[str, Any], context: Context) -> Any:
            for value in inputs.values():
                value.append("mine")
            output: list[Any] = [1]
            kept.append(output)
            return output

        async def main() -> Any:
            return await perform(
                plan(
                    step("a"),
                    step("b", "a", inputs={"x": value_of("a")}),
                    step("c", "a", "b", inputs={"x": value_of("a")}),
                    answer=value_of("a"),
                ),
                Actor(vandal),
            )

        played = run_virtually(main())
        assert played.result.answer == [1]
        assert [event.inputs for event in played.of(AttemptStarted)][1:] == [{"x": [1]}, {"x": [1]}]

    def test_ten_thousand_items(self) -> None:
        """A wide fan-out comes back whole, in order, and never exceeds the limit."""
        at_once: list[int] = []
        running = 0

        async def work(inputs: Mapping[str, Any], context: Context) -> int:
            nonlocal running
            running += 1
            at_once.append(running)
            await asyncio.sleep(1.0)
            running -= 1
            return int(inputs["n"])

        items: list[JsonValue] = list(range(10_000))
        checked = plan(
            step("a", for_each=Constant(items), inputs={"n": Name("item")}), answer=value_of("a", each=True)
        )
        played = play(checked, Actor(work), max_concurrency=100)
        assert played.result.answer == items
        assert max(at_once) == 100
        assert played.result.ended == pytest.approx(EPOCH + 100.0)


def test_a_run_has_to_be_created_first() -> None:
    """The executor carries out; it does not invent runs."""

    async def main() -> None:
        journal = MemoryJournal()
        await journal.create(RunCreated(0.0, "other", "g", 1))
        await Executor(Registry([]), journal, workspace=HALL).run("r", plan())

    with pytest.raises(RunNotFound):
        run_virtually(main())
