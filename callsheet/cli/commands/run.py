"""`callsheet run`: plan a goal and run the plan, or run a given plan."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.agents.registry import Registry
from callsheet.cli.options.command import FILE, command, run_options, settings_options
from callsheet.cli.options.event_stream import EventStream, events_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.parameters import Given, check_given, parameter_options
from callsheet.cli.running.run_session import RunSession
from callsheet.errors import ExitCode
from callsheet.planner.documents.reader import read_source
from callsheet.planner.plan.plan import Plan
from callsheet.settings.settings import Settings


@click.command("run", short_help="Plan a goal, show the plan, and run it.")
@click.argument("goal", required=False)
@click.option("--plan", "plan_file", type=FILE, help="Run this plan instead of planning a GOAL.")
@click.option("--yes", "-y", is_flag=True, help="Approve all that the plan does, without asking.")
@events_option
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
    events: EventStream | None,
) -> ExitCode:
    """Plan GOAL, show the plan, run it, and print the answer. GOAL `-` reads it from stdin.

    Before a plan that writes to the workspace or cannot be undone runs, you are asked to approve it. The
    answer goes to stdout, everything else to stderr. If a step needs your approval and there is no terminal,
    the run pauses and prints how to continue. When a step fails, the planner may revise the plan; if the
    revision does more than you approved, you are asked again, even with --yes.
    """
    if (goal is None) == (plan_file is None):
        raise click.UsageError("give either a GOAL or --plan FILE")
    if given and plan_file is None:
        raise click.UsageError("--param and --params set parameters of a plan: give --plan FILE")
    if settings.flagged.stream and (goal is None or not yes):
        raise click.UsageError(
            "--stream needs a GOAL and --yes: steps start before you could review the plan"
        )

    def find_plan(registry: Registry) -> Plan | None:
        if plan_file is None:
            return None
        return check_given(read_source(plan_file), given, registry.catalog).require().plan

    return RunSession(output, settings, yes=yes, events=events).run_goal(goal, find_plan)
