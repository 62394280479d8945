"""`callsheet pause`: let a run rest."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, say, tell
from callsheet.cli.text.advice import Advice
from callsheet.errors import ExitCode
from callsheet.settings.settings import Settings


@click.command("pause", short_help="Let a run rest once what it is doing has ended.")
@click.argument("run")
@command
@store_option
def pause(output: Output, settings: Settings, run: str) -> ExitCode:
    """Let RUN start nothing more, and rest once what is under way has ended. `callsheet resume RUN` goes
    on with it.

    RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        name = open_record(journal, run).run
        # A word that nobody hears now would stop whoever resumes the run.
        owner = journal.owner(name)
        if owner is not None:
            owner = say(journal, lambda control: control.pause(name))
    said = SentSignal(name, "to rest" if owner is not None else "rests already", owner)
    return tell(output, said, f"nobody has the run: `{Advice(settings).command('resume', name)}` goes on")
