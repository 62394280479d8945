"""`callsheet show`: everything about one run."""

from __future__ import annotations

import click

from callsheet.config import Settings
from callsheet.errors import ExitCode
from callsheet.executor.errors import RunNotFound
from callsheet.executor.fold import record_of
from callsheet.executor.journal import Journal
from callsheet.executor.result import RunResult

from .command import command, store_option
from .output import Output
from .run_document import run_document
from .run_text import run_lines
from .store import read_journal

LAST = "last"


@click.command("show", short_help="Show a run: every step, attempt, agent, time and error.")
@click.argument("run", default=LAST)
@command
@store_option
def show(output: Output, settings: Settings, run: str) -> ExitCode:
    """Show a run: every step, every attempt with its agent, time and error, and the answer.

    RUN is an id, the beginning of one, or `last`.
    """
    with read_journal(settings) as journal:
        result = RunResult.of(record_of(journal.read(_find(journal, run))))
    if output.as_json:
        output.document(run_document(result))
    else:
        for line in run_lines(result):
            output.line(line)
    return ExitCode.DONE


def _find(journal: Journal, run: str) -> str:
    if run != LAST:
        return journal.find(run)
    latest = journal.runs(1)
    if not latest:
        raise RunNotFound(run)
    return latest[0].run
