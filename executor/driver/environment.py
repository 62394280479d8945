"""What a run needs from outside, and who is asked about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.selection.strategies import Strategy
from callsheet.agents.spending.budget import Budget, Spending
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import ApprovalRequested, Event
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .planner_call import MakeDrafter, MakeReplanner
from .ports import Ports

AskApproval: TypeAlias = Callable[[ApprovalRequested], Awaitable[bool | None]]
"""Asks somebody whether a step may start. None where nobody says: the run waits for a signal then."""

Admit: TypeAlias = Callable[[CheckedPlan, Spending, Collection[str], Budget], Sequence[str]]
"""A sentence for each limit that a plan would go beyond, after what was spent, with those steps done."""


@dataclass(frozen=True, slots=True)
class RunEnvironment:
    """What a run needs from outside, as given to the Executor."""

    ports: Ports
    journal: Journal
    workspace: Workspace
    clock: Clock
    model: ChatModel | None
    approve: AskApproval | None
    on_event: Callable[[Event], None] | None
    grace_seconds: float
    catalog: tuple[Capability, ...] = ()
    replanner: MakeReplanner | None = None
    admit: Admit | None = None
    drafter: MakeDrafter | None = None
    needs_approval: Callable[[CompiledStep], bool] | None = None
    strategy: Strategy | None = None
