"""Whether a draft of a plan tells a replay anything that its recorded run heard only later."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.executor.driver.replanning import CHANGED, has_changed
from callsheet.executor.machine.recovery import drafted_plan
from callsheet.executor.run.events import DraftGrown, DraftHalted, Event
from callsheet.executor.run.json_copy import clean_text
from callsheet.planner.plan.checked_plan import CheckedPlan


def is_stale(
    draft: CheckedPlan | str, followed: Sequence[Event], heard: Sequence[Event], ahead: Sequence[Event]
) -> bool:
    """Whether nothing is new in a draft: what came of the next one, the first `ahead`, says more, or
    something else. `followed` are the events so far, `heard` the drafts that are there
    and were not taken in.
    """
    match next(iter(ahead), None), draft:
        case DraftGrown(steps=steps), CheckedPlan():
            return any(step["id"] not in draft.steps for step in steps)
        case DraftHalted(problem=problem), str():
            return problem != clean_text(draft)
        case DraftHalted(problem=problem), CheckedPlan() as draft:
            return problem != CHANGED or not has_changed(drafted_plan([*followed, *heard]), draft)
        case DraftGrown(), str():
            return True
        case _:
            return False
