"""A run before it starts: it is created, planned, asked about, or called off; each of it in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.prices import Prices
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.driver.interruptible import unless_cancelled
from callsheet.executor.errors import BudgetExceeded
from callsheet.executor.journal.journal import Journal, new_seed
from callsheet.executor.journal.signals import Tell
from callsheet.executor.models.budgeted import BudgetedModel, Till
from callsheet.executor.models.journaled import JournaledModel
from callsheet.executor.models.recalled import RecallingModel
from callsheet.executor.run.events import (
    Event,
    FiguresKnown,
    KnownFigures,
    PersonAsked,
    PlanAdopted,
    RunCancelled,
    RunCreated,
    RunFailed,
    RunPaused,
    WordSpoken,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.reducer import record_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.spending import Purse, asking_terms, purse_of
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.errors import PlanningTimeUp
from callsheet.planner.planning.planner import Clarification, Planned, Planner
from callsheet.planner.planning.streaming_planner import CHEAPER

from .equipment import Equipment
from .listeners import Watch
from .planners import Planners


class Preparation:
    """One run before it starts. `history` are its events so far, and grows as more happens.

    `equipment` is noted with the run, and `bounds` measures a plan, for runs with a budget.
    """

    def __init__(
        self,
        run: str,
        history: list[Event],
        journal: Journal,
        registry: Registry,
        planners: Planners,
        equipment: Equipment,
        clock: Clock,
        prices: Prices,
        bounds: Callable[[CheckedPlan], Bounds],
        watch: Watch,
    ) -> None:
        self.run = run
        self.history = history
        self._journal = journal
        self._registry = registry
        self._planners = planners
        self._equipment = equipment
        self._clock = clock
        self._prices = prices
        self._bounds = bounds
        self._watch = watch

    async def create(
        self,
        goal: str,
        model: str,
        budget: Budget | None,
        time_limit: float | None,
        checked: CheckedPlan | None,
        reason: str,
    ) -> None:
        """Begin the run, with the plan that there is, if there is one, and why it is that."""
        limits = "" if budget is None else budget.describe()
        now = self._clock.now()
        created = RunCreated(
            now, self.run, clean_text(goal), new_seed(), self._equipment.digest, model, limits
        )
        begun: list[Event] = [self._equipment.noted(now, time_limit)]
        if budget is not None and budget.seconds is not None:
            known = self._journal.figures.read(self._registry.capabilities.keys())
            begun.append(
                FiguresKnown(now, tuple(KnownFigures(*place, known[place]) for place in sorted(known)))
            )
        if checked is not None:
            begun.append(self._adoption(checked, reason))
        await self._journal.create(created, *begun)
        begun.insert(0, created)
        self.history += begun
        for event in begun:
            self._watch.hear(event)

    async def plan(self, goal: str, model: ChatModel, seconds: float | None) -> CheckedPlan | None:
        """The plan for the goal, adopted; None where the run waits for the answer to a question now.

        What the model has answered before is not asked again. It may take so many `seconds`, and what the
        budget allows. Raises RunTold where somebody wants the run to stop, PlanningTimeUp, BudgetExceeded,
        and what Planner.plan raises.
        """
        asked: ChatModel = JournaledModel(model, self._enter, self._clock)
        purse = self._purse()
        if purse is not None:
            asked = BudgetedModel(asked, Till(purse))
        planner = self._planners.planner(RecallingModel(asked, self.history))
        planned = await self._in_time(self._plan(planner, goal), seconds, purse)
        if isinstance(planned, Clarification):
            now = self._clock.now()
            await self._enter(PersonAsked(now, clean_text(planned.question)))
            await self._enter(RunPaused(now, ()))
            return None
        self.require_affordable(planned.checked)
        await self._enter(self._adoption(planned.checked))
        return planned.checked

    async def _in_time(
        self,
        planning: Coroutine[Any, Any, Planned | Clarification],
        seconds: float | None,
        purse: Purse | None,
    ) -> Planned | Clarification:
        left = None if purse is None else purse.left(self._clock.now()).seconds
        limit = min((each for each in (seconds, left) if each is not None), default=None)
        timer = asyncio.timeout(limit)
        try:
            async with timer:
                return await unless_cancelled(planning, self._journal.mailbox, self.run)
        except TimeoutError:
            if limit is None or not timer.expired():
                raise
            raise PlanningTimeUp(limit) from None

    def require_affordable(self, checked: CheckedPlan) -> None:
        """See that the budget admits the plan. Raises BudgetExceeded."""
        if problems := self._too_dear(checked):
            raise BudgetExceeded("the plan is not carried out", "; ".join(problems))

    async def hear(self) -> None:
        """Take in what somebody has said to a run whose goal left something open."""
        for letter in await self._journal.mailbox.letters(self.run):
            if isinstance(letter.word, Tell):
                spoken = WordSpoken(self._clock.now(), letter.word.text, letter.word.by)
                await self._enter(spoken, [letter.number])

    async def fail(self, error: Exception) -> None:
        """The run ends, because of what was raised."""
        failure = Failure(_kind_of(error), clean_text(str(error)))
        await self._enter(RunFailed(self._clock.now(), Account(failure)))

    async def cancel(self, reason: str, letters: Sequence[int] = ()) -> RunResult:
        """The run ends, because somebody wanted that."""
        await self._enter(RunCancelled(self._clock.now(), reason), letters)
        return self.result()

    def result(self) -> RunResult:
        """How the run stands."""
        return RunResult.of(record_of(self.history))

    async def _plan(self, planner: Planner, goal: str) -> Planned | Clarification:
        """A plan for the goal; where the budget does not admit it, the planner has one chance to make a
        cheaper one."""
        answers, on_progress = record_of(self.history).answers, self._watch.on_progress
        catalog = self._registry.catalog
        planned = await planner.plan(goal, catalog, answers=answers, on_progress=on_progress)
        if isinstance(planned, Clarification) or not (problems := self._too_dear(planned.checked)):
            return planned
        answers = (*answers, (f"The plan takes too much: {'; '.join(problems)}", CHEAPER))
        return await planner.plan(goal, catalog, answers=answers, on_progress=on_progress)

    def _too_dear(self, checked: CheckedPlan) -> tuple[str, ...]:
        """A sentence for each limit that the plan would go beyond."""
        purse = self._purse()
        if purse is None:
            return ()
        return self._bounds(checked).exceeds(purse.budget, purse.spent(self._clock.now()))

    def _purse(self) -> Purse | None:
        """What the run has used so far; None where nothing limits it."""
        budget = next((event.budget for event in self.history if isinstance(event, RunCreated)), "")
        if not budget:
            return None
        terms = asking_terms(self._registry.agents)
        return purse_of(self.history, Budget.parse(budget), self._prices, terms)

    def _adoption(self, checked: CheckedPlan, reason: str = "") -> PlanAdopted:
        return PlanAdopted(self._clock.now(), 1, checked.document, checked.contracts, clean_text(reason))

    async def _enter(self, event: Event, letters: Sequence[int] = ()) -> None:
        await self._journal.append(self.run, [event], letters=letters)
        self.history.append(event)
        self._watch.hear(event)


def _kind_of(error: Exception) -> FailureKind:
    match error:
        case BudgetExceeded():
            return FailureKind.BUDGET
        case PlanningTimeUp():
            return FailureKind.TIME_LIMIT
        case _:
            return FailureKind.PLANNING
