"""The machine without anything around it: whoever holds the strings plays agents, timers and people."""

from __future__ import annotations

from typing import Any

from callsheet.executor.machine.commands import (
    Enter,
    Finish,
    RequestApproval,
    SeekResult,
    SetTimer,
    StartAttempt,
    StopAttempt,
)
from callsheet.executor.machine.machine import apply, decide, reduce_event
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.pending_work import QueueKey
from callsheet.executor.run.events import (
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    Event,
    PlanAdopted,
    RetryDue,
    RetryScheduled,
    RunCreated,
    RunPaused,
    RunResumed,
    RunStarted,
    decode,
    encode,
)
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.state import Work
from callsheet.planner.plan.checked_plan import CheckedPlan


class Puppet:
    """A run whose every event is entered by hand; what can be decided at once, is."""

    def __init__(
        self,
        checked: CheckedPlan,
        *,
        seed: int = 7,
        most: int = 16,
        fail_fast: bool = True,
        hedge: bool = False,
    ) -> None:
        self.checked = checked
        self.most = most
        self.state = MachineState({1: checked})
        self.events: list[Event] = []
        self.timers: list[RetryScheduled] = []
        self.seeking: list[Work] = []
        self.closed: set[QueueKey] = set()
        self.enter(RunCreated(0.0, "r", "a goal", seed))
        self.enter(PlanAdopted(0.0, 1, checked.plan.to_document()))
        self.enter(RunStarted(0.0, most, fail_fast=fail_fast, hedge=hedge))
        self.settle()

    def enter(self, event: Event) -> None:
        """One event more."""
        apply(self.state, event)
        self.events.append(event)

    def settle(self) -> None:
        """Carry out what the machine decides, until it waits."""
        while (command := decide(self.state, self.closed)) is not None:
            match command:
                case StartAttempt():
                    self.start(command)
                case SetTimer(event):
                    self.enter(event)
                    self.timers.append(event)
                case SeekResult(event):
                    self.enter(event)
                    self.seeking.append((event.step, event.item))
                case Enter(event) | Finish(event) | RequestApproval(event) | StopAttempt(event):
                    self.enter(event)

    def start(self, command: StartAttempt) -> None:
        """Somebody is given the work."""
        step = command.step.id
        key = f"r:{step}" if command.item is None else f"r:{step}:{command.item}"
        self.enter(
            AttemptStarted(
                self.now,
                step,
                command.attempt,
                "actor",
                key,
                0.0,
                command.inputs,
                command.item,
                command.hedge,
            )
        )

    def resume(self) -> None:
        """The process has ended, and another one goes on with what was kept."""
        kept = [decode(encode(event)) for event in self.events]
        self.state = reduce_event(kept, {1: self.checked})
        self.seeking.clear()
        self.enter(RunResumed(self.now, self.most))
        self.timers = list(self.state.pending.backoffs.values())
        self.settle()

    @property
    def asked(self) -> list[str]:
        """The steps about which somebody was asked."""
        return list(self.state.run.asked)

    def pause(self) -> None:
        """Nothing is under way: the run rests."""
        self.enter(RunPaused(self.now, tuple(self.asked)))

    @property
    def now(self) -> float:
        """The time of the latest event."""
        return self.state.run.now

    @property
    def running(self) -> list[tuple[str, int | None]]:
        """What is being attempted, a hedged work twice."""
        return [(step, item) for step, item, _ in self.state.run.running]

    def number(self, step: str, item: int | None = None) -> int:
        """The number of the first attempt that is running at a work."""
        return next(number for name, at, number in self.state.run.running if (name, at) == (step, item))

    def succeed(self, step: str, value: Any = None, item: int | None = None) -> None:
        """The attempt at a step comes home with a value."""
        number = self.number(step, item)
        self.enter(AttemptSucceeded(self.now + 1, step, number, {"value": value}, item))
        self.settle()

    def fail(self, step: str, item: int | None = None, *, retryable: bool = False, **more: Any) -> None:
        """The attempt at a step fails."""
        number = self.number(step, item)
        failure = Failure(FailureKind.ERROR, "it broke", retryable=retryable, **more)
        self.enter(AttemptFailed(self.now + 1, step, number, "actor", failure, item))
        self.settle()

    def ring(self) -> None:
        """The first timer is due."""
        timer = self.timers.pop(0)
        self.enter(RetryDue(max(self.now, timer.due), timer.step, timer.attempt, timer.item))
        self.settle()

    def hear(self, event: Event) -> None:
        """Any other event from outside."""
        self.enter(event)
        self.settle()

    @property
    def latest(self) -> Any:
        """The latest event, whatever it is."""
        return self.events[-1]

    def names(self) -> list[str]:
        """The kinds of the events after the first three."""
        return [type(event).__name__ for event in self.events[3:]]

    def status(self, step: str) -> str:
        """Where a step stands."""
        return str(self.state.run.steps[step].status)
