"""Callbacks for a run while it is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callsheet.executor.run.events import Event
from callsheet.planner.planning.model_call import PlanningProgress


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks for a run while it is under way: for the planner's turns, and for every journaled event."""

    on_progress: Callable[[PlanningProgress], None] | None = None
    on_event: Callable[[Event], None] | None = None

    def hear(self, event: Event) -> None:
        """Pass an event on."""
        if self.on_event is not None:
            self.on_event(event)
