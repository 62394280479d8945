"""The machine by itself: no agent, no clock, no journal."""

from __future__ import annotations

import pytest

from callsheet.executor.machine.machine import decide, reduce_event
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptCancelled,
    CancellationRequested,
    TimeLimitReached,
)
from callsheet.planner.expressions.tree import Constant, Name
from callsheet.planner.plan.plan import Join, OnFailure
from tests.executor.puppet import Puppet
from tests.executor.stage import equals, nothing, plan, step, value_of


def test_deciding_changes_nothing() -> None:
    """Asked twice, the machine answers the same: only entering an event moves it on."""
    state = reduce_event(
        Puppet(plan(step("a"), step("b", "a"))).events[:3], {1: plan(step("a"), step("b", "a"))}
    )
    assert decide(state) == decide(state) is not None


def test_a_step_waits_for_every_dependency() -> None:
    """Under `join: all`, the last of the dependencies lets a step start."""
    puppet = Puppet(plan(step("a"), step("b"), step("c", "a", "b")))
    puppet.succeed("a")
    assert puppet.running == [("b", None)]
    puppet.succeed("b")
    assert puppet.running == [("c", None)]


def test_independent_steps_run_side_by_side_up_to_the_limit() -> None:
    """No more attempts run at once than allowed, and the next starts as soon as there is a place."""
    puppet = Puppet(plan(*[step(f"s{place}") for place in range(5)]), most=2)
    assert puppet.running == [("s0", None), ("s1", None)]
    puppet.succeed("s1")
    assert puppet.running == [("s0", None), ("s2", None)]


def test_inputs_are_what_earlier_steps_gave() -> None:
    """An attempt's inputs stand in the event of its start, by value."""
    puppet = Puppet(plan(step("a"), step("b", "a", inputs={"x": value_of("a"), "y": Constant(2)})))
    puppet.succeed("a", [1, 2])
    assert puppet.latest.inputs == {"x": [1, 2], "y": 2}


def test_a_condition_that_does_not_hold_skips_the_step_and_what_needs_it() -> None:
    """A skip goes on to the dependants whose join can no longer be met, and no further."""
    puppet = Puppet(
        plan(
            step("a", condition=Constant(False)),
            step("b", "a"),
            step("c", "b"),
            step("d", "a", join=Join.DONE),
            step("e", "a", "d", join=Join.ANY),
        )
    )
    puppet.succeed("d")
    puppet.succeed("e")
    assert [puppet.status(name) for name in "abcde"] == ["skipped"] * 3 + ["completed"] * 2
    assert puppet.state.run.steps["c"].because == ("b",)
    assert puppet.state.run.missing == (), "nothing failed, so nothing is missing"


def test_a_condition_that_holds_is_journaled_and_the_step_runs() -> None:
    """The decision is an event of its own, so that nobody takes it again."""
    puppet = Puppet(plan(step("a", condition=equals(Constant(1), 1))))
    assert puppet.names() == ["ConditionDecided", "AttemptStarted"]


def test_any_waits_for_all_to_end_and_wants_one_that_completed() -> None:
    """`join: any` is no race: it starts when every dependency has ended and one completed."""
    puppet = Puppet(
        plan(step("a"), step("b", on_failure=OnFailure.CONTINUE), step("c", "a", "b", join=Join.ANY))
    )
    puppet.succeed("a")
    assert puppet.running == [("b", None)]
    puppet.fail("b")
    assert puppet.running == [("c", None)]


def test_any_of_none_completed_is_skipped() -> None:
    """`join: any` cannot be met by failures, and the account names them."""
    puppet = Puppet(
        plan(
            step("a", on_failure=OnFailure.CONTINUE),
            step("b", condition=Constant(False)),
            step("c", "a", "b", join=Join.ANY),
        )
    )
    puppet.fail("a")
    assert puppet.status("c") == "skipped"
    assert puppet.state.run.steps["c"].because == ("a", "b")


def test_a_step_allowed_to_fail_leaves_the_rest_running_and_is_named_missing() -> None:
    """What doesn't need the failed step finishes, and the result says what is missing."""
    puppet = Puppet(plan(step("a", on_failure=OnFailure.CONTINUE), step("b", "a"), step("c")))
    puppet.fail("a")
    puppet.succeed("c")
    assert puppet.state.run.status == "completed"
    assert puppet.state.run.missing == ("a", "b")


def test_a_step_that_must_not_fail_stops_what_runs_and_fails_the_run() -> None:
    """Fail-fast: nothing starts any more, what runs is told to stop, and the run ends when it has."""
    puppet = Puppet(plan(step("a"), step("b"), step("c", "b")))
    puppet.fail("a")
    assert puppet.names()[-1] == "AttemptStopping"
    assert puppet.state.run.status == "running"
    puppet.hear(AttemptCancelled(9.0, "b", 1))
    account = puppet.state.run.account
    assert puppet.state.run.status == "failed"
    assert account is not None and (account.step, account.attempts) == ("a", 1)
    assert (puppet.status("b"), puppet.status("c")) == ("cancelled", "cancelled")


def test_work_that_finishes_while_it_is_told_to_stop_is_kept() -> None:
    """A completed step is completed, whatever the run comes to."""
    puppet = Puppet(plan(step("a"), step("b")))
    puppet.fail("a")
    puppet.succeed("b", 3)
    assert puppet.status("b") == "completed"
    assert puppet.state.run.status == "failed"


def test_what_can_be_mended_is_tried_again_after_a_wait() -> None:
    """A retryable failure waits, and is tried again until its retries are used up."""
    puppet = Puppet(plan(step("a", max_retries=1)))
    puppet.fail("a", retryable=True)
    assert puppet.status("a") == "waiting"
    puppet.ring()
    assert puppet.number("a") == 2
    puppet.fail("a", retryable=True)
    account = puppet.state.run.account
    assert account is not None and account.attempts == 2


def test_what_cannot_be_mended_is_not_tried_again() -> None:
    """A permanent failure fails the step at once, with retries left."""
    puppet = Puppet(plan(step("a", max_retries=5)))
    puppet.fail("a")
    assert puppet.names() == ["AttemptStarted", "AttemptFailed", "StepFailed", "RunFailed"]


def test_retry_after_is_honoured() -> None:
    """The wait is never shorter than the other side asked for."""
    puppet = Puppet(plan(step("a", max_retries=1)))
    puppet.fail("a", retryable=True, retry_after=500.0)
    assert puppet.timers[0].due - puppet.now >= 500.0


def test_for_each_gives_its_outputs_in_the_order_of_the_items() -> None:
    """However the items come home."""
    puppet = Puppet(plan(step("a", for_each=Constant(["x", "y", "z"]), inputs={"of": Name("item")})))
    for item in (2, 0, 1):
        puppet.succeed("a", item * 10, item)
    assert puppet.state.run.outputs["a"] == [{"value": 0}, {"value": 10}, {"value": 20}]
    assert puppet.state.run.status == "completed"


def test_for_each_over_nothing_is_done_at_once() -> None:
    """An empty list makes an empty output, no attempt, and dependants that start."""
    puppet = Puppet(
        plan(step("a", for_each=Constant([])), step("b", "a", inputs={"x": value_of("a", each=True)}))
    )
    assert puppet.status("a") == "completed"
    assert puppet.latest.inputs == {"x": []}


def test_one_failed_item_fails_the_step_and_stops_the_others() -> None:
    """What the other items still do is told to stop, what they have not begun is forgotten."""
    items = Constant([1, 2, 3, 4])
    puppet = Puppet(plan(step("a", for_each=items, on_failure=OnFailure.CONTINUE), step("b")), most=3)
    # The plan's order: b is queued before the items, which have to be resolved first.
    puppet.fail("a", 0)
    assert ("a", 2) not in puppet.running
    assert puppet.names().count("AttemptStopping") == 1
    puppet.fail("a", 1)
    puppet.succeed("b")
    assert puppet.state.run.status == "completed"
    assert puppet.names().count("StepFailed") == 1


@pytest.mark.parametrize(
    "told",
    [
        {"inputs": {"x": nothing()}},
        {"condition": nothing()},
        {"for_each": nothing()},
    ],
)
def test_a_missing_value_is_a_surprise_of_the_step_that_wanted_it(told: dict[str, object]) -> None:
    """Absent where a value is needed never crashes: the step fails with its own account, untried."""
    puppet = Puppet(plan(step("a", **told)))  # type: ignore[arg-type]
    account = puppet.state.run.account
    assert puppet.names() == ["StepFailed", "RunFailed"]
    assert account is not None and account.failure.kind == "surprise"
    assert "index 0 is out of range" in account.failure.message


def test_a_missing_answer_fails_the_run_and_says_so() -> None:
    """Every step completed and the answer has no value: the run has failed."""
    puppet = Puppet(plan(step("a"), answer=nothing()))
    puppet.succeed("a")
    account = puppet.state.run.account
    assert account is not None and account.failure.message.startswith("the answer has no value")


def test_a_plan_without_steps_answers_at_once() -> None:
    """There may be nothing to do."""
    assert Puppet(plan(answer=Constant(4))).state.run.answer == 4


def test_an_approval_is_asked_for_with_what_will_be_given() -> None:
    """Whoever is asked sees the inputs; once granted, the step runs, and is not asked about again."""
    puppet = Puppet(plan(step("a", approval=True, inputs={"x": Constant(1)}, max_retries=1)))
    assert (puppet.asked, puppet.status("a")) == (["a"], "waiting")
    assert puppet.latest.inputs == {"x": 1}
    puppet.hear(ApprovalGranted(1.0, "a"))
    puppet.fail("a", retryable=True)
    puppet.ring()
    assert (puppet.asked, puppet.running) == ([], [("a", None)])


def test_a_refused_approval_fails_the_step() -> None:
    """Nothing is tried, and the account says that somebody said no."""
    puppet = Puppet(plan(step("a", approval=True)))
    puppet.hear(ApprovalDenied(1.0, "a", "ann"))
    assert puppet.names() == ["ApprovalRequested", "ApprovalDenied", "StepFailed", "RunFailed"]
    account = puppet.state.run.account
    assert account is not None and account.describe() == "step 'a' failed: its approval was refused by ann"


def test_the_time_limit_stops_the_run() -> None:
    """Steps that had not ended are cancelled, and the account names the limit."""
    puppet = Puppet(plan(step("a"), step("b", "a")))
    puppet.hear(TimeLimitReached(5.0))
    puppet.hear(AttemptCancelled(5.0, "a", 1))
    account = puppet.state.run.account
    assert account is not None and account.failure.kind == "time_limit"


def test_cancelling_stops_the_run() -> None:
    """Told to stop, the run stops its attempts, and only then says that it was cancelled."""
    puppet = Puppet(plan(step("a"), step("b", "a")))
    puppet.hear(CancellationRequested(5.0, "enough"))
    puppet.hear(AttemptCancelled(5.0, "a", 1, abandoned=True))
    assert puppet.names()[-1] == "RunCancelled"
    assert puppet.state.run.steps["a"].attempts[0].abandoned
