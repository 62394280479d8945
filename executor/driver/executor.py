"""The executor: from a run that was created and a plan that was checked to a result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.spending.budget import Budget, Spending
from callsheet.agents.spending.prices import Prices
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import Clock, SystemClock
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.dispatch.chooser import AgentChooser
from callsheet.executor.dispatch.observations import observations_of
from callsheet.executor.journal.errors import RunEnded
from callsheet.executor.journal.journal import Journal
from callsheet.executor.machine.machine import reduce_event
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.recovery import require_agents, revive
from callsheet.executor.run.events import (
    DraftBegun,
    Event,
    KnownFigures,
    PlanAdopted,
    RunCreated,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.options import NOTHING_SAID, RunOptions
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.spending import RunSpending, asking_terms
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.executor.runner.runner import LocalRunner, Runner
from callsheet.planner.check.bounds import Bounds, bounds
from callsheet.planner.check.step_bounds import Conditions
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .driver import Driver
from .environment import Admit, AskApproval, RunEnvironment
from .errors import RunNotPending
from .planner_call import MakeDrafter, MakeReplanner
from .ports import Pace, Ports
from .resumption import options_before_start, options_of, resumption

GRACE_SECONDS = 2.0
_OPEN = (RunStatus.RUNNING, RunStatus.PAUSED)


class Executor:
    """Carries plans out. The runs are owned by the journal that is given: created or claimed there.

    `options` are those of the runs; on `resume` what they leave open stays as it is in the journal.
    `model` is what agents find in their context, every call journaled. `approve` is asked about the steps
    whose plan, or whose `needs_approval`, wants it; without one a run pauses there. `on_event` hears of every
    event once it is kept. An attempt that is told to stop has `grace_seconds` to do so. `chooser` says
    which agent gets an attempt; runs that share one share the limits of their agents. `replanner` makes who
    is asked about failures, surprises and people's messages; without one a failure or a surprise is final.
    `prices` are those of models, for runs with a budget. `drafter` makes who writes the plan of a run that
    starts before there is one. `pace` says when news is taken in, where a run follows another.
    """

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        options: RunOptions = NOTHING_SAID,
        *,
        workspace: Workspace,
        clock: Clock | None = None,
        model: ChatModel | None = None,
        runner: Runner | None = None,
        approve: AskApproval | None = None,
        needs_approval: Callable[[CompiledStep], bool] | None = None,
        on_event: Callable[[Event], None] | None = None,
        grace_seconds: float = GRACE_SECONDS,
        chooser: AgentChooser | None = None,
        replanner: MakeReplanner | None = None,
        prices: Prices | None = None,
        drafter: MakeDrafter | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._clock = clock or SystemClock()
        self._options = options
        self._needs_approval = needs_approval
        self._prices = prices or Prices()
        self._model = model
        self._can_replan = replanner is not None and model is not None
        self._environment = RunEnvironment(
            Ports(runner or LocalRunner(), chooser or AgentPool(registry), pace),
            journal,
            workspace,
            self._clock,
            model,
            approve,
            on_event,
            grace_seconds,
            tuple(registry.catalog),
            replanner,
            None,
            drafter,
            needs_approval,
            options.strategy,
        )

    async def run(
        self, run: str, checked: CheckedPlan, *, history: Sequence[Event] | None = None
    ) -> RunResult:
        """Carry a plan out, for a run that the journal has as created; where it has not adopted the plan
        yet, it does so now. `history` are the events of the run so far, where they are known.

        Comes back when the run has ended, or waits for a person. Cancelled, it stops what runs, and raises
        CancelledError then; the run can be resumed, as it can after every error. Raises JournalError,
        RunNotFound and RunNotPending, and what `approve` and `on_event` raise.
        """
        events = self._journal.read_events(run) if history is None else history
        state = reduce_event(events, {1: checked}, self._spending(events))
        self._allow(state)
        if state.run.status is not RunStatus.PENDING:
            raise RunNotPending(run, state.run.status)
        begin: list[Event] = []
        if not state.run.revision:
            begin.append(PlanAdopted(self._clock.now(), 1, checked.document, checked.contracts))
        return await self._drive(state, checked, [*begin, self._start(state, checked, events)], self._options)

    async def draft(self, run: str, *, history: Sequence[Event] | None = None) -> RunResult:
        """Carry out the plan of a run that the journal has as created while the plan is being written: steps
        that are complete, check, and can be done twice without harm start before the rest is there.

        Comes back and raises as `run` does; a run that comes to no plan fails.
        """
        events = self._journal.read_events(run) if history is None else history
        nothing = CheckedPlan.empty(run_state_of(events).goal)
        state = reduce_event(events, {0: nothing}, self._spending(events))
        self._allow(state)
        if state.run.status is not RunStatus.PENDING or state.run.revision:
            raise RunNotPending(run, state.run.status)
        begun = DraftBegun(self._clock.now())
        return await self._drive(state, nothing, [begun, self._start(state, nothing, events)], self._options)

    async def resume(self, run: str, *, history: Sequence[Event] | None = None) -> RunResult:
        """Go on with a run that was started, and then paused, or left behind by a process that ended.

        `history` is as for `run`. The options that this executor has hold from now on, and a time limit
        counts from now; those that it has not stay as they are in the journal. Comes back and raises as `run`
        does; RunEnded where the run has ended, and AgentsChanged where no agent
        could. Neither changes anything.
        """
        events = self._journal.read_events(run) if history is None else history
        state = revive(events, self._registry, self._spending(events))
        if state.run.status not in _OPEN:
            raise RunEnded(run, state.run.status)
        require_agents(state, self._registry)
        options = self._options.or_else(options_of(state))
        is_limited = options_before_start(events).time_limit is not None
        resumed = resumption(self._clock.now(), self._options, state, is_limited=is_limited)
        return await self._drive(state, state.plan, [resumed], options)

    def _start(self, state: MachineState, checked: CheckedPlan, events: Sequence[Event]) -> RunStarted:
        now = self._clock.now()
        return RunStarted(
            now,
            self._options.concurrency,
            self._deadline(state, now),
            self._policy(checked),
            self._options.fails_fast,
            self._options.hedges,
            self._known_figures(checked),
            self._replans,
            self._other_budget(events),
        )

    async def _drive(
        self, state: MachineState, checked: CheckedPlan, events: Sequence[Event], options: RunOptions
    ) -> RunResult:
        contested = self._contested(checked)
        known = next((event.figures for event in events if isinstance(event, RunStarted)), state.known)
        figures = self._figures(state, known, contested)
        around = replace(self._environment, admit=self._admission(options))
        await Driver(state, around, figures, contested).drive(*events)
        if state.run.status in RUN_ENDED:
            observations = observations_of(state.run, self._registry)
            await self._journal.figures.add_observations(state.run.id, observations)
        return RunResult.from_state(state.run)

    @property
    def _replans(self) -> int:
        return self._options.replans(given=False) if self._can_replan else 0

    def _spending(self, events: Sequence[Event]) -> RunSpending | None:
        """The spending of a run with these events, still empty; None where nothing limits it."""
        begun = options_before_start(events).budget
        later = any(isinstance(event, RunStarted | RunResumed) and event.budget for event in events)
        if not (begun or later or self._options.budget):
            return None
        return RunSpending(begun or Budget(), self._prices, asking_terms(self._registry.agents))

    def _allow(self, state: MachineState) -> None:
        """The budget of this executor holds, for a run that is about to start."""
        if state.spending is not None and self._options.budget is not None:
            state.spending.budget = self._options.budget

    def _other_budget(self, events: Sequence[Event]) -> str | None:
        """The budget of this executor, where it is not the one that the run was created with."""
        wanted = self._options.budget
        # What it was given since is in an event of its own, which earlier releases did not have.
        created = options_before_start(event for event in events if isinstance(event, RunCreated))
        begun = created.budget or Budget()
        return None if wanted is None or wanted == begun else wanted.describe()

    def _deadline(self, state: MachineState, now: float) -> float | None:
        left = None if state.spending is None else state.spending.left(now).seconds
        limits = [limit for limit in (self._options.time_limit, left) if limit is not None]
        return now + min(limits) if limits else None

    def bounds(
        self, checked: CheckedPlan, done: Collection[str] = (), options: RunOptions | None = None
    ) -> Bounds:
        """What the plan may take at most, and usually, with those steps done: with these options, or
        those of this executor."""
        options = options or self._options
        name = None if self._model is None else self._model.name
        named = {step.capability.name for step in checked.steps.values()}
        conditions = Conditions(
            self._registry,
            self._journal.figures.read_statistics(named),
            name,
            self._prices,
            self._clock.now(),
            options.concurrency,
            options.hedges,
        )
        return bounds(checked, conditions, done)

    def _admission(self, options: RunOptions) -> Admit:
        def admit(
            checked: CheckedPlan, spent: Spending, done: Collection[str], budget: Budget
        ) -> tuple[str, ...]:
            return self.bounds(checked, done, options).exceeds(budget, spent)

        return admit

    def _figures(
        self, state: MachineState, known: Iterable[KnownFigures], contested: frozenset[str]
    ) -> dict[tuple[str, str], Figures]:
        """What the run knows of the agents between whom it chooses: from before it, and from itself."""
        figures = {(each.agent, each.capability): each.figures for each in known}
        for seen in observations_of(state.run, self._registry):
            if seen.capability in contested:
                key = seen.agent, seen.capability
                figures[key] = figures.get(key, Figures()).after(seen)
        return figures

    def _contested(self, checked: CheckedPlan) -> frozenset[str]:
        """The capabilities that several agents offer, as far as the plan, or a revision of it, may use
        them."""
        offered = self._registry.capabilities
        any_of_them = self._replans or not checked.steps
        named = set(offered) if any_of_them else {step.capability.name for step in checked.steps.values()}
        return frozenset(
            name for name in named if name in offered and len(self._registry.agents_for(name)) > 1
        )

    def _known_figures(self, checked: CheckedPlan) -> tuple[KnownFigures, ...]:
        contested = self._contested(checked)
        if not contested:
            return ()
        known = self._journal.figures.read_statistics(contested)
        return tuple(KnownFigures(*place, figures) for place, figures in sorted(known.items()))

    def _policy(self, checked: CheckedPlan) -> tuple[str, ...]:
        if self._needs_approval is None:
            return ()
        return tuple(step.id for step in checked.steps.values() if self._needs_approval(step))
