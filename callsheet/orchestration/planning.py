"""A run before it starts: from a goal, or a given plan, to the plan that is carried out.

Everything on the way is journaled: the run is created, planned, reviewed, or cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from callsheet.agents.models.chat import ChatModel
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.driver.errors import CancelReceived
from callsheet.executor.driver.interruptible import unless_cancelled
from callsheet.executor.driver.resumption import options_given
from callsheet.executor.journal.errors import JournalError
from callsheet.executor.journal.journal import Journal, new_seed
from callsheet.executor.journal.signals import Tell
from callsheet.executor.models.budgeted import BudgetedModel, BudgetGate
from callsheet.executor.models.journaled import JournaledModel
from callsheet.executor.models.recalled import RecallingModel
from callsheet.executor.run.errors import BudgetExceeded
from callsheet.executor.run.events import (
    Event,
    FiguresKnown,
    KnownFigures,
    ModelCalled,
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
from callsheet.executor.run.log import log_event
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.spending import RunSpending, asking_terms, spending_of
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.errors import PlanningTimeUp
from callsheet.planner.planning.planner import Clarification, Planned, Planner
from callsheet.planner.planning.streaming_planner import CHEAPER

from .equipment import Equipment
from .listeners import Watch
from .planners import Planners

Review: TypeAlias = Callable[[CheckedPlan], Awaitable[bool | None]]
"""Looks at a plan before it runs, and says whether it may; None where it cannot say so now: the run is left
to be resumed, and its plan reviewed then."""


@dataclass(frozen=True, slots=True)
class PlanningEnvironment:
    """What planning a run needs from outside. `measure` computes the bounds of a plan under some options."""

    journal: Journal
    clock: Clock
    equipment: Equipment
    planners: Planners
    measure: Callable[[CheckedPlan, RunOptions], Bounds]


class Preparation:
    """One run before it starts. `history` are its events so far, and grows as more happens. `options` are
    those of the run; their time limit is what is left of it after planning."""

    def __init__(
        self,
        run: str,
        around: PlanningEnvironment,
        options: RunOptions,
        watch: Watch,
        history: Iterable[Event] = (),
    ) -> None:
        self.run = run
        self.options = options
        self.history: list[Event] = [*history]
        self._around = around
        self._watch = watch
        self._catalog = around.equipment.registry.catalog
        self._spending = self._spent_so_far()

    async def create(self, goal: str, checked: CheckedPlan | None = None) -> None:
        """Begin the run, with the given plan if there is one."""
        begun = list(self._beginning(clean_text(str(goal)), checked))
        created, *more = begun
        assert isinstance(created, RunCreated)
        await self._around.journal.create(created, *more)
        self.history += begun
        self._spending = self._spent_so_far()
        for event in begun:
            log_event(self.run, event)
            self._watch.hear(event)

    async def settle(
        self, goal: str, checked: CheckedPlan | None, review: Review | None
    ) -> CheckedPlan | None:
        """The plan to carry out: the given one, or one for the goal; within the budget, and reviewed. None if
        the run does not start now, because it was cancelled, or waits for the answer to a question: `result`
        says which.

        What keeps it from starting for good is journaled, and raised: BudgetExceeded, PlanningTimeUp, and
        what `Planner.plan` raises. Whatever else is raised, or cancels this, leaves the run to be resumed.
        """
        try:
            checked = await self._adopt(goal) if checked is None else self._affordable(checked)
            approved = checked is None or review is None or await review(checked)
            if approved:
                return checked
            if approved is False:
                await self._cancel("the plan was declined")
        except CancelReceived as told:
            await self._cancel(told.reason, told.unanswered)
        except JournalError:
            raise
        except CallsheetError as error:
            await self._fail(error)
            raise
        return None

    async def write(self, goal: str) -> Planned | Clarification:
        """A plan for the goal that the budget admits, or the question that has to be answered first.

        What the model has answered before is not asked again. Raises CancelReceived if the run was cancelled
        meanwhile, PlanningTimeUp, BudgetExceeded, and what `Planner.plan` raises.
        """
        asked: ChatModel = JournaledModel(
            self._around.equipment.require_model(), self._enter, self._around.clock
        )
        if self._spending is not None:
            asked = BudgetedModel(asked, BudgetGate(self._spending))
        planner = self._around.planners.planner(RecallingModel(asked, self.history))
        return await self._in_time(self._write(planner, goal))

    async def note_options(self, given: RunOptions) -> None:
        """Keep the options with which a run that has not started is taken up."""
        if (event := options_given(self._now(), given)) is not None:
            await self._enter(event)

    async def hear(self) -> None:
        """Take in the user's messages to a run whose goal left something open."""
        for signal in await self._around.journal.signals.unanswered(self.run):
            if isinstance(signal.content, Tell):
                spoken = WordSpoken(self._now(), signal.content.text, signal.content.by)
                await self._enter(spoken, [signal.number])

    def result(self) -> RunResult:
        """The state of the run."""
        return RunResult.from_state(run_state_of(self.history))

    @property
    def executed_with(self) -> RunOptions:
        """The options with which the plan is carried out: a plan that was given is revised by a model only if
        the user set `max_replans`."""
        given = not any(isinstance(event, ModelCalled) for event in self.history)
        return replace(self.options, max_replans=self.options.replans(given=given))

    def _beginning(self, goal: str, checked: CheckedPlan | None) -> Iterable[Event]:
        equipment, budget, now = self._around.equipment, self.options.budget, self._now()
        model = "" if equipment.model is None else equipment.model.name
        limits = "" if budget is None else budget.describe()
        yield RunCreated(now, self.run, goal, new_seed(), equipment.digest, model, limits)
        yield equipment.noted(now, self.options.time_limit)
        if budget is not None and budget.seconds is not None:
            known = self._around.journal.figures.read_statistics(equipment.registry.capabilities.keys())
            yield FiguresKnown(now, tuple(KnownFigures(*place, known[place]) for place in sorted(known)))
        if checked is not None:
            yield self._adoption(checked)

    async def _adopt(self, goal: str) -> CheckedPlan | None:
        """The plan for the goal, adopted; None if the run now waits for the answer to a question."""
        began = self._now()
        planned = await self.write(goal)
        if isinstance(planned, Clarification):
            now = self._now()
            await self._enter(PersonAsked(now, clean_text(planned.question)))
            await self._enter(RunPaused(now, ()))
            return None
        await self._enter(self._adoption(planned.checked))
        if self.options.time_limit is not None:
            # Planning counts towards the time limit; the time that the user takes for the review does not.
            left = self.options.time_limit - (self._now() - began)
            self.options = replace(self.options, time_limit=max(0.0, left))
        return planned.checked

    async def _write(self, planner: Planner, goal: str) -> Planned | Clarification:
        """A plan for the goal; if the budget does not admit it, the planner has one chance to make a cheaper
        one."""
        answers = run_state_of(self.history).answers
        planned = await self._ask(planner, goal, answers)
        if isinstance(planned, Clarification) or not (problems := self._too_dear(planned.checked)):
            return planned
        said = f"The plan takes too much: {'; '.join(problems)}"
        planned = await self._ask(planner, goal, (*answers, (said, CHEAPER)))
        if isinstance(planned, Planned):
            self._affordable(planned.checked)
        return planned

    async def _ask(
        self, planner: Planner, goal: str, answers: Sequence[tuple[str, str]]
    ) -> Planned | Clarification:
        return await planner.plan(goal, self._catalog, answers=answers, on_progress=self._watch.on_progress)

    async def _in_time(
        self, planning: Coroutine[Any, Any, Planned | Clarification]
    ) -> Planned | Clarification:
        left = None if self._spending is None else self._spending.left(self._now()).seconds
        limit = min((each for each in (self.options.time_limit, left) if each is not None), default=None)
        timer = asyncio.timeout(limit)
        try:
            async with timer:
                return await unless_cancelled(planning, self._around.journal.signals, self.run)
        except TimeoutError:
            if limit is None or not timer.expired():
                raise
            raise PlanningTimeUp(limit) from None

    def _affordable(self, checked: CheckedPlan) -> CheckedPlan:
        """The plan, if the budget admits it. Raises BudgetExceeded."""
        if problems := self._too_dear(checked):
            raise BudgetExceeded("the plan is not carried out", "; ".join(problems))
        return checked

    def _too_dear(self, checked: CheckedPlan) -> tuple[str, ...]:
        """A sentence for each limit that the plan would exceed."""
        if self._spending is None:
            return ()
        measured = self._around.measure(checked, self.options)
        return measured.exceeds(self._spending.budget, self._spending.spent(self._now()))

    def _spent_so_far(self) -> RunSpending | None:
        """What the run has used so far; None if it has no budget."""
        if self.options.budget is None:
            return None
        equipment = self._around.equipment
        terms = asking_terms(equipment.registry.agents)
        return spending_of(self.history, self.options.budget, equipment.prices, terms)

    def _adoption(self, checked: CheckedPlan) -> PlanAdopted:
        return PlanAdopted(self._now(), 1, checked.document, checked.contracts)

    async def _fail(self, error: Exception) -> None:
        failure = Failure(_kind_of(error), clean_text(str(error)))
        await self._enter(RunFailed(self._now(), Account(failure)))

    async def _cancel(self, reason: str, unanswered: Sequence[int] = ()) -> None:
        await self._enter(RunCancelled(self._now(), reason), unanswered)

    async def _enter(self, event: Event, unanswered: Sequence[int] = ()) -> None:
        await self._around.journal.append(self.run, [event], answered=unanswered)
        self.history.append(event)
        if self._spending is not None:
            self._spending.add_event(event)
        log_event(self.run, event)
        self._watch.hear(event)

    def _now(self) -> float:
        return self._around.clock.now()


def _kind_of(error: Exception) -> FailureKind:
    match error:
        case BudgetExceeded():
            return FailureKind.BUDGET
        case PlanningTimeUp():
            return FailureKind.TIME_LIMIT
        case _:
            return FailureKind.PLANNING
