"""What came of planning one goal, and the rows of a report that tell it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from callsheet.agents.models.chat import ChatModel, Usage
from callsheet.agents.models.errors import ModelRefused
from callsheet.agents.spending.prices import Prices
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.draft import Draft
from callsheet.planner.planning.errors import PlanningFailed, PromptTooLong
from callsheet.planner.planning.planner import Clarification, Planned, Planner

from .goal_set import Goal, GoalSet, find_fault
from .report import Cell

COLUMNS = (
    "set",
    "goal",
    "executable",
    "sensible",
    "first executable",
    "first sensible",
    "calls",
    "tokens in",
    "tokens out",
    "first tokens in",
    "first tokens out",
    "seconds",
    "US cents",
    "fault",
)


class Verdict(NamedTuple):
    """Whether a plan can be carried out, and what is wrong with it; `fault` is None where it is sensible."""

    executable: bool
    fault: str | None

    @property
    def sensible(self) -> bool:
        """Whether it can be carried out and does what the goal says."""
        return self.executable and self.fault is None


@dataclass(frozen=True, slots=True)
class PlannedGoal:
    """A goal that was planned once."""

    goal: Goal
    """What was planned."""

    shipped: Verdict
    """About what a user gets."""

    first: Verdict
    """About the first draft, as if nothing had been asked again."""

    drafts: tuple[Draft, ...]
    """All answers of the model; none where it refused, or the goal did not fit its context."""

    seconds: float
    """From the goal to the end of planning."""

    cost: Decimal | None
    """In dollars; None where the price is unknown."""

    plan: str
    """The plan as JSON, or what the model wrote in the place of one."""

    @property
    def usage(self) -> Usage:
        """The tokens of all drafts."""
        return usage_of(self.drafts)


async def plan_goal(
    planner: Planner, model: ChatModel, prices: Prices, goals: GoalSet, goal: Goal
) -> PlannedGoal:
    """Plan a goal. Raises what `Planner.plan` does where the model cannot be asked at all."""
    started = time.perf_counter()
    drafts: tuple[Draft, ...] = ()
    try:
        planned = await planner.plan(goal.goal, goals.catalog)
    except PlanningFailed as error:
        drafts, plan = error.drafts, error.drafts[-1].answer
        shipped = Verdict(False, error.drafts[-1].problems[0])
    except (PromptTooLong, ModelRefused) as error:
        plan, shipped = "", Verdict(False, str(error))
    else:
        drafts, plan = planned.drafts, _written(planned)
        shipped = _judge(goal, planned)
    seconds = time.perf_counter() - started
    first = _verdict(goal, drafts[0].checked) if drafts else shipped
    return PlannedGoal(goal, shipped, first, drafts, seconds, _cost(model, prices, drafts), plan)


def row_of(name: str, planned: PlannedGoal) -> tuple[Cell, ...]:
    """The figures of one goal of the set with this name."""
    return (
        name,
        planned.goal.goal,
        planned.shipped.executable,
        planned.shipped.sensible,
        planned.first.executable,
        planned.first.sensible,
        *_sums([planned]),
        planned.shipped.fault,
    )


def total_row(name: str, planned: Sequence[PlannedGoal]) -> tuple[Cell, ...]:
    """The figures of all these goals together."""
    verdicts = ([each.shipped for each in planned], [each.first for each in planned])
    counts = (count for some in verdicts for count in (_executable(some), _sensible(some)))
    return (name, "total", *(f"{count} of {len(planned)}" for count in counts), *_sums(planned), None)


def usage_of(drafts: Sequence[Draft]) -> Usage:
    """The tokens of these drafts together."""
    return sum((each.usage for each in drafts), Usage())


def _judge(goal: Goal, planned: Planned | Clarification) -> Verdict:
    if isinstance(planned, Clarification):
        return Verdict(False, f"asked: {planned.question}")
    return _verdict(goal, planned.checked)


def _verdict(goal: Goal, checked: CheckedPlan | None) -> Verdict:
    return Verdict(False, None) if checked is None else Verdict(True, find_fault(goal, checked))


def _written(planned: Planned | Clarification) -> str:
    if isinstance(planned, Clarification):
        return planned.question
    return json.dumps(planned.plan.to_document(), ensure_ascii=False)


def _cost(model: ChatModel, prices: Prices, drafts: Sequence[Draft]) -> Decimal | None:
    costs = [prices.cost(model.name, each.usage, time.time()) for each in drafts]
    return _sum(costs)


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [each for each in costs if each is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _executable(verdicts: Sequence[Verdict]) -> int:
    return sum(each.executable for each in verdicts)


def _sensible(verdicts: Sequence[Verdict]) -> int:
    return sum(each.sensible for each in verdicts)


def _sums(planned: Sequence[PlannedGoal]) -> tuple[Cell, ...]:
    usage = usage_of([draft for each in planned for draft in each.drafts])
    first = usage_of([draft for each in planned for draft in each.drafts[:1]])
    cost = _sum([each.cost for each in planned])
    return (
        sum(len(each.drafts) for each in planned),
        usage.input_tokens,
        usage.output_tokens,
        first.input_tokens,
        first.output_tokens,
        sum(each.seconds for each in planned),
        None if cost is None else float(100 * cost),
    )
