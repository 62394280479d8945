"""`callsheet run`: pursue a goal, or carry out a plan that there is."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.agents.registry import Registry
from callsheet.cli.options.command import (
    FILE,
    command,
    limit_options,
    settings_options,
    strategy_options,
    tolerance_options,
)
from callsheet.cli.options.duration import duration
from callsheet.cli.options.output import Output
from callsheet.cli.options.parameters import Given, check_given, parameter_options
from callsheet.cli.running.known_plan import find_known_plan
from callsheet.cli.running.run_session import Pursuit
from callsheet.errors import ExitCode
from callsheet.planner.documents.reader import read_document
from callsheet.planner.plan.plan import Plan
from callsheet.settings.settings import Settings


@click.command("run", short_help="Plan a goal, show the plan, and carry it out.")
@click.argument("goal", required=False)
@click.option("--plan", "plan_file", type=FILE, help="Carry out this plan.")
@click.option("--reuse", is_flag=True, help="Take the plan of an earlier run for a goal of the same shape.")
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Look for such a plan among the plan files in this folder as well.",
)
@click.option(
    "--stream", is_flag=True, help="Start steps while the plan is still being written; only with --yes."
)
@click.option("--yes", "-y", is_flag=True, help="Approve whatever the plan does; ask nothing.")
@click.option(
    "--time-limit", callback=duration, metavar="SECONDS|5m", help="Fail where it takes longer (s, m, h, d)."
)
@command
@settings_options
@strategy_options
@tolerance_options
@limit_options
@parameter_options
def run(
    output: Output,
    settings: Settings,
    goal: str | None,
    plan_file: Path | None,
    reuse: bool,
    library: Path | None,
    stream: bool,
    yes: bool,
    time_limit: float | None,
    given: Given,
) -> ExitCode:
    """Plan GOAL, show the plan, carry it out, and print the answer. GOAL `-` reads it from stdin.

    A plan that writes to the workspace, or does what cannot be undone, is asked about first. The
    answer goes to stdout, everything else to stderr. Where a step waits for somebody's approval and
    there is no terminal to ask at, the run pauses, and says how to go on. What goes wrong goes back to the
    planner, which may revise the plan; what it wants beyond what was approved is asked about, --yes or not.
    """
    if (goal is None) == (plan_file is None):
        raise click.UsageError("give either a GOAL or --plan FILE")
    if given and plan_file is None:
        raise click.UsageError("--param and --params are for the parameters of a --plan FILE")
    if (reuse or library is not None) and goal is None:
        raise click.UsageError("--reuse and --library look for the plan of a GOAL")
    if stream and (goal is None or not yes):
        raise click.UsageError(
            "--stream wants a GOAL, and --yes: nobody can look at a plan before it is written"
        )

    def find_plan(registry: Registry, text: str | None) -> Plan | None:
        if plan_file is not None:
            return check_given(read_document(plan_file), given, registry.catalog).require().plan
        if text is not None and (reuse or library is not None):
            return find_known_plan(output, settings, registry, text, library)
        return None

    return Pursuit(output, settings, yes=yes).begin(goal, find_plan, time_limit, stream=stream)
