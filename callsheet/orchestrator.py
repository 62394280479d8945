"""The whole in one place: a goal is planned, the plan is looked at, carried out, and answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self, TypeAlias

from callsheet.agents.agent import Agent
from callsheet.agents.builtin import builtin_agents
from callsheet.agents.capability import Capability, Effect
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.registry import Registry
from callsheet.agents.workspace import Workspace
from callsheet.errors import CallsheetError
from callsheet.executor.clock import Clock, SystemClock
from callsheet.executor.driver import Approve
from callsheet.executor.events import Event, PlanAdopted, RunCancelled, RunCreated, RunFailed
from callsheet.executor.executor import MAX_CONCURRENCY, Executor
from callsheet.executor.failure import Account, Failure, FailureKind
from callsheet.executor.fold import record_of
from callsheet.executor.journal import Journal, MemoryJournal, new_run_id, new_seed
from callsheet.executor.json_copy import clean_text
from callsheet.executor.model import JournaledModel
from callsheet.executor.result import RunResult
from callsheet.executor.sqlite import SqliteJournal
from callsheet.planner.checker import CheckResult, Policy, check
from callsheet.planner.compiled import CheckedPlan, CompiledStep
from callsheet.planner.plan import Plan
from callsheet.planner.planner import Planned, Planner, PlanningProgress, require_goal
from callsheet.planner.wire_format import WireFormat

DEFAULT_STORE = Path(".callsheet/runs.db")

Review: TypeAlias = Callable[[CheckedPlan], Awaitable[bool]]
"""Looks at a plan before it runs, and says whether it may."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who hears of a run while it goes on: of the planner's turns, and of every event that is kept."""

    on_progress: Callable[[PlanningProgress], None] | None = None
    on_event: Callable[[Event], None] | None = None


class Orchestrator:
    """Pursues goals with the agents, the model and the workspace it is given.

    `agents` are the built-in ones where nothing is said. `model` plans, and is what agents find in
    their context; without one only finished plans of work that needs none can run. `store` is the
    file of the journal, a journal that somebody else closes, or None for one in memory. `approve`
    is asked about steps that want an approval; without it a run pauses there. `wire_format` is how the
    model writes a plan: where nothing is said, the short way for an embedded model, else the full one.
    """

    def __init__(
        self,
        agents: Iterable[Agent] | Registry | None = None,
        *,
        model: ChatModel | None = None,
        store: Journal | str | PathLike[str] | None = DEFAULT_STORE,
        workspace: Workspace | str | PathLike[str] = ".",
        policy: Policy | None = None,
        max_concurrency: int = MAX_CONCURRENCY,
        approve: Approve | None = None,
        clock: Clock | None = None,
        wire_format: WireFormat | None = None,
    ) -> None:
        self._registry = registry_of(agents)
        self._model = model
        self._store = MemoryJournal() if store is None else store
        self._opened: SqliteJournal | None = None
        self._workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
        self._policy = policy or Policy()
        self._max_concurrency = max_concurrency
        self._approve = approve
        self._clock = clock or SystemClock()
        self._wire_format = wire_format

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the journal, where it was opened here."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def registry(self) -> Registry:
        """Who is available."""
        return self._registry

    @property
    def journal(self) -> Journal:
        """Where runs are kept; opened when it is first wanted. Raises JournalError."""
        if not isinstance(self._store, str | PathLike):
            return self._store
        if self._opened is None:
            self._opened = SqliteJournal(self._store)
        return self._opened

    def check(self, document: object) -> CheckResult:
        """Hold a plan, or the JSON of one, against the capabilities on offer."""
        return check(document, self._registry.catalog, self._policy)

    async def plan(self, goal: str, *, watch: Watch | None = None) -> Planned:
        """Make a plan, and run nothing. Raises GoalError, PlanningFailed, and what the model raises."""
        watch = watch or Watch()
        return await self._planner(self._require_model()).plan(
            goal, self._registry.catalog, on_progress=watch.on_progress
        )

    async def run(
        self,
        goal: str | None = None,
        *,
        plan: Plan | Mapping[str, object] | None = None,
        review: Review | None = None,
        watch: Watch | None = None,
        time_limit: float | None = None,
    ) -> RunResult:
        """Pursue a goal, or carry out a plan that there is already, and return how that went.

        Where nobody gave a `review`, every irreversible step waits for an approval of its own.
        A run that fails is a result, not an exception. What keeps a run from starting is one: GoalError
        and PlanningFailed, PlanInvalid, what the model raises while it plans, JournalError. Whatever
        happens after the run was created is in the journal.
        """
        watch = watch or Watch()
        checked = None
        if plan is not None:
            checked = self.check(plan).require()
            wanted = goal or checked.plan.goal
        else:
            self._require_model()
            wanted = require_goal(goal or "", self._registry.catalog)
        run = await self._create(wanted, watch)
        try:
            checked = checked or await self._plan_journaled(run, wanted, watch)
            if review is not None and not await review(checked):
                # So that whoever reads the journal knows what was declined.
                await self._enter(run, PlanAdopted(self._clock.now(), 1, checked.plan.to_document()), watch)
                return await self._cancel(run, "the plan was declined", watch)
        except CallsheetError as error:
            failure = Failure(FailureKind.PLANNING, clean_text(str(error)))
            await self._enter(run, RunFailed(self._clock.now(), Account(failure)), watch)
            raise
        except BaseException as error:
            await self._cancel(run, f"stopped before it began: {type(error).__name__}", watch)
            raise
        executor = self._executor(watch, needs_approval=None if review else _is_irreversible)
        return await executor.run(run, checked, time_limit=time_limit)

    async def _create(self, goal: str, watch: Watch) -> str:
        run = new_run_id()
        model = self._model.name if self._model else ""
        digest = _digest(self._registry.catalog)
        created = RunCreated(self._clock.now(), run, clean_text(goal), new_seed(), digest, model)
        await self.journal.create(created)
        if watch.on_event:
            watch.on_event(created)
        return run

    async def _plan_journaled(self, run: str, goal: str, watch: Watch) -> CheckedPlan:
        async def enter(event: Event) -> None:
            await self._enter(run, event, watch)

        model = JournaledModel(self._require_model(), enter, self._clock)
        planned = await self._planner(model).plan(goal, self._registry.catalog, on_progress=watch.on_progress)
        return planned.checked

    async def _cancel(self, run: str, reason: str, watch: Watch) -> RunResult:
        await self._enter(run, RunCancelled(self._clock.now(), reason), watch)
        return RunResult.of(record_of(self.journal.read(run)))

    async def _enter(self, run: str, event: Event, watch: Watch) -> None:
        await self.journal.append(run, [event])
        if watch.on_event:
            watch.on_event(event)

    def _planner(self, model: ChatModel) -> Planner:
        return Planner(model, policy=self._policy, wire_format=self._wire_format)

    def _executor(self, watch: Watch, needs_approval: Callable[[CompiledStep], bool] | None) -> Executor:
        return Executor(
            self._registry,
            self.journal,
            workspace=self._workspace,
            clock=self._clock,
            model=self._model,
            max_concurrency=self._max_concurrency,
            approve=self._approve,
            needs_approval=needs_approval,
            on_event=watch.on_event,
        )

    def _require_model(self) -> ChatModel:
        if self._model is None:
            raise ModelNotConfigured("planning needs a model, and this orchestrator was given none")
        return self._model


def registry_of(agents: Iterable[Agent] | Registry | None) -> Registry:
    """The registry of these agents, or of the built-in ones. Raises what Registry raises."""
    if isinstance(agents, Registry):
        return agents
    return Registry(builtin_agents() if agents is None else agents)


def _is_irreversible(step: CompiledStep) -> bool:
    return step.capability.effect is Effect.IRREVERSIBLE


def _digest(catalog: Sequence[Capability]) -> str:
    """Tells catalogs apart: SHA-256 over the contracts, cut to 16 characters."""
    contracts = [capability.model_dump(mode="json") for capability in catalog]
    return hashlib.sha256(json.dumps(contracts, sort_keys=True).encode()).hexdigest()[:16]
