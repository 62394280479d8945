"""What people may say about the runs that they start, as keyword arguments: written once, for every door.

`callsheet.run`, `resume` and `plan`, each with its `_sync`, and the `Orchestrator` take the same ones. The
options among them, and what each means, are those of `RunOptions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.spending.prices import Prices
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.driver.environment import AskApproval
from callsheet.executor.driver.ports import Ports
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.options import RunKeywords
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.plan.policy import Policy


class OrchestratorKeywords(RunKeywords, total=False):
    """With what goals are pursued, beside the agents; and the options of the runs."""

    model: ChatModel | str | None
    """Who plans, and is what agents find in their context: a model, or the name of one (`openai/NAME`,
    `local`, `local/FILE`). Without one only finished plans of work that needs none can run."""

    store: Journal | str | PathLike[str] | None
    """The file of the journal, a journal that somebody else closes, or None for one in memory."""

    workspace: Workspace | str | PathLike[str] | None
    """The folder that agents may read and write."""

    policy: Policy | None
    """How large a plan may be, and what of it wants an approval."""

    approve: AskApproval | None
    """Is asked about steps that want an approval; without it a run pauses there."""

    clock: Clock | None
    """What time it is; the system's where nothing is said."""

    wire_format: WireFormat | None
    """How the model writes a plan: where nothing is said the short way for an embedded model, else the full
    one."""

    capability_limits: Mapping[str, int] | None
    """The attempts at a capability that are under way at once, at the most, over all runs together."""

    prices: Prices | None
    """What models cost, beside those whose prices are published."""

    ports: Ports | None
    """Where attempts run and who casts them, for replays and other stages than this process."""


class Keywords(OrchestratorKeywords, total=False):
    """The same, and the agents."""

    agents: Iterable[Agent] | Registry | None
    """Who is available: the built-in ones where nothing is said."""
