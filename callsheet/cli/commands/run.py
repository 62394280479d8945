"""`callsheet run`: pursue a goal, or carry out a plan that there is."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.agents.registry import Registry
from callsheet.cli.options.command import FILE, command, run_options, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.options.parameters import Given, check_given, parameter_options
from callsheet.cli.running.run_session import RunSession
from callsheet.errors import ExitCode
from callsheet.planner.documents.reader import read_document
from callsheet.planner.plan.plan import Plan
from callsheet.settings.settings import Settings


@click.command("run", short_help="Plan a goal, show the plan, and carry it out.")
@click.argument("goal", required=False)
@click.option("--plan", "plan_file", type=FILE, help="Carry out this plan.")
@click.option("--yes", "-y", is_flag=True, help="Approve whatever the plan does; ask nothing.")
@command
@settings_options
@run_options
@parameter_options
def run(
    output: Output,
    settings: Settings,
    goal: str | None,
    plan_file: Path | None,
    yes: bool,
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
    if settings.flagged.stream and (goal is None or not yes):
        raise click.UsageError(
            "--stream wants a GOAL, and --yes: nobody can look at a plan before it is written"
        )

    def find_plan(registry: Registry) -> Plan | None:
        if plan_file is None:
            return None
        return check_given(read_document(plan_file), given, registry.catalog).require().plan

    return RunSession(output, settings, yes=yes).run_goal(goal, find_plan)
