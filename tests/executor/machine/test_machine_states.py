"""For every plan, whatever happens: a state machine that plays agents, timers, people, planner and death."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callsheet.agents.contracts.capability import Effect
from callsheet.executor.machine.commands import SeekResult, SetTimer, StartAttempt
from callsheet.executor.machine.machine import decide, reduce_event
from callsheet.executor.machine.plan_adoption import adoption
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptCancelled,
    AttemptStarted,
    AttemptSurprised,
    CancellationRequested,
    DoubtSettled,
    Event,
    GivenUp,
    HedgeDue,
    PauseRequested,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ResultAccepted,
    ResultMissing,
    ResultReused,
    RunResumed,
    RunStarted,
    StepTimeLimitReached,
    TimeLimitReached,
    WordSpoken,
    decode,
    encode,
)
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.state import ENDED, RUN_ENDED, AttemptStatus
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.plan import Join, OnFailure, Step
from callsheet.planner.revision.decision import Revise
from tests.executor.puppet import Puppet
from tests.executor.stage import capability, nothing, plan, step

TRUTHS = (None, None, None, Constant(True), Constant(False), nothing())
LISTS = (None, None, None, Constant([]), Constant([1, 2, 3]))
SORTS = (
    capability("compute"),
    capability("look", effect=Effect.READ).model_copy(update={"cache": 60.0}),
    capability("send", effect=Effect.IRREVERSIBLE),
)
MAX_REPLANS = 4
SURPRISE = Failure(FailureKind.SURPRISE, "not as expected")


@st.composite
def plans(draw: st.DrawFn) -> CheckedPlan:
    """A DAG of up to nine steps with every kind of flow and of work."""
    steps: list[CompiledStep] = []
    for place in range(draw(st.integers(1, 9))):
        before = [each.id for each in steps]
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=4)) if before else []
        steps.append(
            step(
                f"s{place}",
                *after,
                does=draw(st.sampled_from(SORTS)),
                join=draw(st.sampled_from(Join)),
                condition=draw(st.sampled_from(TRUTHS)),
                for_each=draw(st.sampled_from(LISTS)),
                max_retries=draw(st.integers(0, 2)),
                total_timeout_seconds=draw(st.sampled_from([None, None, 5.0])),
                on_failure=draw(st.sampled_from([OnFailure.CONTINUE, OnFailure.FAIL, OnFailure.REPLAN])),
                approval=draw(st.sampled_from([False, False, True])),
            )
        )
    return written(steps)


def written(steps: Sequence[CompiledStep]) -> CheckedPlan:
    """A plan of these steps, whose document tells apart whatever they differ in."""
    checked = plan(*steps)
    documents = tuple(
        Step(id=each.id, capability=each.capability.name, condition=repr(each)) for each in steps
    )
    return replace(checked, plan=checked.plan.model_copy(update={"steps": documents}))


class Watched(Puppet):
    """Checks what must hold, event by event."""

    def __init__(self, checked: CheckedPlan, most: int, fail_fast: bool) -> None:
        self.done: Counter[tuple[str, int | None]] = Counter()
        self.begun: Counter[str] = Counter()
        self.allowed: Counter[str] = Counter()
        self.to_hear = 0
        super().__init__(checked, most=most, fail_fast=fail_fast, hedge=True)

    def enter(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            event = msgspec.structs.replace(event, replans=MAX_REPLANS)
        if isinstance(event, AttemptStarted):
            self.check_start(event)
        before = dict(self.state.run.outputs)
        super().enter(event)
        anew = frozenset(event.afresh if isinstance(event, PlanAdopted) else ())
        for name, output in before.items():
            if name in anew:
                continue
            assert self.state.run.outputs[name] is output, "what a step gave is never changed"
        assert len(self.running) <= self.most, "the limit holds"

    def check_start(self, event: AttemptStarted) -> None:
        """Its join is met, it is not done, and nothing runs twice but what is hedged."""
        record, compiled = self.state.run, self.checked.steps[event.step]
        statuses = [record.steps[name].status for name in compiled.dependencies]
        assert all(status in ENDED for status in statuses)
        if compiled.join is Join.ALL:
            assert all(status == "completed" for status in statuses)
        if compiled.join is Join.ANY:
            assert not statuses or "completed" in statuses
        work = event.step, event.item
        assert event.step not in record.outputs, "what is completed is not done again"
        outputs = record.steps[event.step].outputs
        assert event.item is None or outputs is None or outputs[event.item] is None, "no item is done twice"
        beside = [each[:2] for each in record.running if each not in record.obsolete]
        assert beside.count(work) == event.hedge, "nothing runs twice but what is hedged"
        held = record.held.get(event.step, {})
        assert None not in held and event.item not in held, "what is held waits for the decision"
        assert work not in record.doubtful, "what is in doubt is not tried again"
        self.begun[event.key] += 1

    def settle(self) -> None:
        """As ever, once all is heard that comes in one breath; the planner is asked where it has to be."""
        if self.to_hear:
            self.to_hear -= 1
            return
        while (command := decide(self.state, self.closed)) is not None:
            match command:
                case StartAttempt():
                    self.start(command)
                    continue
                case SetTimer(event):
                    self.timers.append(event)
                case SeekResult(event):
                    self.seeking.append((event.step, event.item))
                case _:
                    pass
            self.enter(command.event)

    def resume(self) -> None:
        """The same with all the plans that there were."""
        kept = [decode(encode(event)) for event in self.events]
        self.state = reduce_event(kept, self.state.plans)
        self.enter(RunResumed(self.now, self.most, MAX_REPLANS))
        self.timers = list(self.state.pending.backoffs.values())
        self.seeking.clear()
        self.to_hear = 0
        self.settle()

    def revise(self, checked: CheckedPlan) -> None:
        """The planner wants another plan; where it cannot be had it comes to nothing."""
        assert self.state.replanning is not None
        adopted = adoption(self.state, Revise(checked, "better"), self.now, lambda step: False)
        if isinstance(adopted, str):
            self.hear(ReplanningFailed(self.now, adopted, self.state.replanning.step))
            return
        self.checked = self.state.plans[adopted.revision] = checked
        self.enter(adopted)
        pending = self.state.pending
        self.timers = [timer for timer in self.timers if (timer.step, timer.item) in pending.backoffs]
        self.seeking = list(pending.sought)
        self.settle()


class Runs(RuleBasedStateMachine):
    """One run, to which everything may happen at any time."""

    puppet: Watched

    @initialize(checked=plans(), most=st.integers(1, 4), fail_fast=st.booleans())
    def begin(self, checked: CheckedPlan, most: int, fail_fast: bool) -> None:
        self.puppet = Watched(checked, most, fail_fast)

    def is_running(self) -> bool:
        return self.puppet.state.run.status == "running"

    def pick(self, data: st.DataObject, among: Any) -> Any:
        choices = list(among)
        assume(choices)
        return data.draw(st.sampled_from(choices))

    @rule()
    def let_time_pass(self) -> None:
        """Nothing happens: what can be decided has been."""
        self.puppet.settle()

    @precondition(is_running)
    @rule(more=st.integers(1, 3))
    def hear_several_in_one_breath(self, more: int) -> None:
        """Nothing is decided between what happens next and what happens after that."""
        self.puppet.to_hear = more

    @precondition(is_running)
    @rule(data=st.data())
    def take_too_long(self, data: st.DataObject) -> None:
        """All attempts at a step together."""
        steps = self.puppet.state.plan.steps
        unended = self.puppet.state.pending.unended
        limited = [name for name in steps if name in unended and steps[name].total_timeout_seconds]
        begun = [name for name in limited if self.puppet.state.run.steps[name].attempts]
        self.puppet.hear(StepTimeLimitReached(self.puppet.now, self.pick(data, begun)))

    @precondition(is_running)
    @rule(data=st.data(), value=st.integers(0, 9))
    def succeed(self, data: st.DataObject, value: int) -> None:
        name, item = self.pick_attempt(data)
        self.puppet.succeed(name, value, item)

    @precondition(is_running)
    @rule(data=st.data(), retryable=st.booleans(), at_fault=st.booleans(), doubt=st.booleans())
    def fail(self, data: st.DataObject, retryable: bool, at_fault: bool, doubt: bool) -> None:
        work = self.pick_attempt(data)
        step = self.puppet.checked.steps.get(work[0])
        irreversible = step is not None and step.capability.effect is Effect.IRREVERSIBLE
        in_doubt = doubt and irreversible
        self.puppet.fail(
            *work, retryable=retryable and not in_doubt, agent_at_fault=at_fault, in_doubt=in_doubt
        )

    @precondition(is_running)
    @rule(
        data=st.data(),
        output=st.sampled_from([None, {"value": 2}]),
        checked=st.none() | plans(),
        kept=st.integers(0, 9),
    )
    def surprise(
        self, data: st.DataObject, output: dict[str, Any] | None, checked: CheckedPlan | None, kept: int
    ) -> None:
        name, item = self.pick_attempt(data)
        number = self.puppet.number(name, item)
        self.puppet.hear(AttemptSurprised(self.puppet.now, name, number, SURPRISE, output, item))
        self.revise(checked, kept)

    def pick_attempt(self, data: st.DataObject) -> Any:
        return self.pick(data, dict.fromkeys(self.puppet.running))

    @precondition(is_running)
    @rule(data=st.data(), abandoned=st.booleans())
    def stop(self, data: st.DataObject, abandoned: bool) -> None:
        """An attempt that was told to stop does so, or is abandoned."""
        running = self.puppet.state.run.running
        told = [each for each in running if running[each].status is AttemptStatus.STOPPING]
        name, item, number = self.pick(data, told)
        self.puppet.hear(AttemptCancelled(self.puppet.now, name, number, abandoned, item))

    @precondition(is_running)
    @rule(data=st.data())
    def outlive_the_usual_time(self, data: st.DataObject) -> None:
        name, item, number = self.pick(data, self.puppet.state.run.running)
        assume(name in self.puppet.checked.steps)
        assume(self.puppet.checked.steps[name].capability.effect is not Effect.IRREVERSIBLE)
        self.puppet.hear(HedgeDue(self.puppet.now, name, number, item))

    @precondition(is_running)
    @rule()
    def ring(self) -> None:
        assume(self.puppet.timers)
        self.puppet.ring()

    @precondition(is_running)
    @rule(data=st.data(), granted=st.booleans())
    def answer(self, data: st.DataObject, granted: bool) -> None:
        name = self.pick(data, self.puppet.asked)
        kind = ApprovalGranted if granted else ApprovalDenied
        self.puppet.hear(kind(self.puppet.now, name))

    @precondition(is_running)
    @rule(data=st.data(), found=st.booleans())
    def find_a_result(self, data: st.DataObject, found: bool) -> None:
        work = self.pick(data, self.puppet.seeking)
        self.puppet.seeking.remove(work)
        name, item = work
        if found:
            self.puppet.hear(ResultReused(self.puppet.now, name, {"value": 1}, "other", item))
        else:
            self.puppet.hear(ResultMissing(self.puppet.now, name, item))

    @precondition(is_running)
    @rule(data=st.data(), verdict=st.sampled_from(["done", "again", "failed"]))
    def settle_a_doubt(self, data: st.DataObject, verdict: Any) -> None:
        name, item = self.pick(data, self.puppet.state.run.doubtful)
        output = {"value": 1} if verdict == "done" else None
        self.puppet.allowed[f"r:{name}" if item is None else f"r:{name}:{item}"] += verdict == "again"
        self.puppet.hear(DoubtSettled(self.puppet.now, name, verdict, output, "", item))

    @precondition(is_running)
    @rule(data=st.data(), shut=st.booleans())
    def open_or_close_a_lane(self, data: st.DataObject, shut: bool) -> None:
        """Nobody is free for some kind of work, or somebody is again."""
        if shut:
            self.puppet.closed.add(self.pick(data, self.puppet.state.pending.queues))
        else:
            self.puppet.closed.clear()
        self.puppet.settle()

    @precondition(lambda self: self.is_running() and self.puppet.state.replanning is not None)
    @rule(checked=plans(), kept=st.integers(0, 9))
    def adopt_another_plan(self, checked: CheckedPlan, kept: int) -> None:
        """Which begins as the one before does, so far."""
        self.revise(checked, kept)

    def revise(self, checked: CheckedPlan | None, kept: int) -> None:
        if checked is None or not self.is_running() or self.puppet.state.replanning is None:
            return
        before = self.puppet.state.plan.steps
        steps = {name: step for name, step in checked.steps.items() if name not in list(before)[:kept]}
        self.puppet.revise(written([*list(before.values())[:kept], *steps.values()]))

    @precondition(lambda self: self.is_running() and self.puppet.state.replanning is not None)
    @rule(kind=st.sampled_from(["accept", "give up", "fail", "ask"]))
    def decide_otherwise(self, kind: str) -> None:
        """The planner leaves the plan as it is."""
        puppet = self.puppet
        assert puppet.state.replanning is not None
        step, record = puppet.state.replanning.step, puppet.state.run
        missing = record.held.get(step or "", {}).keys() - record.surprises.get(step or "", {}).keys()
        assume(kind != "accept" or not missing)
        assume(kind != "give up" or step is not None)
        events: dict[str, Event] = {
            "accept": ResultAccepted(puppet.now, step),
            "give up": GivenUp(puppet.now, "no way", step),
            "fail": ReplanningFailed(puppet.now, "no answer", step),
            "ask": PersonAsked(puppet.now, "what now?"),
        }
        puppet.hear(events[kind])

    @precondition(is_running)
    @rule(checked=st.none() | plans(), kept=st.integers(0, 9))
    def speak(self, checked: CheckedPlan | None, kept: int) -> None:
        """A person has a wish, and the planner may know at once what to do about it."""
        self.puppet.hear(WordSpoken(self.puppet.now, "in another way, please"))
        self.revise(checked, kept)

    @precondition(is_running)
    @rule()
    def ask_for_a_pause(self) -> None:
        self.puppet.hear(PauseRequested(self.puppet.now))

    @precondition(is_running)
    @rule()
    def rest(self) -> None:
        assume(self.puppet.state.pausing and not self.puppet.running)
        self.puppet.pause()

    @precondition(lambda self: self.puppet.state.run.status in ("running", "paused"))
    @rule()
    def die_and_resume(self) -> None:
        self.puppet.resume()

    @precondition(is_running)
    @rule(kind=st.sampled_from([TimeLimitReached, CancellationRequested]), really=st.integers(0, 9))
    def end_from_outside(self, kind: Any, really: int) -> None:
        assume(really == 9)
        self.puppet.hear(kind(self.puppet.now))

    @invariant()
    def the_journal_folds_to_what_was_lived(self) -> None:
        kept = [decode(encode(event)) for event in self.puppet.events]
        assert reduce_event(kept, self.puppet.state.plans) == self.puppet.state

    @invariant()
    def what_is_held_has_not_ended(self) -> None:
        record = self.puppet.state.run
        if record.status not in RUN_ENDED:
            assert all(record.steps[name].status not in ENDED for name in record.held)
            assert set(self.puppet.state.ready_to_replan) <= set(record.held)
            assert set(self.puppet.state.given_up) <= set(record.held)

    @invariant()
    def nothing_irreversible_is_begun_again_unbidden(self) -> None:
        if self.puppet.state.run.revision > 1:
            # It may be other work then, and is looked at by the Onlooker.
            return
        for compiled in self.puppet.checked.steps.values():
            if compiled.capability.effect is Effect.IRREVERSIBLE:
                for item in (None, 0, 1, 2):
                    self.check_begun(compiled, item)

    def check_begun(self, compiled: CompiledStep, item: int | None) -> None:
        """Once, and again only after a failure that allows it, or where somebody said so."""
        key = f"r:{compiled.id}" if item is None else f"r:{compiled.id}:{item}"
        attempts = self.puppet.state.run.steps[compiled.id].attempts
        lost = sum(1 for each in attempts if each.item == item and each.status is AttemptStatus.LOST)
        failed = sum(1 for each in attempts if each.item == item and each.status is AttemptStatus.FAILED)
        assert self.puppet.begun[key] <= 1 + failed + self.puppet.allowed[key]
        assert lost <= 1 + self.puppet.allowed[key] + failed

    def teardown(self) -> None:
        """Every run ends, once everything that is waited for has come."""
        puppet = getattr(self, "puppet", None)
        if puppet is None:
            return
        puppet.closed.clear()
        puppet.to_hear = 0
        puppet.settle()
        for _ in range(1_000):
            if puppet.state.run.status in RUN_ENDED:
                break
            self.bring_on(puppet)
        else:
            raise AssertionError("the run did not end")
        assert all(each.status in ENDED for each in puppet.state.run.steps.values())
        assert not puppet.running

    def bring_on(self, puppet: Watched) -> None:
        """Whatever is waited for comes."""
        record = puppet.state.run
        if record.status == "paused":
            puppet.resume()
        elif puppet.running:
            name, item = puppet.running[0]
            puppet.succeed(name, 1, item)
        elif puppet.state.pausing:
            puppet.pause()
        elif puppet.seeking:
            name, item = puppet.seeking.pop()
            puppet.hear(ResultMissing(puppet.now, name, item))
        elif puppet.timers:
            puppet.ring()
        elif puppet.state.replanning is not None:
            puppet.hear(ReplanningFailed(puppet.now, "no answer", puppet.state.replanning.step))
        elif puppet.asked:
            puppet.hear(ApprovalGranted(puppet.now, puppet.asked[0]))
        elif record.question is not None:
            puppet.hear(WordSpoken(puppet.now, "go on"))
        else:
            name, item = next(iter(record.doubtful))
            puppet.hear(DoubtSettled(puppet.now, name, "failed", None, "", item))


Runs.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestRuns = Runs.TestCase
