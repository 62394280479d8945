"""Who hears of a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callsheet.executor.run.events import Event
from callsheet.planner.planning.model_call import PlanningProgress


@dataclass(frozen=True, slots=True)
class Watch:
    """Who hears of a run while it goes on: of the planner's turns, and of every event that is kept."""

    on_progress: Callable[[PlanningProgress], None] | None = None
    on_event: Callable[[Event], None] | None = None

    def hear(self, event: Event) -> None:
        """Tell of an event."""
        if self.on_event is not None:
            self.on_event(event)
