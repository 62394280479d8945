"""`callsheet run`: pursue a goal, or carry out a plan that there is."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.config import Settings
from callsheet.errors import ExitCode

from .command import FILE, command, settings_options, strategy_options, tolerance_options
from .duration import duration
from .output import Output
from .pursuit import Pursuit


@click.command("run", short_help="Plan a goal, show the plan, and carry it out.")
@click.argument("goal", required=False)
@click.option("--plan", "plan_file", type=FILE, help="Carry out this plan.")
@click.option("--yes", "-y", is_flag=True, help="Approve whatever the plan does; ask nothing.")
@click.option(
    "--time-limit", callback=duration, metavar="SECONDS|5m", help="Fail where it takes longer (s, m, h, d)."
)
@command
@settings_options
@strategy_options
@tolerance_options
def run(
    output: Output,
    settings: Settings,
    goal: str | None,
    plan_file: Path | None,
    yes: bool,
    time_limit: float | None,
) -> ExitCode:
    """Plan GOAL, show the plan, carry it out, and print the answer. GOAL `-` reads it from stdin.

    A plan that writes to the workspace, or does what cannot be undone, is asked about first. The
    answer goes to stdout, everything else to stderr. Where a step waits for somebody's approval and
    there is no terminal to ask at, the run pauses, and says how to go on.
    """
    if (goal is None) == (plan_file is None):
        raise click.UsageError("give either a GOAL or --plan FILE")
    return Pursuit(output, settings, yes=yes).begin(goal, plan_file, time_limit)
