"""The keyword arguments of everything that starts a run, written once.

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
    """What an orchestrator works with, apart from the agents; and the options of its runs."""

    model: ChatModel | str | None
    """The model that plans, and that agents find in their context: an object, or a name (`openai/NAME`,
    `local`, `local/FILE`). Without one only given plans can run, with agents that need no model."""

    store: Journal | str | PathLike[str] | None
    """The file of the journal, a journal that the caller closes, or None for one in memory."""

    workspace: Workspace | str | PathLike[str] | None
    """The folder that agents may read and write."""

    policy: Policy | None
    """How large a plan may be, and which effects need approval."""

    approve: AskApproval | None
    """Is asked about steps that need approval; without it the run pauses there."""

    clock: Clock | None
    """What time it is; the system's clock by default."""

    wire_format: WireFormat | None
    """How the model writes a plan; by default `LinesFormat` for an embedded model, else `FullFormat`."""

    capability_limits: Mapping[str, int] | None
    """The maximum of concurrent attempts at each capability, over all runs together."""

    prices: Prices | None
    """Prices of models, tried before the published ones."""

    ports: Ports | None
    """The parts that a replay replaces: where attempts run, and which agent gets them."""


class Keywords(OrchestratorKeywords, total=False):
    """The keywords of the public functions: these, and the agents."""

    agents: Iterable[Agent] | Registry | None
    """The agents; by default the built-in ones."""
