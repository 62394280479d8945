"""The state of a run in progress: the record of what has happened, the pending work of what may be next, and
whether the run is to rest or to end."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from callsheet.executor.run.events import KnownFigures, ModelCalled, ReplanningStarted
from callsheet.executor.run.failure import Account
from callsheet.executor.run.spending import RunSpending
from callsheet.executor.run.state import RunState
from callsheet.planner.grants.grant import Grant
from callsheet.planner.plan.checked_plan import CheckedPlan

from .finished_work import CarriedResults
from .pending_work import PendingWork


@dataclass(slots=True)
class MachineState:
    """A run in progress."""

    plans: dict[int, CheckedPlan]
    """The checked plan of every revision that the journal adopts: documents are in the events, and what they
    compile to is brought along."""
    run: RunState = field(default_factory=RunState)
    """What has happened so far."""
    pending: PendingWork = field(default_factory=lambda: PendingWork.from_steps({}, {}))
    """What may happen next."""
    max_concurrency: int = 0
    """How many attempts may be running at once."""
    fail_fast: bool = True
    """The first failure ends the run; otherwise what does not depend on it is finished."""
    hedge: bool = False
    """Work that takes unusually long may get a second attempt beside the first."""
    known: tuple[KnownFigures, ...] = ()
    """The figures that the run began with."""
    replanning: ReplanningStarted | None = None
    """What the planner is being asked about now."""
    replies: list[ModelCalled] = field(default_factory=list[ModelCalled])
    """What the model has answered to that so far."""
    heard: bool = False
    """The planner is being asked in the light of a message from a person."""
    halted: bool = False
    """What has been written of the plan since its last good step does not check: nothing starts."""
    message_waits: bool = False
    """There is a message that the planner has not heard yet."""
    given_up: dict[str, str] = field(default_factory=dict[str, str])
    """The held steps for which the planner found no way on, each with why."""
    ready_to_replan: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    """The steps that are held and of which nothing is under way: the planner can be asked about them."""
    signatures: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    """Of the failures about which the planner was asked, each with the revision that it happened under."""
    carried: CarriedResults | None = None
    """What was done under earlier plans, once there are any."""
    spending: RunSpending | None = None
    """What has been used of the budget, where there is one."""
    pressed: bool = False
    """The planner was told that the budget is nearly used up."""
    grant: Grant | None = None
    """What the first plan was granted, once another is to take its place."""
    pausing: bool = False
    """The run is to be paused: nothing starts any more."""
    grievance: Account | None = None
    """The first failure that its step does not allow, where the rest is finished all the same."""
    verdict: Account | None = None
    """Why the run is failing: nothing starts any more, and what runs is stopped."""
    cancelled: str | None = None
    """Why the run is being cancelled; None where it is not."""

    @property
    def plan(self) -> CheckedPlan:
        """The plan that is carried out; the draft of it, under 0, while it is being written."""
        return self.plans[self.run.revision]

    @property
    def is_ending(self) -> bool:
        """Whether the run only waits for its attempts to stop."""
        return self.cancelled is not None or self.verdict is not None
