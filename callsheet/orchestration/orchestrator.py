"""The whole in one place: a goal is planned, the plan is looked at, carried out, and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Self, TypeAlias

from callsheet.agents.agent import Agent
from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.registry import Registry
from callsheet.agents.selection.strategies import Strategy
from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.prices import Prices
from callsheet.agents.workspace.workspace import Workspace
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.clock import Clock, SystemClock
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.environment import Approve
from callsheet.executor.driver.executor import MAX_CONCURRENCY, MAX_REPLANS, Executor
from callsheet.executor.driver.interruptible import RunTold
from callsheet.executor.driver.ports import Staging
from callsheet.executor.errors import JournalError
from callsheet.executor.journal.journal import Journal, MemoryJournal, new_run_id
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.machine.recovery import recheck
from callsheet.executor.run.events import (
    Event,
    ModelCalled,
    PlanAdopted,
    RunEquipped,
)
from callsheet.executor.run.reducer import record_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.executor.runner.runner import LocalRunner
from callsheet.orchestration.equipment import Equipment
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.plan_reuse import NothingKnown, PlanLibrary, Reuse
from callsheet.orchestration.planners import Planners
from callsheet.orchestration.planning import Preparation
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.check.checker import CheckResult, Policy, check
from callsheet.planner.check.parameter_check import check_filled
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.plan import Plan
from callsheet.planner.planning.errors import GoalUnclear
from callsheet.planner.planning.planner import (
    Clarification,
    Planned,
    require_goal,
)
from callsheet.settings.settings import Settings

DEFAULT_STORE = Path(".callsheet/runs.db")

Review: TypeAlias = Callable[[CheckedPlan], Awaitable[bool]]
"""Looks at a plan before it runs, and says whether it may."""


class Orchestrator:
    """Pursues goals with the agents, the model and the workspace it is given.

    `agents` are the built-in ones where nothing is said. `model` plans, and is what agents find in
    their context; without one only finished plans of work that needs none can run. `store` is the
    file of the journal, a journal that somebody else closes, or None for one in memory. `approve`
    is asked about steps that want an approval; without it a run pauses there. `wire_format` is how the
    model writes a plan: where nothing is said, the short way for an embedded model, else the full one.
    `strategy` chooses among the agents of one capability, for all runs together; `capability_limits`
    bounds the attempts at a capability that are under way at once. Without `fail_fast` a failure ends
    its run only once everything that does not depend on it is finished; with `hedge` reading and
    computing that takes unusually long is given to a second agent as well. The planner is asked about
    failures, surprises and people's words `max_replans` times at most in a run, 0 being never; where
    nothing is said, of goals five times, and of plans that were given never. `budget`
    limits what one run may take (`"$0.50, 20k tokens, 5m"`), `prices` are what models cost beside those
    that are published. `staging` is where attempts run and who chooses their agents, for replays and other
    stages than this process.

    Raises StrategyError where there is no strategy of that name, and BudgetError.
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
        strategy: Strategy | str = "balanced",
        capability_limits: Mapping[str, int] | None = None,
        fail_fast: bool = True,
        hedge: bool = False,
        max_replans: int | None = None,
        budget: Budget | str | None = None,
        prices: Prices | None = None,
        staging: Staging | None = None,
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
        self._planners = Planners(self._registry, self._policy, wire_format)
        self._runner = LocalRunner()
        self._staging = staging or Staging(
            self._runner, AgentPool(self._registry, strategy=strategy, capability_limits=capability_limits)
        )
        self._fail_fast = fail_fast
        self._hedge = hedge
        self._max_replans = max_replans
        self._budget = Budget.parse(budget) if isinstance(budget, str) else budget
        self._prices = prices or Prices()
        named = "" if wire_format is None else wire_format.name
        self._equipment = Equipment(self._registry, model, self._policy, self._prices, named)

    @classmethod
    def configured(
        cls,
        settings: Settings,
        agents: Iterable[Agent] | Registry | None = None,
        *,
        model: ChatModel | None,
        store: Journal,
        workspace: Workspace | str | PathLike[str] | None = None,
        policy: Policy | None = None,
        approve: Approve | None = None,
        strategy: Strategy | str | None = None,
    ) -> Self:
        """One that works as the settings say, where nothing else is said. The model and the journal are
        those given."""
        return cls(
            agents,
            model=model,
            store=store,
            workspace=workspace or settings.workspace,
            policy=policy,
            max_concurrency=settings.max_concurrency,
            approve=approve,
            strategy=strategy or settings.strategy,
            capability_limits=settings.capability_limits,
            fail_fast=settings.fail_fast,
            hedge=settings.hedge,
            max_replans=settings.max_replans,
            budget=settings.budget,
            prices=Prices.of(settings.prices, settings.base_url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes of agents, and let go of the journal, where it was opened here."""
        self._runner.close()
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

    @property
    def control(self) -> RunControl:
        """How to stop, rest and answer runs, those of other processes too. Raises JournalError."""
        return RunControl(self.journal, self._clock)

    def check(self, document: object) -> CheckResult:
        """Hold a plan, or the JSON of one, against the capabilities on offer."""
        return check(document, self._registry.catalog, self._policy)

    def bounds(self, checked: CheckedPlan) -> Bounds:
        """What a plan may take at the most, and what it usually does. Raises JournalError."""
        return self._executor(Watch()).bounds(checked)

    async def plan(self, goal: str, *, watch: Watch | None = None) -> Planned:
        """Make a plan, and run nothing. Raises GoalError, GoalUnclear where the goal leaves open what the
        plan depends on, PlanningFailed, and what the model raises."""
        watch = watch or Watch()
        planned = await self._planners.planner(self._require_model()).plan(
            goal, self._registry.catalog, on_progress=watch.on_progress
        )
        if isinstance(planned, Clarification):
            raise GoalUnclear(planned.question)
        return planned

    async def run(
        self,
        goal: str | None = None,
        *,
        plan: Plan | Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        reuse: bool = False,
        library: str | PathLike[str] | None = None,
        review: Review | None = None,
        watch: Watch | None = None,
        time_limit: float | None = None,
        stream: bool = False,
    ) -> RunResult:
        """Pursue a goal, or carry out a plan that there is already, and return how that went.

        `params` are the values of the plan's parameters. With `reuse`, or a `library` folder of plan files, a
        plan that is known for a goal of the same shape is changed for this one, where there is one, and no
        model is asked.
        Where nobody gave a `review`, every irreversible step waits for an approval of its own.
        With `stream` steps start while the plan is still being written: those that are complete, check, and
        can be done twice without harm. Nobody can have reviewed it then.
        Where the goal leaves something open the run pauses with a question, which `control.tell` answers.
        A run that fails is a result, not an exception. What keeps a run from starting is one: GoalError
        and PlanningFailed, PlanningTimeUp, PlanInvalid, ParameterError, LibraryUnreadable, what the model
        raises while it plans, JournalError. Whatever happens after the run was created is in the journal.
        """
        watch = watch or Watch()
        if stream and (plan is not None or review is not None):
            raise ValueError("a plan that is there already, or that is to be reviewed, cannot be streamed")
        if params and plan is None:
            raise ValueError("`params` are the parameters of a plan: give the plan, too")
        checked, reason = None, ""
        if plan is not None:
            checked = self._filled(plan, params).require()
            wanted = goal or checked.plan.goal
        else:
            wanted = require_goal(goal or "", self._registry.catalog)
            known = self._known(wanted, library) if reuse or library is not None else None
            if isinstance(known, Reuse):
                checked, reason = known.checked, known.reason
            else:
                self._require_model()
        run = new_run_id()
        prepared = self._preparation(run, [], watch)
        name = "" if self._model is None else self._model.name
        await prepared.create(wanted, name, self._budget, time_limit, checked, reason)
        try:
            if stream and checked is None:
                return await self._draft(prepared, wanted, watch, time_limit)
            return await self._pursue(prepared, wanted, checked, review, watch, time_limit)
        finally:
            await self.journal.release(run)

    async def resume(
        self,
        run: str,
        *,
        review: Review | None = None,
        watch: Watch | None = None,
        budget: Budget | str | None = None,
        time_limit: float | None = None,
        stream: bool = False,
    ) -> RunResult:
        """Go on with a run that was paused, or whose process ended: what is done stays done, what was
        being attempted is attempted again, and what nobody can tell waits for a person's word.

        `run` may be the beginning of an id. A run that was still being planned is planned to the end,
        with the answers that the model has given already. `budget` takes the place of the one that the run
        began with, once it is planned; `time_limit` and `stream` are as for `run`, where it was not yet
        started, the limit being the one that it began with where nothing is said.
        Raises what `run` does, and RunNotFound, RunAmbiguous, RunEnded, RunOwned where another process has
        it, and AgentsChanged.
        """
        watch = watch or Watch()
        run = self.journal.find(run)
        known = record_of(self.journal.read(run))
        if known.status not in RUN_ENDED and (known.held or not known.revision):
            self._require_model()
        await self.journal.claim(run)
        try:
            events = self.journal.read(run)
            prepared = self._preparation(run, events, watch)
            record = record_of(events)
            if record.question is not None and not (record.revision or record.drafting):
                await prepared.hear()
                record = record_of(events)
                if record.question is not None:
                    return RunResult.of(record)
            if record.status is not RunStatus.PENDING:
                allowed = Budget.parse(budget) if isinstance(budget, str) else budget
                drafting = record.drafting
                executor = self._executor(
                    watch, _is_irreversible if drafting else None, record.goal if drafting else None
                )
                return await executor.resume(run, history=events, budget=allowed)
            if time_limit is None:
                noted = (event.time_limit for event in events if isinstance(event, RunEquipped))
                time_limit = next(noted, None)
            adopted = [event for event in events if isinstance(event, PlanAdopted)]
            if stream and not adopted:
                return await self._draft(prepared, record.goal, watch, time_limit)
            checked = recheck(adopted[-1], self._registry) if adopted else None
            return await self._pursue(prepared, record.goal, checked, review, watch, time_limit)
        finally:
            await self.journal.release(run)

    async def _draft(
        self, prepared: Preparation, goal: str, watch: Watch, time_limit: float | None
    ) -> RunResult:
        executor = self._executor(watch, _is_irreversible, goal, self._replans(given=False))
        return await executor.draft(prepared.run, time_limit=time_limit, history=prepared.history)

    async def _pursue(
        self,
        prepared: Preparation,
        goal: str,
        checked: CheckedPlan | None,
        review: Review | None,
        watch: Watch,
        time_limit: float | None,
    ) -> RunResult:
        began = self._clock.now()
        try:
            if checked is None:
                checked = await prepared.plan(goal, self._require_model(), time_limit)
                if time_limit is not None:
                    # Planning is a part of the run; how long somebody looks at the plan is not.
                    time_limit = max(0.0, time_limit - (self._clock.now() - began))
            else:
                prepared.require_affordable(checked)
            if checked is None:
                return prepared.result()
            if review is not None and not await review(checked):
                return await prepared.cancel("the plan was declined")
        except RunTold as told:
            return await prepared.cancel(told.reason, told.letters)
        except JournalError:
            raise
        except CallsheetError as error:
            await prepared.fail(error)
            raise
        except BaseException as error:
            await prepared.cancel(f"stopped before it began: {type(error).__name__}")
            raise
        # A plan that nobody asked a model for is pinned: a model changes it only where that is wanted.
        given = not any(isinstance(event, ModelCalled) for event in prepared.history)
        executor = self._executor(
            watch, None if review else _is_irreversible, replans=self._replans(given=given)
        )
        return await executor.run(prepared.run, checked, time_limit=time_limit, history=prepared.history)

    def _filled(self, document: object, params: Mapping[str, object] | None = None) -> CheckResult:
        return check_filled(document, params or {}, self._registry.catalog, self._policy)

    def _known(self, goal: str, library: str | PathLike[str] | None) -> Reuse | NothingKnown:
        return PlanLibrary(self.journal, None if library is None else Path(library)).find(goal, self._filled)

    def _preparation(self, run: str, history: list[Event], watch: Watch) -> Preparation:
        return Preparation(
            run,
            history,
            self.journal,
            self._registry,
            self._planners,
            self._equipment,
            self._clock,
            self._prices,
            self.bounds,
            watch,
        )

    def _executor(
        self,
        watch: Watch,
        needs_approval: Callable[[CompiledStep], bool] | None = None,
        goal: str | None = None,
        replans: int | None = None,
    ) -> Executor:
        drafter = None if goal is None else self._planners.drafter(goal, watch)
        if drafter is not None and self._staging.drafter is not None:
            drafter = self._staging.drafter(drafter)
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
            runner=self._staging.runner,
            chooser=self._staging.chooser,
            pace=self._staging.pace,
            fail_fast=self._fail_fast,
            hedge=self._hedge,
            replanner=self._planners.replanner,
            max_replans=self._max_replans if replans is None else replans,
            prices=self._prices,
            drafter=drafter,
        )

    def _replans(self, *, given: bool) -> int:
        if self._max_replans is not None:
            return self._max_replans
        return 0 if given else MAX_REPLANS

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
