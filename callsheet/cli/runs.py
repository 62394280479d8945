"""`callsheet runs`: the runs that the journal holds."""

from __future__ import annotations

import click

from callsheet.config import Settings
from callsheet.errors import ExitCode

from .command import command, store_option
from .output import Output
from .run_document import summary_document
from .run_text import summary_lines
from .store import read_journal


@click.command("runs", short_help="List the latest runs.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@command
@store_option
def runs(output: Output, settings: Settings, limit: int) -> ExitCode:
    """List the latest runs, newest first. `callsheet show RUN` tells all about one."""
    with read_journal(settings) as journal:
        summaries = journal.runs(limit)
    if output.as_json:
        output.document({"runs": [summary_document(each) for each in summaries]})
    elif not summaries:
        output.line(f"no runs yet in {settings.store}")
    else:
        for line in summary_lines(summaries):
            output.line(line)
    return ExitCode.DONE
