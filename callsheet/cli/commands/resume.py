"""`callsheet resume`: go on with a run that was paused, or whose process ended."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import LAST
from callsheet.cli.running.run_session import RunSession
from callsheet.errors import ExitCode
from callsheet.settings.settings import Settings


@click.command("resume", short_help="Go on with a run that was paused or interrupted.")
@click.argument("run", default=LAST)
@click.option("--yes", "-y", is_flag=True, help="Approve what the plan does; ask nothing.")
@command
@settings_options
@run_options
def resume(output: Output, settings: Settings, run: str, yes: bool) -> ExitCode:
    """Go on with a run that was paused, or whose process ended, and print the answer.

    RUN is an id, the beginning of one, or `last`. What is done stays done. What was being attempted is
    attempted again, unless it cannot be undone: then it is in doubt, and waits for `callsheet answer`.
    The run keeps the options that it was started with, but for those that are given here: they hold from now
    on, and a time limit counts from now.
    """
    return RunSession(output, settings, yes=yes).resume(run)
