"""The machine without anything around it: whoever holds the strings plays agents, timers and people."""

from __future__ import annotations

from typing import Any

from callsheet.executor.commands import RequestApproval, SetTimer, StartAttempt
from callsheet.executor.events import (
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    Event,
    PlanAdopted,
    RetryDue,
    RetryScheduled,
    RunCreated,
    RunStarted,
)
from callsheet.executor.failure import Failure, FailureKind
from callsheet.executor.machine import RunState, apply, decide
from callsheet.planner.compiled import CheckedPlan


class Puppet:
    """A run whose every event is entered by hand; what can be decided at once, is."""

    def __init__(self, checked: CheckedPlan, *, seed: int = 7, most: int = 16) -> None:
        self.state = RunState({1: checked})
        self.events: list[Event] = []
        self.timers: list[RetryScheduled] = []
        self.asked: list[str] = []
        self.enter(RunCreated(0.0, "r", "a goal", seed))
        self.enter(PlanAdopted(0.0, 1, checked.plan.to_document()))
        self.enter(RunStarted(0.0, most))
        self.settle()

    def enter(self, event: Event) -> None:
        """One event more."""
        apply(self.state, event)
        self.events.append(event)

    def settle(self) -> None:
        """Carry out what the machine decides, until it waits."""
        while (command := decide(self.state)) is not None:
            if isinstance(command, StartAttempt):
                key = f"r:{command.step.id}"
                started = AttemptStarted(
                    self.now,
                    command.step.id,
                    command.attempt,
                    "actor",
                    key,
                    0.0,
                    command.inputs,
                    command.item,
                )
                self.enter(started)
                continue
            self.enter(command.event)
            if isinstance(command, SetTimer):
                self.timers.append(command.event)
            elif isinstance(command, RequestApproval):
                self.asked.append(command.event.step)

    @property
    def now(self) -> float:
        """The time of the latest event."""
        return self.state.record.now

    @property
    def running(self) -> list[tuple[str, int | None]]:
        """What is being attempted."""
        return list(self.state.record.running)

    def succeed(self, step: str, value: Any = None, item: int | None = None) -> None:
        """The attempt at a step comes home with a value."""
        number = self.state.record.running[step, item].number
        self.enter(AttemptSucceeded(self.now + 1, step, number, {"value": value}, item))
        self.settle()

    def fail(self, step: str, item: int | None = None, *, retryable: bool = False, **more: Any) -> None:
        """The attempt at a step fails."""
        number = self.state.record.running[step, item].number
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
        return str(self.state.record.steps[step].status)
