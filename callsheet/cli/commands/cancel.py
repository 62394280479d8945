"""`callsheet cancel`: end a run for good."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, say, tell
from callsheet.errors import ExitCode
from callsheet.settings.run_memory import RunMemory
from callsheet.settings.settings import Settings


@click.command("cancel", short_help="End a run for good.")
@click.argument("run", type=RUN)
@click.option("--reason", default="", metavar="TEXT", help="Why; `callsheet show` prints it.")
@command
@store_option
def cancel(output: Output, settings: Settings, run: str, reason: str) -> ExitCode:
    """End RUN for good: running steps are stopped and no others start. A cancelled run cannot be resumed.

    RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        name = open_record(journal, run).id
        owner = say(journal, lambda control: control.cancel(name, reason))
    RunMemory().forget(name)
    said = SentSignal(name, "cancelling" if owner is not None else "cancelled", owner)
    return tell(output, said, "no process was running it")
