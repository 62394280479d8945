"""`callsheet runs`: the latest runs in the journal."""

from __future__ import annotations

import click

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.run import list_lines
from callsheet.cli.text.run_document import line_document
from callsheet.cli.text.story import INTERRUPTED, RunLine
from callsheet.errors import ExitCode
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.settings.settings import Settings


@click.command("runs", short_help="List the latest runs.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="The number of runs to list.",
)
@command
@store_option
def runs(output: Output, settings: Settings, limit: int) -> ExitCode:
    """List the latest runs, newest first, with the processes that are running them. `callsheet show RUN`
    shows one in detail.

    A run is interrupted if its process ended before the run did: killed, or stopped with Ctrl-C or SIGTERM.
    `callsheet resume RUN` continues it.
    """
    with run_archive(settings.store) as journal:
        lines = [RunLine.from_summary(journal, summary) for summary in journal.runs(limit)]
    if output.as_json:
        output.document({"runs": [line_document(each) for each in lines]})
    elif not lines:
        output.line(f"no runs yet in {settings.store}")
    else:
        for line in list_lines(lines):
            output.line(line)
        _advise(output, lines, Advice(settings))
    return ExitCode.DONE


def _advise(output: Output, lines: list[RunLine], advice: Advice) -> None:
    interrupted = next((each for each in lines if each.standing == INTERRUPTED), None)
    if interrupted is not None:
        command = advice.command("resume", interrupted.summary.run)
        output.note(f"interrupted: the process ended before the run did; to continue: {command}")
