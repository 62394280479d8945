"""The executor: from a run that was created and a plan that was checked to a result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

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
from callsheet.executor.errors import RunEnded, RunNotPending
from callsheet.executor.journal.journal import Journal
from callsheet.executor.machine.machine import fold
from callsheet.executor.machine.machine_state import RunState
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
from callsheet.executor.run.reducer import record_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.spending import Purse, asking_terms
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.executor.runner.runner import LocalRunner, Runner
from callsheet.planner.check.bounds import Bounds, bounds
from callsheet.planner.check.step_bounds import Conditions
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .driver import Driver
from .environment import Approve, Surroundings
from .planner_call import MakeDrafter, MakeReplanner
from .ports import Pace, Staging

MAX_CONCURRENCY = 16
GRACE_SECONDS = 2.0
MAX_REPLANS = 5
"""How often the planner is asked about one run."""
_OPEN = (RunStatus.RUNNING, RunStatus.PAUSED)


class Executor:
    """Carries plans out. The runs are owned by the journal that is given: created or claimed there.

    `model` is what agents find in their context, every call journaled; `max_concurrency` bounds
    the attempts of one run at a time. `approve` is asked about the steps whose plan, or whose
    `needs_approval`, wants it; without one a run pauses there. `on_event` hears of every event
    once it is kept. An attempt that is told to stop has `grace_seconds` to do so. `chooser` says
    which agent gets an attempt; runs that share one share the limits of their agents. Without `fail_fast` a
    failure ends the run only when everything that does not depend on it is finished. With `hedge`
    pure and reading work that outlives its agent's usual time gets a second attempt elsewhere.
    `replanner` makes who is asked, `max_replans` times at most (five, or as often as the run that is
    resumed was allowed), about failures, surprises and people's
    words; without one a failure or a surprise is final. `prices` are those of models, for runs with
    a budget. `drafter` makes who writes the plan of a run that starts before there is one. `pace` says when
    news is taken in, where a run follows the course of another.
    """

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        *,
        workspace: Workspace,
        clock: Clock | None = None,
        model: ChatModel | None = None,
        max_concurrency: int = MAX_CONCURRENCY,
        runner: Runner | None = None,
        approve: Approve | None = None,
        needs_approval: Callable[[CompiledStep], bool] | None = None,
        on_event: Callable[[Event], None] | None = None,
        grace_seconds: float = GRACE_SECONDS,
        chooser: AgentChooser | None = None,
        fail_fast: bool = True,
        hedge: bool = False,
        replanner: MakeReplanner | None = None,
        max_replans: int | None = None,
        prices: Prices | None = None,
        drafter: MakeDrafter | None = None,
        pace: Pace | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise ValueError("max_concurrency must be at least 1")
        self._registry = registry
        self._journal = journal
        self._clock = clock or SystemClock()
        self._max_concurrency = max_concurrency
        self._needs_approval = needs_approval
        self._fail_fast = fail_fast
        self._hedge = hedge
        self._prices = prices or Prices()
        self._model = model
        self._can_replan = replanner is not None and model is not None
        self._max_replans = max_replans
        self._surroundings = Surroundings(
            Staging(runner or LocalRunner(), chooser or AgentPool(registry), pace),
            journal,
            workspace,
            self._clock,
            model,
            approve,
            on_event,
            grace_seconds,
            tuple(registry.catalog),
            replanner,
            self._admit,
            drafter,
            needs_approval,
        )

    async def run(
        self,
        run: str,
        checked: CheckedPlan,
        *,
        time_limit: float | None = None,
        history: Sequence[Event] | None = None,
    ) -> RunResult:
        """Carry a plan out, for a run that the journal has as created; where it has not adopted the plan
        yet, it does so now. `history` are the events of the run so far, where they are at hand.

        Comes back when the run has ended, or waits for somebody; it fails once `time_limit` seconds
        have passed. Cancelling stops what runs, enters the cancellation in the journal, and raises
        CancelledError then. Raises JournalError, RunNotFound and RunNotPending, and what `approve`
        and `on_event` raise.
        """
        events = self._journal.read(run) if history is None else history
        state = fold(events, {1: checked}, self._purse(events))
        if state.record.status is not RunStatus.PENDING:
            raise RunNotPending(run, state.record.status)
        begin: list[Event] = []
        if not state.record.revision:
            begin.append(PlanAdopted(self._clock.now(), 1, checked.document, checked.contracts))
        return await self._drive(state, checked, [*begin, self._start(state, checked, time_limit)])

    async def draft(
        self, run: str, *, time_limit: float | None = None, history: Sequence[Event] | None = None
    ) -> RunResult:
        """Carry out the plan of a run that the journal has as created while the plan is being written: steps
        that are complete, check, and can be done twice without harm start before the rest is there.

        Comes back and raises as `run` does; a run that comes to no plan fails.
        """
        events = self._journal.read(run) if history is None else history
        nothing = CheckedPlan.empty(record_of(events).goal)
        state = fold(events, {0: nothing}, self._purse(events))
        if state.record.status is not RunStatus.PENDING or state.record.revision:
            raise RunNotPending(run, state.record.status)
        begun = DraftBegun(self._clock.now())
        return await self._drive(state, nothing, [begun, self._start(state, nothing, time_limit)])

    async def resume(
        self, run: str, *, history: Sequence[Event] | None = None, budget: Budget | None = None
    ) -> RunResult:
        """Go on with a run that was started, and then paused, or left behind by a process that ended.

        `history` is as for `run`; `budget` takes the place of the one that the run has so far. Comes back and
        raises as `run` does; RunEnded where there is nothing to go on with, and AgentsChanged where nobody
        could. Neither changes anything.
        """
        events = self._journal.read(run) if history is None else history
        state = revive(events, self._registry, self._purse(events, budget))
        if state.record.status not in _OPEN:
            raise RunEnded(run, state.record.status)
        require_agents(state, self._registry)
        allowed = None if budget is None else budget.describe()
        resumed = RunResumed(self._clock.now(), self._max_concurrency, self._max_replans, allowed)
        return await self._drive(state, state.plan, [resumed])

    def _start(self, state: RunState, checked: CheckedPlan, time_limit: float | None) -> RunStarted:
        now = self._clock.now()
        return RunStarted(
            now,
            self._max_concurrency,
            self._deadline(state, now, time_limit),
            self._policy(checked),
            self._fail_fast,
            self._hedge,
            self._known_figures(checked),
            self._replans,
        )

    async def _drive(self, state: RunState, checked: CheckedPlan, events: Sequence[Event]) -> RunResult:
        contested = self._contested(checked)
        known = next((event.figures for event in events if isinstance(event, RunStarted)), state.known)
        figures = self._figures(state, known, contested)
        await Driver(state, self._surroundings, figures, contested).drive(*events)
        if state.record.status in RUN_ENDED:
            observations = observations_of(state.record, self._registry)
            await self._journal.figures.add(state.record.run, observations)
        return RunResult.of(state.record)

    @property
    def _replans(self) -> int:
        if not self._can_replan:
            return 0
        return MAX_REPLANS if self._max_replans is None else self._max_replans

    def _purse(self, events: Sequence[Event], budget: Budget | None = None) -> Purse | None:
        """An empty purse for a run with these events; None where nothing limits it."""
        created = next((event for event in events if isinstance(event, RunCreated)), None)
        told = created.budget if created is not None else ""
        later = any(isinstance(event, RunResumed) and event.budget for event in events)
        if not (told or later or budget):
            return None
        return Purse(Budget.parse(told or "none"), self._prices, asking_terms(self._registry.agents))

    def _deadline(self, state: RunState, now: float, time_limit: float | None) -> float | None:
        left = None if state.purse is None else state.purse.left(now).seconds
        limits = [limit for limit in (time_limit, left) if limit is not None]
        return now + min(limits) if limits else None

    def bounds(self, checked: CheckedPlan, done: Collection[str] = ()) -> Bounds:
        """What the plan may take at the most, and usually, with those steps done."""
        name = None if self._model is None else self._model.name
        named = {step.capability.name for step in checked.steps.values()}
        conditions = Conditions(
            self._registry,
            self._journal.figures.read(named),
            name,
            self._prices,
            self._clock.now(),
            self._max_concurrency,
            self._hedge,
        )
        return bounds(checked, conditions, done)

    def _admit(
        self, checked: CheckedPlan, spent: Spending, done: Collection[str], budget: Budget
    ) -> tuple[str, ...]:
        return self.bounds(checked, done).exceeds(budget, spent)

    def _figures(
        self, state: RunState, known: Iterable[KnownFigures], contested: frozenset[str]
    ) -> dict[tuple[str, str], Figures]:
        """What the run knows of the agents between whom it chooses: from before it, and from itself."""
        figures = {(each.agent, each.capability): each.figures for each in known}
        for seen in observations_of(state.record, self._registry):
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
        known = self._journal.figures.read(contested)
        return tuple(KnownFigures(*place, figures) for place, figures in sorted(known.items()))

    def _policy(self, checked: CheckedPlan) -> tuple[str, ...]:
        if self._needs_approval is None:
            return ()
        return tuple(step.id for step in checked.steps.values() if self._needs_approval(step))
