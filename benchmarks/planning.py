"""How well and how fast a model plans: goal sets through the whole planner."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel, Usage
from callsheet.agents.models.choice import choose_model
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import ShortFormat
from callsheet.planner.planning.errors import PlanningFailed
from callsheet.planner.planning.planner import Clarification, Planned, Planner, default_format
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

from .goal_set import SHIPPED, Goal, GoalSet, find_fault, read_goal_set
from .report import Cell, Report

FORMATS: Mapping[str, type[ShortFormat] | type[FullFormat]] = {"short": ShortFormat, "full": FullFormat}
COLUMNS = (
    "set",
    "goal",
    "valid",
    "sensible",
    "tries",
    "fixes",
    "seconds",
    "input tokens",
    "output tokens",
    "fault",
)


class Outcome(NamedTuple):
    """What came of one goal; `fault` is None where the plan is sensible."""

    valid: bool
    fault: str | None
    tries: int
    fixes: int
    seconds: float
    usage: Usage
    plan: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: which model, which format, which goals."""
    parser.add_argument(
        "--model",
        default="local",
        help="as for `callsheet run`: local, local/PATH.gguf or openai/NAME (default: local)",
    )
    parser.add_argument("--format", choices=sorted(FORMATS), help="what the model writes (default: its own)")
    parser.add_argument(
        "--goals", type=Path, action="append", metavar="FILE", help="a goal set; may be given again"
    )
    parser.add_argument("--hard", action="store_true", help="the hard goals in place of the others")
    parser.add_argument("--plans", action="store_true", help="show every plan on standard error")


def run(options: argparse.Namespace) -> Report:
    """Plan every goal once, in order."""
    model = choose_model(model_settings(Settings.load(flags={"model": options.model})))
    wire_format: WireFormat = FORMATS[options.format]() if options.format else default_format(model)
    shipped = SHIPPED / "hard" if options.hard else SHIPPED
    sets = [read_goal_set(path) for path in options.goals or sorted(shipped.glob("*.json"))]
    return asyncio.run(_measure(model, wire_format, sets, show=options.plans))


async def _measure(model: ChatModel, wire_format: WireFormat, sets: list[GoalSet], *, show: bool) -> Report:
    planner = Planner(model, wire_format=wire_format)
    rows: list[tuple[Cell, ...]] = []
    totals: dict[str, Cell] = {}
    for goals in sets:
        outcomes = [await _plan(planner, goals.catalog, goal, show=show) for goal in goals.goals]
        rows += [_row(goals.name, goal, each) for goal, each in zip(goals.goals, outcomes, strict=True)]
        totals |= _totals(goals.name, outcomes)
    return Report(f"Planning with {model.name}, format {wire_format.name}", COLUMNS, tuple(rows), totals)


async def _plan(planner: Planner, catalog: tuple[Capability, ...], goal: Goal, *, show: bool) -> Outcome:
    started = time.perf_counter()
    try:
        planned = await planner.plan(goal.goal, catalog)
    except PlanningFailed as error:
        outcome = _failed(error, time.perf_counter() - started)
    else:
        outcome = _judged(goal, planned, time.perf_counter() - started)
    verdict = outcome.fault or "sensible"
    print(f"{outcome.seconds:6.1f} s  {goal.goal[:80]}: {verdict}", file=sys.stderr, flush=True)
    if show:
        print(f"          {outcome.plan}", file=sys.stderr, flush=True)
    return outcome


def _judged(goal: Goal, planned: Planned | Clarification, seconds: float) -> Outcome:
    if isinstance(planned, Clarification):
        asked = f"asked: {planned.question}"
        return Outcome(False, asked, len(planned.drafts), 0, seconds, planned.usage, "")
    fault = find_fault(goal, planned.checked)
    plan = json.dumps(planned.plan.to_document(), ensure_ascii=False)
    return Outcome(True, fault, len(planned.drafts), len(planned.notes), seconds, planned.usage, plan)


def _failed(error: PlanningFailed, seconds: float) -> Outcome:
    usage = sum((each.usage for each in error.drafts), Usage())
    last = error.drafts[-1]
    return Outcome(False, last.problems[0], len(error.drafts), 0, seconds, usage, last.answer)


def _row(name: str, goal: Goal, outcome: Outcome) -> tuple[Cell, ...]:
    return (
        name,
        goal.goal,
        outcome.valid,
        outcome.valid and outcome.fault is None,
        outcome.tries,
        outcome.fixes,
        outcome.seconds,
        outcome.usage.input_tokens,
        outcome.usage.output_tokens,
        outcome.fault,
    )


def _totals(name: str, outcomes: list[Outcome]) -> dict[str, Cell]:
    count = len(outcomes)
    return {
        f"{name}: valid": f"{sum(each.valid for each in outcomes)} of {count}",
        f"{name}: sensible": f"{sum(each.valid and not each.fault for each in outcomes)} of {count}",
        f"{name}: seconds a plan": sum(each.seconds for each in outcomes) / max(1, count),
        f"{name}: tries a plan": sum(each.tries for each in outcomes) / max(1, count),
        f"{name}: output tokens a plan": sum(each.usage.output_tokens for each in outcomes) / max(1, count),
    }
