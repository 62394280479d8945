"""What has happened so far in a run, as far as what may happen next depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.executor.run.events import AttemptStarted, Event, ResultSought, RetryScheduled
from callsheet.executor.run.reducer import apply_event
from callsheet.executor.run.state import ENDED, RunState, StepRecord, Try, Work
from callsheet.suggestions import did_you_mean


class OrderProblem(Exception):
    """What does not fit, as a sentence."""


class RunProgress:
    """What has happened so far, as far as what may happen next depends on it."""

    def __init__(self) -> None:
        self.run = RunState()
        self.begun: set[Try] = set()
        self.scheduled: set[Try] = set()
        self.sought: set[Work] = set()

    def follow(self, event: Event) -> None:
        """Enter the event."""
        match event:
            case AttemptStarted(step=step, item=item, attempt=attempt):
                self.begun.add((step, item, attempt))
            case RetryScheduled(step=step, item=item, attempt=attempt):
                self.scheduled.add((step, item, attempt))
            case ResultSought(step=step, item=item):
                self.sought.add((step, item))
            case _:
                pass
        apply_event(self.run, event)

    def step(self, name: str) -> StepRecord:
        """The record of a step that some plan so far has."""
        step = self.run.steps.get(name)
        if step is None:
            raise OrderProblem(
                f"no plan so far has a step {name!r:.80}; {did_you_mean(name, self.run.steps)}"
            )
        return step

    def open_step(self, name: str) -> StepRecord:
        """The record of a step that has not ended, in a run that was started."""
        step = self.step(name)
        if self.run.started is None:
            raise OrderProblem(f"step {name!r:.80} has an event before the run was started")
        if step.status in ENDED:
            raise OrderProblem(f"step {name!r:.80} has an event after it was {step.status}")
        return step

    def place(self, name: str, item: int | None) -> StepRecord:
        """The record of a step that has not ended and has this item: None, where it goes through none."""
        step = self.open_step(name)
        if step.items is None and item is not None:
            raise OrderProblem(f"it names item {item} of step {name!r:.80}, which has no items so far")
        if step.items is not None and (item is None or not 0 <= item < len(step.items)):
            raise OrderProblem(
                f"it names item {item} of step {name!r:.80}, which has {len(step.items)} items"
            )
        return step

    def some_place(self, name: str, item: int | None) -> StepRecord:
        """As `place`; None may mean all items."""
        return self.open_step(name) if item is None else self.place(name, item)

    def require_running(self, step: str, item: int | None, attempt: int) -> None:
        """See that an attempt was started and has not ended."""
        if (step, item, attempt) not in self.run.running:
            state = "has ended before" if (step, item, attempt) in self.begun else "was never started"
            raise OrderProblem(f"{told(step, item, attempt)} {state}")

    def require_started(self) -> None:
        """See that steps may start."""
        if self.run.started is None:
            raise OrderProblem("it comes before the run was started")

    def require_steps(self, names: Iterable[str]) -> None:
        """See that each is a step of some plan so far."""
        for name in names:
            self.step(name)


def told(step: str, item: int | None, attempt: int) -> str:
    """An attempt, for people."""
    place = "" if item is None else f", item {item}"
    return f"attempt {attempt} at step {step!r:.80}{place}"
