"""`callsheet cancel`: stop a run."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, say, tell
from callsheet.errors import ExitCode
from callsheet.settings.settings import Settings


@click.command("cancel", short_help="Stop a run for good.")
@click.argument("run")
@click.option("--reason", default="", metavar="TEXT", help="Why; the journal keeps it.")
@command
@store_option
def cancel(output: Output, settings: Settings, run: str, reason: str) -> ExitCode:
    """Stop RUN for good: what is under way is told to stop, and nothing starts any more. A run that no
    process has is ended at once.

    RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        name = open_record(journal, run).run
        owner = say(journal, lambda control: control.cancel(name, reason))
    said = SentSignal(name, "to stop" if owner is not None else "cancelled", owner)
    return tell(output, said, "nobody had it")
