"""`callsheet resume`: continue a run that was paused, or whose process ended."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.event_stream import EventStream, events_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import LAST
from callsheet.cli.running.run_session import RunSession
from callsheet.errors import ExitCode
from callsheet.settings.settings import Settings


@click.command("resume", short_help="Continue a run that was paused or interrupted.")
@click.argument("run", type=RUN, default=LAST)
@click.option("--yes", "-y", is_flag=True, help="Approve all that the plan does, without asking.")
@events_option
@command
@settings_options
@run_options
def resume(output: Output, settings: Settings, run: str, yes: bool, events: EventStream | None) -> ExitCode:
    """Continue a run that was paused, or whose process ended, and print the answer.

    Completed steps are not run again. A step that was running when the process ended is attempted again,
    unless it cannot be undone: then it is in doubt, and waits for `callsheet answer`. Options given here
    replace those that the run was started with; a time limit counts from now. RUN is an id, the beginning of
    one, or `last`.
    """
    return RunSession(output, settings, yes=yes, events=events).resume(run)
