"""Taking another plan in the place of the present one: what it leaves alone, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from callsheet.agents.errors import Permanent
from callsheet.executor.machine.commands import StartAttempt
from callsheet.executor.machine.machine import apply, decide
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.plan_adoption import adoption
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    Event,
    GivenUp,
    PlanAdopted,
    ReplanningStarted,
    ResultAccepted,
    RunCreated,
    RunStarted,
    StepFailed,
    StepTimeLimitReached,
)
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.state import RunStatus
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.renewal import begin_anew
from callsheet.planner.revision.decision import Revise
from tests.executor.revisions import Director, by_input, direct, planned, revise, step

BROKEN = Permanent("there is no such thing")
SURPRISE = Failure(FailureKind.SURPRISE, "not as expected")


def began(played: Any) -> list[str]:
    """The steps in the order in which attempts at them began."""
    return [event.step for event in played.of(AttemptStarted)]


class TestBeginAnew:
    def test_what_comes_behind_a_changed_step_and_nothing_else(self) -> None:
        """By data or by order; and the step in trouble, although it stays as it is."""
        rest = (step("c", depends_on=["b"]), step("d", it={"from": "c"}), step("e"), step("f"))
        before = planned(step("a"), step("b", it={"from": "a"}), *rest)
        after = planned(step("a", it=1), step("b", it={"from": "a"}), *rest)
        assert begin_anew(before, after, None) == {"a", "b", "c", "d"}
        assert begin_anew(before, after, "f") == {"a", "b", "c", "d", "f"}
        assert begin_anew(before, before, None) == set()

    def test_the_place_of_a_step_in_the_plan_means_nothing(self) -> None:
        """Nor does what another step depends on it for."""
        assert begin_anew(planned(step("a"), step("b")), planned(step("b"), step("a")), None) == set()


class TestTheSameFailureTwice:
    def test_in_two_items_of_one_list(self) -> None:
        """Two items that are the same fail in the same way, and no plan was revised between: it is one
        trouble with two mishaps, and the run is not stuck."""
        before = planned(step("a", it={"from": "item"}, for_each={"from": "['bad', 'bad']"}))
        director = Director([revise(step("a", it="good"))])
        played = direct(before, director, by_input(bad=BROKEN))
        assert played.result.status is RunStatus.COMPLETED
        assert director.told[0].trouble is not None
        assert [each.item for each in director.told[0].trouble.mishaps] == [0, 1]

    def test_in_two_steps_of_one_plan(self) -> None:
        """The planner is told of both."""
        before = planned(step("a", it="bad"), step("b", it="bad"), answer=1)
        director = Director([revise(step("a", it="good"), step("b", it="good"), answer=2)])
        played = direct(before, director, by_input(bad=BROKEN))
        assert played.result.answer == 2
        assert [each.step for each in director.told[0].others] == ["b"]

    def test_under_another_plan(self) -> None:
        """Then it is stuck, under whatever name."""
        before = planned(step("a", it={"from": "item"}, for_each={"from": "['bad', 'bad']"}))
        played = direct(before, Director([revise(step("b", it="bad"))]), by_input(bad=BROKEN))
        assert [event.failure.kind for event in played.of(StepFailed)] == [FailureKind.STUCK]


def holding(checked: CheckedPlan) -> MachineState:
    """A run whose first attempts have begun."""
    state = MachineState({1: checked})
    begin = (
        RunCreated(0.0, "r", "a goal", 7),
        PlanAdopted(0.0, 1, checked.document, checked.contracts),
        RunStarted(0.0, 10_000, replans=5),
    )
    for event in begin:
        enter(state, event)
    return state


def enter(state: MachineState, event: Event) -> None:
    """An event, and everything that is decided because of it."""
    apply(state, event)
    while (command := decide(state)) is not None:
        apply(state, started(command) if isinstance(command, StartAttempt) else command.event)


def started(command: StartAttempt) -> AttemptStarted:
    """How the attempt begins."""
    step = command.step.id
    return AttemptStarted(
        0.0, step, command.attempt, "actor", f"r:{step}", 9.0, command.inputs, command.item, command.hedge
    )


def succeeded(step: str, item: int | None = None) -> AttemptSucceeded:
    """How a first attempt ends well."""
    return AttemptSucceeded(1.0, step, 1, {"value": 1}, item)


class TestAStepThatTookTooLong:
    """Its attempts are told to stop, and may succeed all the same."""

    @pytest.fixture
    def state(self) -> MachineState:
        """The planner is being asked about it."""
        state = holding(planned(step("a", total_timeout_seconds=5.0), step("b", it={"from": "a"})))
        enter(state, StepTimeLimitReached(1.0, "a"))
        assert (state.replanning, list(state.run.held)) == (ReplanningStarted(1.0, "a"), ["a"])
        return state

    def test_a_late_result_is_a_result(self, state: MachineState) -> None:
        """The trouble is over, and what depends on the step begins."""
        enter(state, succeeded("a"))
        assert not state.run.held and not state.ready_to_replan
        assert [work[0] for work in state.run.running] == ["b"]

    @pytest.mark.parametrize("decision", [ResultAccepted(2.0, "a", "fine"), GivenUp(2.0, "no way", "a")])
    def test_a_decision_that_comes_after_it_changes_nothing(
        self, state: MachineState, decision: Event
    ) -> None:
        """There is nothing left to decide."""
        enter(state, succeeded("a"))
        enter(state, decision)
        assert [work[0] for work in state.run.running] == ["b"]
        enter(state, succeeded("b"))
        assert state.run.status is RunStatus.COMPLETED

    def test_a_result_that_is_heard_of_together_with_such_a_decision(self, state: MachineState) -> None:
        """In one breath, the decision first: the result is a result all the same."""
        apply(state, GivenUp(2.0, "no way", "a"))
        enter(state, succeeded("a"))
        assert [work[0] for work in state.run.running] == ["b"]

    def test_at_the_very_moment_at_which_its_time_is_up(self) -> None:
        """The result counts, in whatever order the two are heard of."""
        state = holding(planned(step("a", total_timeout_seconds=5.0)))
        apply(state, StepTimeLimitReached(1.0, "a"))
        enter(state, succeeded("a"))
        assert (state.run.status, state.run.held) == (RunStatus.COMPLETED, {})


def revised(state: MachineState, checked: CheckedPlan) -> PlanAdopted:
    """The revision that makes it the run's plan."""
    adopted = adoption(state, Revise(checked, "better"), 3.0, lambda step: False)
    assert isinstance(adopted, PlanAdopted)
    state.plans[adopted.revision] = checked
    return adopted


class Effort:
    """Counts what Python does, an instruction at a time: the same on every machine."""

    def __init__(self) -> None:
        self._count = 0

    def of(self, what: Callable[[], object]) -> int:
        """How many instructions it takes."""
        self._count = 0
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            what()
        finally:
            sys.settrace(before)
        return self._count

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self._count += event == "opcode"
        return self._trace


def fan(size: int, **others: Any) -> CheckedPlan:
    """A plan with so many items, of which each is its own work, and something beside them."""
    many = step("a", it={"from": "item"}, for_each=list(range(size)), **others)
    return planned(many, step("b"), step("c", it={"from": "b"}), answer={"from": "default(a, null)"})


class TestCost:
    """Counted, not timed: no event costs more because there is more in the plan, or more that waits."""

    def half_of_it_held(self, size: int) -> MachineState:
        state = holding(fan(size))
        for item in range(size // 2):
            enter(state, self.surprised(item))
        return state

    def surprised(self, item: int) -> AttemptSurprised:
        return AttemptSurprised(1.0, "a", 1, SURPRISE, {"value": item}, item)

    @pytest.mark.parametrize("kind", ["surprise", "success", "another step", "decision"])
    def test_an_event_while_work_is_held(self, kind: str) -> None:
        """With twenty items held, or a thousand, of one step."""
        few, many = (self.cost_of(kind, self.half_of_it_held(size)) for size in (40, 2_000))
        assert many <= few * 1.1

    def cost_of(self, kind: str, state: MachineState) -> int:
        last = len(state.run.steps["a"].items or ()) - 1
        events: dict[str, Event] = {
            "surprise": self.surprised(last),
            "success": succeeded("a", last),
            "another step": succeeded("b"),
        }
        if kind == "decision":
            return Effort().of(lambda: decide(state))
        return Effort().of(lambda: enter(state, events[kind]))

    def test_a_thousand_surprises_at_once(self) -> None:
        """They are held one by one, each at the same cost."""
        costs: list[int] = []
        for size in (50, 1_000):
            state = holding(fan(size))
            for item in range(size):
                apply(state, self.surprised(item))
            costs.append(Effort().of(partial(enter, state, succeeded("b"))) // size)
            assert len(state.run.held["a"]) == size
        few, many = costs
        assert many <= few * 1.1

    def test_taking_another_plan(self) -> None:
        """Costs as much as there is in the plan, and each result that is kept the same."""
        adoptions: list[int] = []
        for size in (40, 1_000):
            state = self.half_of_it_held(size)
            for item in range(size // 2, size):
                enter(state, succeeded("a", item))
            assert state.replanning is not None
            event = revised(state, fan(size, expect=["output.value >= 0"]))
            adoptions.append(Effort().of(partial(enter, state, event)) // size)
            assert state.run.status is RunStatus.RUNNING
            assert state.run.steps["a"].unfinished == 0, "all of it is kept"
        few, many = adoptions
        assert many <= few * 1.1
