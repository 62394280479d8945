"""`callsheet pause`: stop a run where it can be resumed."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, say, tell
from callsheet.cli.text.advice import Advice
from callsheet.errors import ExitCode
from callsheet.settings.settings import Settings


@click.command("pause", short_help="Pause a run once its running steps have ended.")
@click.argument("run", type=RUN)
@command
@store_option
def pause(output: Output, settings: Settings, run: str) -> ExitCode:
    """Pause RUN: running steps finish, and no others start. `callsheet resume RUN` continues it.

    RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        name = open_record(journal, run).id
        # Without a process to receive it, the signal would wait in the journal and pause the next `resume`.
        owner = journal.owner(name)
        if owner is not None:
            owner = say(journal, lambda control: control.pause(name))
    said = SentSignal(name, "pausing" if owner is not None else "nothing to pause", owner)
    return tell(
        output, said, f"no process is running it; to continue: {Advice(settings).command('resume', name)}"
    )
