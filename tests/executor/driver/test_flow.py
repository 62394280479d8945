"""How far a failure reaches, and how long a step may take."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from callsheet.agents.errors import Permanent, Retryable
from callsheet.executor.clocks.virtual_loop import EPOCH
from callsheet.executor.run.events import StepTimeLimitReached
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.planner.plan.plan import Join
from tests.executor.stage import Actor, behave, plan, play, step


class TestFailFast:
    """Whether a failure ends the run at once."""

    STEPS = (step("bad"), step("after", "bad"), step("slow"), step("end", "slow"))

    def actor(self) -> Actor:
        """One step fails while another one takes its time."""
        return Actor(behave(bad=Permanent("no"), slow=lambda *_: asyncio.sleep(30, "slow")))

    def test_with_it_what_runs_is_stopped(self) -> None:
        """The run has failed as soon as the step has."""
        played = play(plan(*self.STEPS), self.actor())
        assert played.statuses() == {
            "bad": "failed",
            "after": "cancelled",
            "slow": "cancelled",
            "end": "cancelled",
        }

    def test_without_it_what_does_not_depend_on_the_failure_is_finished(self) -> None:
        """The run fails all the same, at its end, and names what is missing."""
        played = play(plan(*self.STEPS), self.actor(), fail_fast=False)
        assert played.statuses() == {
            "bad": "failed",
            "after": "skipped",
            "slow": "completed",
            "end": "completed",
        }
        result = played.result
        assert (str(result.status), result.missing) == ("failed", ("bad", "after"))
        assert result.account is not None
        assert result.account.describe().startswith("step 'bad' failed: no (stage.py:")
        assert result.steps["end"].output == {"value": "end"}

    def test_the_first_failure_is_the_one_that_is_told(self) -> None:
        """However many there are."""
        late = Actor(behave(a=Permanent("first"), b=lambda *_: fail_late()))
        played = play(plan(step("a"), step("b"), step("c", "a", "b", join=Join.DONE)), late, fail_fast=False)
        assert played.result.account is not None
        assert played.result.account.step == "a"
        assert played.statuses()["c"] == "completed"


async def fail_late() -> None:
    """Fails after a while."""
    await asyncio.sleep(5)
    raise Permanent("second")


class TestTotalTimeout:
    """The time a step may take with all its attempts, items and waits."""

    def limited(self, name: str, seconds: float, **more: object) -> CompiledStep:
        """A step with such a limit."""
        made = step(name, **more)  # type: ignore[arg-type]
        return replace(made, total_timeout_seconds=seconds)

    def test_retries_do_not_go_on_for_ever(self) -> None:
        """A wait that is longer than what is left is not waited for."""
        actor = Actor(behave(a=Retryable("later", retry_after=1000.0)))
        played = play(plan(self.limited("a", 20, max_retries=50)), actor)
        assert str(played.result.status) == "failed"
        assert played.result.account is not None
        assert "longer than 20 s over all its attempts" in played.result.account.describe()
        assert played.result.ended == EPOCH + 20

    def test_what_runs_is_stopped(self) -> None:
        """Also in the middle of an attempt, and of the items of a `for_each`."""
        actor = Actor(lambda inputs, context: asyncio.sleep(15, "x"))
        each = self.limited("a", 20, for_each=Constant([1, 2, 3]))
        played = play(plan(each), actor, max_concurrency=1)
        assert played.result.ended == EPOCH + 20
        statuses = [str(attempt.status) for attempt in played.result.steps["a"].attempts]
        assert statuses == ["succeeded", "cancelled"]

    def test_it_holds_for_a_step_called_run_too(self) -> None:
        """Whose limit is not that of the run."""
        actor = Actor(lambda inputs, context: asyncio.sleep(30, "x"))
        played = play(plan(self.limited("run", 20)), actor, time_limit=1000)
        assert played.result.ended == EPOCH + 20

    def test_a_step_that_is_done_in_time_hears_nothing_of_it(self) -> None:
        """No event, and no wait at the end of the run."""
        played = play(plan(self.limited("a", 20), step("b", "a")), Actor())
        assert (str(played.result.status), played.of(StepTimeLimitReached)) == ("completed", [])
        assert played.result.ended == EPOCH
