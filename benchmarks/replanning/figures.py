"""The figures of replanning in a run's events: how often, at what price, and which work was kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from callsheet.agents.models.chat import Usage
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    Event,
    ModelCalled,
    PlanAdopted,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
)

Work: TypeAlias = tuple[str, int | None]
"""A step, and the item of its list."""


@dataclass
class Figures:
    """The figures of one run."""

    asked: int = 0
    """How often the planner was asked."""
    calls: int = 0
    """Model calls for that, repairs included."""
    usage: Usage = field(default_factory=Usage)
    """Tokens of these calls."""
    revisions: int = 0
    """Plans after the first one."""
    accepted: int = 0
    """Surprising results that the planner accepted."""
    kept: set[Work] = field(default_factory=set[Work])
    """Work that was done before a revision and counts after it."""
    begun: set[Work] = field(default_factory=set[Work])
    """Work that began after the first revision."""
    repeated: list[str] = field(default_factory=list[str])
    """Work of `begun` that had been done before with the same capability and inputs; must be empty."""


def figures_of(events: Iterable[Event]) -> Figures:
    """The figures in the events of a run."""
    counter = _Counter()
    for event in events:
        counter.take(event)
    return counter.figures


class _Counter:
    def __init__(self) -> None:
        self.figures = Figures()
        self._capabilities: dict[str, str] = {}
        self._doing: dict[Work, str] = {}
        self._there: set[Work] = set()
        self._done: set[str] = set()

    def take(self, event: Event) -> None:
        figures = self.figures
        match event:
            case PlanAdopted():
                self._adopt(event)
            case ReplanningStarted():
                figures.asked += 1
            case ResultAccepted():
                figures.accepted += 1
            case ModelCalled(step=None):
                figures.calls += 1
                figures.usage = figures.usage + event.usage
            case ResultKept(step=step, item=item):
                figures.kept.add((step, item))
                self._there.add((step, item))
            case AttemptStarted():
                self._begin(event)
            case AttemptSucceeded(step=step, item=item) | AttemptSurprised(step=step, item=item):
                if event.output if isinstance(event, AttemptSurprised) else True:
                    self._done.add(self._doing[step, item])
                if isinstance(event, AttemptSucceeded):
                    self._there.add((step, item))
            case _:
                return

    def _adopt(self, event: PlanAdopted) -> None:
        steps: list[Mapping[str, Any]] = event.plan["steps"]
        self._capabilities = {step["id"]: step["capability"] for step in steps}
        if event.revision > 1:
            self.figures.revisions += 1
            self._there = {
                work for work in self._there if work[0] in self._capabilities and work[0] not in event.afresh
            }
            self.figures.kept |= self._there

    def _begin(self, event: AttemptStarted) -> None:
        work = event.step, event.item
        content = f"{self._capabilities[event.step]} {json.dumps(event.inputs, sort_keys=True)}"
        self._doing[work] = content
        if self.figures.revisions:
            self.figures.begun.add(work)
        if content in self._done:
            self.figures.repeated.append(content)
