"""The reducer: what the events of a run come to is its state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .events import Event
from .reducers.attempts import ATTEMPTS_REDUCERS
from .reducers.lifecycle import LIFECYCLE_REDUCERS
from .reducers.planning import PLANNING_REDUCERS
from .reducers.replanning import REPLANNING_REDUCERS
from .reducers.steps import STEPS_REDUCERS
from .state import RunState

REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    **LIFECYCLE_REDUCERS,
    **PLANNING_REDUCERS,
    **STEPS_REDUCERS,
    **ATTEMPTS_REDUCERS,
    **REPLANNING_REDUCERS,
}
"""By the class of the event. An event that is not here changes nothing but the time."""


def apply_event(state: RunState, event: Event) -> None:
    """Enter the event into the state of its run. Costs the same whatever the size of the plan, except for
    a plan that is adopted and the end of a run."""
    state.now = event.at
    enter = REDUCERS.get(event.__class__)
    if enter is not None:
        enter(state, event)


def run_state_of(events: Iterable[Event]) -> RunState:
    """What the events of a run reduce to."""
    state = RunState()
    for event in events:
        apply_event(state, event)
    return state
