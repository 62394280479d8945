"""For every plan and every way in which its attempts can end."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.executor.machine.machine import apply, reduce_event
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    CancellationRequested,
    Event,
    RetryDue,
    TimeLimitReached,
    decode,
    encode,
)
from callsheet.executor.run.state import Work
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.plan import Join, OnFailure
from tests.executor.puppet import Puppet
from tests.executor.stage import nothing, plan, step

TRUTHS = (None, None, None, Constant(True), Constant(False), nothing())
OUTSIDE = (
    ApprovalDenied,
    ApprovalGranted,
    AttemptFailed,
    AttemptSucceeded,
    CancellationRequested,
    RetryDue,
    TimeLimitReached,
)
"""What the machine does not decide by itself."""
LISTS = (None, None, None, Constant([]), Constant([1, 2, 3]))


@st.composite
def plans(draw: st.DrawFn) -> CheckedPlan:
    """A DAG of up to nine steps with every kind of flow."""
    steps: list[CompiledStep] = []
    for place in range(draw(st.integers(1, 9))):
        before = [each.id for each in steps]
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=4)) if before else []
        steps.append(
            step(
                f"s{place}",
                *after,
                join=draw(st.sampled_from(Join)),
                condition=draw(st.sampled_from(TRUTHS)),
                for_each=draw(st.sampled_from(LISTS)),
                max_retries=draw(st.integers(0, 2)),
                on_failure=draw(st.sampled_from([OnFailure.CONTINUE, OnFailure.CONTINUE, OnFailure.FAIL])),
                approval=draw(st.sampled_from([False, False, True])),
            )
        )
    return plan(*steps)


def check_start(puppet: Puppet, event: AttemptStarted, checked: CheckedPlan) -> None:
    """The join of a step that starts is met, and it has not completed before."""
    record = puppet.state.run
    statuses = [str(record.steps[name].status) for name in checked.steps[event.step].dependencies]
    ended = all(status in ("completed", "failed", "skipped") for status in statuses)
    met = {
        Join.ALL: all(status == "completed" for status in statuses),
        Join.ANY: not statuses or "completed" in statuses,
        Join.DONE: True,
    }[checked.steps[event.step].join]
    assert ended and met, (event, statuses)


class WatchedPuppet(Puppet):
    """Checks what must hold, at every event."""

    def __init__(self, checked: CheckedPlan, most: int) -> None:
        self.checked = checked
        self.most = most
        self.done: Counter[tuple[str, int | None]] = Counter()
        super().__init__(checked, most=most)

    def enter(self, event: Event) -> None:
        if isinstance(event, AttemptStarted):
            check_start(self, event, self.checked)
            assert not self.done[event.step, event.item], "what is completed is not done again"
            assert (event.step, event.item) not in self.running, "nothing runs twice at once"
        super().enter(event)
        if isinstance(event, AttemptSucceeded):
            self.done[event.step, event.item] += 1
        assert len(self.running) <= self.most


def act(puppet: Puppet, data: st.DataObject) -> None:
    """Something happens outside."""
    choices: list[tuple[str, Work | None]] = [("end", work) for work in puppet.running]
    choices += [("ring", None)] * bool(puppet.timers) + [("decide", None)] * bool(puppet.asked)
    kind, work = data.draw(st.sampled_from(choices))
    if work is not None:
        if data.draw(st.booleans()):
            puppet.succeed(work[0], 1, work[1])
        else:
            puppet.fail(*work, retryable=data.draw(st.booleans()))
    elif kind == "ring":
        puppet.ring()
    else:
        granted = data.draw(st.integers(0, 2)) > 0
        asked = puppet.asked[0]
        puppet.hear(ApprovalGranted(puppet.now, asked) if granted else ApprovalDenied(puppet.now, asked))
    if data.draw(st.integers(0, 30)) == 30:
        puppet.hear(data.draw(st.sampled_from([TimeLimitReached, CancellationRequested]))(puppet.now))


def carry_out(checked: CheckedPlan, most: int, data: st.DataObject) -> WatchedPuppet:
    """Let things happen until the run is over."""
    puppet = WatchedPuppet(checked, most)
    for _ in range(1_000):
        if puppet.state.run.status != "running":
            return puppet
        act(puppet, data)
    raise AssertionError("the run did not end")


@settings(max_examples=300, deadline=None)
@given(plans(), st.integers(1, 4), st.data())
def test_every_run_ends_and_keeps_to_its_plan(checked: CheckedPlan, most: int, data: st.DataObject) -> None:
    """For every plan: no step starts before its join is met, nothing completed runs again, limits
    hold, every step and the run end, and the journal folds to the very state that was lived."""
    puppet = carry_out(checked, most, data)
    assert puppet.state.run.status in ("completed", "failed", "cancelled")
    assert not puppet.running
    for name in checked.steps:
        assert puppet.status(name) in ("completed", "failed", "skipped", "cancelled")
    kept = [decode(encode(event)) for event in puppet.events]
    assert reduce_event(kept, {1: checked}) == puppet.state


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 4), st.data())
def test_the_same_outcomes_make_the_same_events(checked: CheckedPlan, most: int, data: st.DataObject) -> None:
    """For every run: what the machine decides follows from what happened and the seed, event by event."""
    puppet = carry_out(checked, most, data)
    again = Puppet(checked, most=most)
    for event in puppet.events[3:]:
        if event.__class__ in OUTSIDE:
            again.hear(event)
    assert list(map(encode, again.events)) == list(map(encode, puppet.events))


@settings(max_examples=100, deadline=None)
@given(plans(), st.data())
def test_a_run_cut_off_anywhere_folds_to_where_it_was(checked: CheckedPlan, data: st.DataObject) -> None:
    """For every beginning of a journal: its fold is the state after that event."""
    puppet = carry_out(checked, 4, data)
    cut = data.draw(st.integers(3, len(puppet.events)))
    resumed = reduce_event(puppet.events[:cut], {1: checked})
    for event in puppet.events[cut:]:
        apply(resumed, event)
    assert resumed == puppet.state
