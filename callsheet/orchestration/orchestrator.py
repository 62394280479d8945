"""The whole in one place: a goal is planned, the plan is reviewed and carried out to an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Self, Unpack

from callsheet.agents.agent import Agent
from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.registry import Registry
from callsheet.agents.spending.prices import Prices
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.environment import require_one_time
from callsheet.executor.driver.executor import Executor
from callsheet.executor.driver.ports import Ports
from callsheet.executor.driver.resumption import options_before_start
from callsheet.executor.journal.journal import Journal, MemoryJournal, new_run_id
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.machine.recovery import recheck, require_agents_for
from callsheet.executor.run.errors import OptionInvalid
from callsheet.executor.run.events import PlanAdopted
from callsheet.executor.run.options import RunKeywords, RunOptions, divide, require_known
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.executor.runner.runner import LocalRunner
from callsheet.orchestration.equipment import Equipment
from callsheet.orchestration.keywords import OrchestratorKeywords
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.planners import Planners
from callsheet.orchestration.planning import PlanningEnvironment, Preparation, Review
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.check.checker import CheckResult, Policy, check
from callsheet.planner.check.errors import ParameterError
from callsheet.planner.check.parameter_check import check_filled
from callsheet.planner.goals.goal import Goal
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.planning.errors import GoalUnclear
from callsheet.planner.planning.given_plan import GivenPlan, document_of
from callsheet.planner.planning.planner import Clarification, Planned
from callsheet.settings.model_settings import named_model
from callsheet.settings.settings import Settings

DEFAULT_STORE = Path(".callsheet/runs.db")


class Orchestrator:
    """Pursues goals with the agents, the model and the workspace it is given.

    By default `agents` are the built-in ones, `store` is `.callsheet/runs.db`, and `workspace` is the working
    folder. The keywords are described in `callsheet.orchestration.keywords`. The options among them (those of
    `RunOptions`) hold for every run that begins here, unless `run` is given others; a run that is resumed
    keeps those that it began with. The strategy, and the limits of capabilities, are for all runs together.

    Raises OptionInvalid, BudgetError, StrategyError, and what keeps a named model from being used:
    ModelNotConfigured, WeightsUnavailable, ModelRejected, ConfigError.
    """

    def __init__(
        self, agents: Iterable[Agent] | Registry | None = None, **given: Unpack[OrchestratorKeywords]
    ) -> None:
        require_known("Orchestrator", given, OrchestratorKeywords)
        self._options = RunOptions.of(**divide(given)[0])
        self._registry = registry_of(agents)
        self._model = named_model(given.get("model"))
        store = given.get("store", DEFAULT_STORE)
        self._store = MemoryJournal() if store is None else store
        self._opened: SqliteJournal | None = None
        workspace = given.get("workspace") or "."
        self._workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
        self._policy = given.get("policy") or Policy()
        self._approve = given.get("approve")
        self._clock = given.get("clock") or SystemClock()
        self._prices = given.get("prices") or Prices()
        self._runner = LocalRunner()
        self._ports = given.get("ports") or self._own_ports(given.get("capability_limits"))
        self._equipment = Equipment(
            self._registry, self._model, self._policy, self._prices, given.get("wire_format")
        )
        self._planners = Planners(self._equipment)

    @classmethod
    def configured(
        cls,
        settings: Settings,
        agents: Iterable[Agent] | Registry | None = None,
        **given: Unpack[OrchestratorKeywords],
    ) -> Self:
        """An orchestrator with these settings, and the given keywords instead where there are any. Model and
        journal are always those that are given."""
        options, around = divide(given)
        said: dict[str, Any] = {
            "workspace": settings.workspace,
            "capability_limits": settings.capability_limits,
            "prices": Prices.from_table(settings.prices, settings.base_url),
        }
        said |= {name: value for name, value in around.items() if value is not None or name == "store"}
        merged = RunOptions.of(**options).or_else(settings.options)
        return cls(agents, **said, **merged.keywords())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes of agents, and close the journal if it was opened here."""
        self._runner.close()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def registry(self) -> Registry:
        """The agents."""
        return self._registry

    @property
    def journal(self) -> Journal:
        """Where runs are stored; opened at its first use. Raises JournalError."""
        if not isinstance(self._store, str | PathLike):
            return self._store
        if self._opened is None:
            self._opened = SqliteJournal(self._store)
        return self._opened

    @property
    def control(self) -> RunControl:
        """How to cancel, pause and answer runs, also those of other processes. Raises JournalError."""
        return RunControl(self.journal, self._clock)

    def check(self, plan: object) -> CheckResult:
        """Check a plan (a Plan, its document, or the path of a file) against the capabilities. Raises
        DocumentError if the file cannot be read."""
        return check(document_of(plan), self._registry.catalog, self._policy)

    def bounds(self, checked: CheckedPlan) -> Bounds:
        """The most that a plan may use, and what it usually uses. Raises JournalError."""
        return self._measure(checked, self._options)

    async def plan(self, goal: str, *, watch: Watch | None = None, **options: Unpack[RunKeywords]) -> Planned:
        """Make a plan for a run with these options, and run nothing.

        Raises GoalError, GoalUnclear where the goal leaves open what the plan depends on, PlanningFailed,
        PlanningTimeUp, BudgetExceeded, and what the model raises.
        """
        wanted = Goal.from_text(goal, self._registry.catalog)
        self._equipment.require_model()
        # The plan is not run, so nothing of it belongs in the journal on disk.
        around = self._around(MemoryJournal())
        quiet = Watch(on_progress=None if watch is None else watch.on_progress)
        planning = Preparation(new_run_id(), around, self._options_with(options), quiet)
        await planning.create(wanted)
        planned = await planning.write(wanted)
        if isinstance(planned, Clarification):
            raise GoalUnclear(planned.question)
        return planned

    async def run(
        self,
        goal: str | None = None,
        *,
        plan: GivenPlan | None = None,
        params: Mapping[str, object] | None = None,
        review: Review | None = None,
        watch: Watch | None = None,
        **options: Unpack[RunKeywords],
    ) -> RunResult:
        """Pursue a goal, or carry out a given plan, and return the result.

        `plan` is a Plan, the document of one, or the path of a file with one; `params` are the values of its
        parameters. The options are those of `RunOptions`, and override those of this orchestrator.
        Without `review`, every irreversible step waits for an approval of its own.
        If the goal leaves something open, the run pauses with a question, which `control.tell` answers.
        A run that fails is a result, not an exception. Raises what keeps a run from starting: OptionInvalid,
        GoalError and PlanningFailed, PlanningTimeUp, PlanInvalid, DocumentError, ParameterError, what the
        model raises while it plans, JournalError. Whatever happens after the run was created is in the
        journal.
        """
        wanted = self._options_with(options)
        if options.get("stream") and (plan is not None or review is not None):
            raise OptionInvalid(
                "stream",
                True,
                "a goal, without `plan` or `review`: a plan that is streamed cannot be reviewed",
            )
        if params and plan is None:
            raise ParameterError(("`params` are parameters of a plan: give `plan`, too",), ())
        checked = None if plan is None else self._filled(plan, params or {})
        if checked is not None:
            text = goal or checked.plan.goal
        else:
            text = Goal.from_text(goal or "", self._registry.catalog)
            self._equipment.require_model()
        planning = Preparation(new_run_id(), self._around(self.journal), wanted, watch or Watch())
        await planning.create(text, checked)
        try:
            return await self._begin(planning, text, checked, review, watch or Watch())
        finally:
            await self.journal.release(planning.run)

    async def resume(
        self,
        run: str | RunResult,
        *,
        review: Review | None = None,
        watch: Watch | None = None,
        **options: Unpack[RunKeywords],
    ) -> RunResult:
        """Continue a run that was paused, or whose process ended: finished work stays done, interrupted
        attempts are repeated, and irreversible work in doubt waits for the user.

        `run` is a result, an id, or the beginning of one. If the run was still being planned, planning goes
        on with the answers that the model has given already. The options (those of `RunOptions`) replace
        those that the run was started with; the others stay as they were. Raises what `run` does, and
        RunNotFound, RunAmbiguous, RunEnded, RunOwned where another process has it, and AgentsChanged.
        """
        given, watch = RunOptions.of(**options), watch or Watch()
        run = self.journal.find_run(run.run if isinstance(run, RunResult) else run)
        known = run_state_of(self.journal.read_events(run))
        if known.status not in RUN_ENDED and (known.held or not known.revision):
            self._equipment.require_model()
        await self.journal.claim(run)
        try:
            return await self._go_on(run, given, review, watch)
        finally:
            await self.journal.release(run)

    async def _go_on(self, run: str, given: RunOptions, review: Review | None, watch: Watch) -> RunResult:
        events = self.journal.read_events(run)
        begun = given.or_else(options_before_start(events))
        planning = Preparation(run, self._around(self.journal), begun.or_else(self._free), watch, events)
        record = run_state_of(events)
        if record.status is RunStatus.PENDING and not record.drafting:
            await planning.note_options(given)
        if record.question is not None and not (record.revision or record.drafting):
            await planning.hear()
            record = run_state_of(planning.history)
            if record.question is not None:
                return RunResult.from_state(record)
        if record.status is not RunStatus.PENDING:
            goal = record.goal if record.drafting else None
            # A plan that is adopted already was reviewed then; its approvals are in the journal.
            executor = self._executor(watch, given, goal, is_reviewed=goal is None)
            return await executor.resume(run, history=planning.history)
        adopted = [event for event in events if isinstance(event, PlanAdopted)]
        checked = recheck(adopted[-1], self._registry) if adopted else None
        if checked is not None:
            require_agents_for(run, checked.steps.values(), self._registry)
        return await self._begin(planning, record.goal, checked, review, watch)

    async def _begin(
        self,
        planning: Preparation,
        goal: str,
        checked: CheckedPlan | None,
        review: Review | None,
        watch: Watch,
    ) -> RunResult:
        """Carry out a run that has not started, once it has its plan, or while the plan is written."""
        if planning.options.streams and checked is None and review is None:
            # No model call is journaled yet, but a model writes the plan, so it may be replanned as usual.
            options = replace(planning.options, max_replans=planning.options.replans(given=False))
            drafting = self._executor(watch, options, goal)
            return await drafting.draft(planning.run, history=planning.history)
        checked = await planning.settle(goal, checked, review)
        if checked is None:
            return planning.result()
        executor = self._executor(watch, planning.executed_with, is_reviewed=review is not None)
        return await executor.run(planning.run, checked, history=planning.history)

    def _filled(self, plan: GivenPlan, params: Mapping[str, object]) -> CheckedPlan:
        return check_filled(document_of(plan), params, self._registry.catalog, self._policy).require()

    def _options_with(self, given: RunKeywords) -> RunOptions:
        return RunOptions.of(**given).or_else(self._options)

    @property
    def _free(self) -> RunOptions:
        """The options for a run that began elsewhere: its budget and time limit were set there."""
        return replace(self._options, budget=None, time_limit=None)

    def _around(self, journal: Journal) -> PlanningEnvironment:
        require_one_time(self._clock)
        return PlanningEnvironment(journal, self._clock, self._equipment, self._planners, self._measure)

    def _measure(self, checked: CheckedPlan, options: RunOptions) -> Bounds:
        return self._executor(Watch(), options).bounds(checked)

    def _own_ports(self, capability_limits: Mapping[str, int] | None) -> Ports:
        return Ports(self._runner, AgentPool(self._registry, capability_limits=capability_limits))

    def _executor(
        self, watch: Watch, options: RunOptions, goal: str | None = None, *, is_reviewed: bool = False
    ) -> Executor:
        """Carries a run out. `goal` is given while its plan is still being written."""
        drafter = None if goal is None else self._planners.drafter(goal, watch)
        if drafter is not None and self._ports.drafter is not None:
            drafter = self._ports.drafter(drafter)
        if options.strategy is None:
            options = replace(options, strategy=self._options.strategy)
        return Executor(
            self._registry,
            self.journal,
            options,
            workspace=self._workspace,
            clock=self._clock,
            model=self._model,
            approve=self._approve,
            needs_approval=None if is_reviewed else _is_irreversible,
            on_event=watch.on_event,
            runner=self._ports.runner,
            chooser=self._ports.chooser,
            pace=self._ports.pace,
            replanner=self._planners.replanner,
            prices=self._prices,
            drafter=drafter,
        )


def registry_of(agents: Iterable[Agent] | Registry | None) -> Registry:
    """The registry of these agents, or of the built-in ones. Raises what Registry raises."""
    if isinstance(agents, Registry):
        return agents
    return Registry(builtin_agents() if agents is None else agents)


def _is_irreversible(step: CompiledStep) -> bool:
    return step.capability.effect is Effect.IRREVERSIBLE
