"""How well, how fast and for how much a model plans: goal sets through the whole planner."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import choose_model
from callsheet.agents.spending.prices import Prices
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.planning.planner import Planner, default_format
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

from .goal_set import SHIPPED, GoalSet, read_goal_set
from .planned_goal import COLUMNS, PlannedGoal, plan_goal, row_of, total_row
from .report import Cell, Report

FORMATS: Mapping[str, type[LinesFormat] | type[FullFormat]] = {"lines": LinesFormat, "full": FullFormat}
FOLDERS: Mapping[str, Path] = {
    "plain": SHIPPED,
    "hard": SHIPPED / "hard",
    "languages": SHIPPED / "languages",
}
"""The goal sets that ship; each can be asked for alone."""


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
    parser.add_argument("--plain", action="store_true", help="only the plain goals, and what else is named")
    parser.add_argument("--hard", action="store_true", help="only the hard goals, and what else is named")
    parser.add_argument(
        "--languages", action="store_true", help="only the goals in other languages, and what else is named"
    )
    parser.add_argument("--plans", action="store_true", help="show every plan on standard error")


def run(options: argparse.Namespace) -> Report:
    """Plan every goal once, in order."""
    settings = Settings.load(flags={"model": options.model})
    model = choose_model(model_settings(settings))
    wire_format: WireFormat = FORMATS[options.format]() if options.format else default_format(model)
    sets = [read_goal_set(path) for path in chosen_files(options)]
    prices = Prices.from_table(settings.prices, settings.base_url)
    return asyncio.run(measure(model, wire_format, sets, prices, show=options.plans))


def chosen_files(options: argparse.Namespace) -> list[Path]:
    """The goal sets that the options name; all that ship where they name none."""
    folders = [folder for name, folder in FOLDERS.items() if getattr(options, name)]
    if not folders and not options.goals:
        folders = [*FOLDERS.values()]
    return [*(options.goals or ()), *(path for folder in folders for path in sorted(folder.glob("*.json")))]


async def measure(
    model: ChatModel, wire_format: WireFormat, sets: Sequence[GoalSet], prices: Prices, *, show: bool = False
) -> Report:
    """Plan every goal of these sets with a model, and report what came of it."""
    planner = Planner(model, wire_format=wire_format)
    rows: list[tuple[Cell, ...]] = []
    everything: list[PlannedGoal] = []
    for goals in sets:
        planned: list[PlannedGoal] = []
        for goal in goals.goals:
            planned.append(await plan_goal(planner, model, prices, goals, goal))
            _tell(planned[-1], show=show)
        rows += [*(row_of(goals.name, each) for each in planned), total_row(goals.name, planned)]
        everything += planned
    if len(sets) > 1:
        rows.append(total_row("all", everything))
    title = f"Planning with {model.name}, format {wire_format.name}"
    return Report(title, COLUMNS, tuple(rows), _remarks(model, everything))


def _tell(planned: PlannedGoal, *, show: bool) -> None:
    verdict = "sensible" if planned.shipped.sensible else planned.shipped.fault
    print(f"{planned.seconds:6.1f} s  {planned.goal.goal[:80]}: {verdict}", file=sys.stderr, flush=True)
    if show:
        print(f"          {planned.plan}", file=sys.stderr, flush=True)


def _remarks(model: ChatModel, planned: Sequence[PlannedGoal]) -> dict[str, Cell]:
    """What a reader of the figures has to know."""
    remarks: dict[str, Cell] = {}
    if any(each.cost is None for each in planned):
        remarks["money"] = f"the price of {model.name} is unknown; set [prices] in callsheet.toml"
    if any(each.usage.estimated for each in planned):
        remarks["tokens"] = "some were counted by Callsheet, because the server did not say"
    return remarks
