"""The drafts of a run whose process ended while its plan was being written: what the model had written by
then is in no journal, but what was told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from callsheet.agents.models.chat import ChatModel
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.driver.planner_call import MakeDrafter, OnDraft, ReplannerPort
from callsheet.executor.machine.recovery import drafted_plan
from callsheet.executor.replay.history.follower import HistoryFollower
from callsheet.executor.run.events import DraftGrown, DraftHalted, Event
from callsheet.planner.plan.checked_plan import CheckedPlan


class RecordedDrafts:
    """Listens to whoever writes the plan now, and speaks for them where they cannot write it again."""

    def __init__(self, events: Sequence[Event], follower: HistoryFollower, clock: Clock) -> None:
        self._events = events
        self._follower = follower
        self._clock = clock
        self._tell: OnDraft | None = None

    def around(self, make: MakeDrafter) -> MakeDrafter:
        """Makes the same writers."""

        def made(model: ChatModel, tell: OnDraft) -> ReplannerPort:
            self._tell = tell
            return make(model, tell)

        return made

    async def go_on(self) -> None:
        """Tell the drafts of this process that are left, when they were told. Comes back once the runs
        have parted."""
        for event in self._follower.left_to_process if self._follower.in_step else ():
            if self._tell is not None and isinstance(event, DraftGrown | DraftHalted):
                await asyncio.sleep(max(0.0, event.at - self._clock.now()))
                self._tell(self._plan_at(event) if isinstance(event, DraftGrown) else event.problem)
        await self._follower.wait_for_divergence()

    def _plan_at(self, grown: DraftGrown) -> CheckedPlan:
        place = next(at for at, event in enumerate(self._events) if event is grown)
        return drafted_plan(self._events[: place + 1])
