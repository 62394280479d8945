"""A run as a whole: created, started, resumed, paused, ended, and what is asked of it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from callsheet.agents.selection.statistics import Figures
from callsheet.agents.spending.demand import Demand
from callsheet.agents.spending.terms import Terms
from callsheet.executor.run.failure import Account

from .base import EventBase


class RunCreated(EventBase, frozen=True):
    """A goal is to be pursued."""

    run: str
    """The id of the run, unique in its journal."""

    goal: str

    seed: int
    """Feeds every random choice of the run."""

    catalog: str = ""
    """A digest of the capabilities that are provided."""

    model: str = ""
    """The name of the model that plans."""

    budget: str = ""
    """What the run may use, as `Budget.describe` writes it; empty where there is no limit."""


class EquippedAgent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agent that was available: what it provides, what it charges where it charges anything, and what an
    attempt may ask of the run's model; None where that is unknown."""

    name: str
    capabilities: tuple[str, ...]
    terms: Terms | None = None
    demand: Demand | None = None


class RunEquipped(EventBase, frozen=True):
    """With what the goal is pursued."""

    contracts: tuple[dict[str, Any], ...]
    """The whole catalog."""

    agents: tuple[EquippedAgent, ...]
    """Every agent that provides something of it."""

    max_steps: int
    """How many steps a plan may have."""

    approval_for: tuple[str, ...] = ()
    """The effects that want an approval."""

    context_tokens: int = 0
    """What the model takes, question and answer together."""

    wire_format: str = ""
    """How plans are written; empty: as is usual for the model."""

    price: tuple[str, str, str] | None = None
    """In dollars a million tokens: of questions, of answers, and of what is cached; None where unknown."""

    time_limit: float | None = None
    """How many seconds the run may take from its beginning."""

    host: str = ""
    """The host that gets the prompts; empty where the model runs in this process."""


class KnownFigures(msgspec.Struct, frozen=True, array_like=True):
    """What was known of an agent at one kind of work when the run began."""

    agent: str
    capability: str
    figures: Figures


class FiguresKnown(EventBase, frozen=True):
    """What was known of agents when the run was created, where its budget limits time: plans are measured by
    that before they are carried out."""

    figures: tuple[KnownFigures, ...]


class OptionsGiven(EventBase, frozen=True):
    """A process takes up a run that has not started, with these options in the place of those so far.
    Whatever is None stays as it was."""

    max_concurrency: int | None = None
    replans: int | None = None

    budget: str | None = None
    """As in RunCreated."""

    time_limit: float | None = None
    """In seconds from now."""

    fail_fast: bool | None = None
    hedge: bool | None = None
    stream: bool | None = None


class RunStarted(EventBase, frozen=True):
    """Steps may start."""

    max_concurrency: int
    """How many attempts run at once."""

    deadline: float | None = None
    """After this no attempt starts; seconds since the epoch."""

    approvals: tuple[str, ...] = ()
    """The steps that want an approval beside those of the plan."""

    fail_fast: bool = True
    """Whether the first failure that its step does not allow ends the run. If not, whatever does not depend
    on it is finished first."""

    hedge: bool = False
    """Whether work that may be done twice without harm is given to a second agent where the first takes
    unusually long."""

    figures: tuple[KnownFigures, ...] = ()
    """What is known of agents between which there is a choice."""

    replans: int = 0
    """How often the planner may be asked about a failure, a surprise or a message of the user; 0 where there
    is no planner."""

    budget: str | None = None
    """Takes the place of the budget that the run was created with, where it was changed while planning."""


class RunResumed(EventBase, frozen=True):
    """A process goes on with a run that was paused, or whose process ended. What was being attempted then has
    no outcome. Whatever is None stays as it was."""

    max_concurrency: int

    replans: int | None = None
    """As in RunStarted, and for the whole run."""

    budget: str | None = None
    """As in RunCreated, and for the whole run."""

    deadline: float | None = None
    """As in RunStarted."""

    fail_fast: bool | None = None
    hedge: bool | None = None


class TimeLimitReached(EventBase, frozen=True):
    """The run's deadline passed."""


class BudgetReached(EventBase, frozen=True):
    """What would have to be done next exceeds the budget."""

    problem: str


class PauseRequested(EventBase, frozen=True):
    """The run is to pause: nothing starts any more, and what is running may end."""


class CancellationRequested(EventBase, frozen=True):
    """The run is to stop."""

    reason: str = ""


class RunPaused(EventBase, frozen=True):
    """Nothing is left to do until a person decides about the steps that are `waiting`, or, where none is,
    until the run is resumed."""

    waiting: tuple[str, ...]


class RunCompleted(EventBase, frozen=True):
    """The run has its answer. `missing` names the steps that failed and were allowed to, and those that were
    skipped because of them."""

    answer: Any
    missing: tuple[str, ...] = ()


class RunFailed(EventBase, frozen=True):
    """The run ended without an answer. `missing` names the steps that failed, and those that were skipped
    because of them."""

    account: Account
    missing: tuple[str, ...] = ()


class RunCancelled(EventBase, frozen=True):
    """The run was stopped from outside."""

    reason: str = ""


LifecycleEvent: TypeAlias = (
    RunCreated
    | RunEquipped
    | FiguresKnown
    | OptionsGiven
    | RunStarted
    | RunResumed
    | TimeLimitReached
    | BudgetReached
    | PauseRequested
    | CancellationRequested
    | RunPaused
    | RunCompleted
    | RunFailed
    | RunCancelled
)
