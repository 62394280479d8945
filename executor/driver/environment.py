"""What a run needs from outside, and who is asked about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.selection.strategies import Strategy
from callsheet.agents.spending.budget import Budget, Spending
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import Clock, SystemClock
from callsheet.executor.clocks.virtual_loop import VirtualLoop
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import ApprovalRequested, Event
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .errors import ClockNotVirtual
from .planner_call import MakeDrafter, MakeReplanner
from .ports import Ports

AskApproval: TypeAlias = Callable[[ApprovalRequested], Awaitable[bool | None]]
"""Asks the user whether a step may start. None where there is no answer: the run waits for a signal then."""

Admit: TypeAlias = Callable[[CheckedPlan, Spending, Collection[str], Budget], Sequence[str]]
"""A sentence for each limit that a plan would go beyond, after what was spent, with those steps done."""


@dataclass(frozen=True, slots=True)
class RunEnvironment:
    """What a run needs from outside, as given to the Executor."""

    ports: Ports
    """Where attempts run and who chooses their agents."""
    journal: Journal
    """Where the run's events are kept."""
    workspace: Workspace
    """The folder that agents work in."""
    clock: Clock
    """Tells the time, real or virtual."""
    model: ChatModel | None
    """The model that plans and that agents may use; None where there is none."""
    approve: AskApproval | None
    """Asks for an approval at once; without it the run waits for a signal."""
    on_event: Callable[[Event], None] | None
    """Is called with every event once it is kept."""
    grace_seconds: float
    """How long an attempt has to stop after it was told to; then it is abandoned."""
    catalog: tuple[Capability, ...] = ()
    """The capabilities that plans may use."""
    replanner: MakeReplanner | None = None
    """Makes the planner that revises plans; without it a failure is final."""
    admit: Admit | None = None
    """Says which limits of the budget a plan would exceed; without it every plan is admitted."""
    drafter: MakeDrafter | None = None
    """Makes the planner that writes a plan while its first steps are running."""
    needs_approval: Callable[[CompiledStep], bool] | None = None
    """Whether a step needs an approval although its plan does not say so."""
    strategy: Strategy | None = None
    """How agents are chosen; None leaves that to the pool."""


def require_one_time(clock: Clock) -> None:
    """See that the clock goes with the running event loop: where a loop leaps over an hour, the machine's
    clock says that no time has passed. Raises ClockNotVirtual."""
    if isinstance(clock, SystemClock) and isinstance(asyncio.get_running_loop(), VirtualLoop):
        raise ClockNotVirtual
