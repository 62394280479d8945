"""`callsheet show`: everything about one run."""

from __future__ import annotations

import click

from callsheet.config import Settings
from callsheet.errors import ExitCode
from callsheet.executor.revision_story import RevisionStory, tell_revisions

from .advice import Advice
from .command import command, store_option
from .output import Output
from .revision_text import revision_lines, revisions_document
from .run_document import run_document
from .run_text import run_lines
from .store import LAST, existing_journal, find_run
from .story import Story
from .waiting_text import waiting_lines


@click.command("show", short_help="Show a run: every step, attempt, agent, time and error.")
@click.argument("run", default=LAST)
@click.option("--revisions", is_flag=True, help="Tell how the plan was revised instead, and why.")
@command
@store_option
def show(output: Output, settings: Settings, run: str, revisions: bool) -> ExitCode:
    """Show a run: every step, every attempt with its agent, time and error, and the answer; who has it, and
    what it waits for.

    RUN is an id, the beginning of one, or `last`.
    """
    with existing_journal(settings) as journal:
        found = find_run(journal, run)
        if revisions:
            return _show_revisions(output, tell_revisions(journal.read(found)))
        story = Story.read(journal, found)
    if output.as_json:
        output.document(run_document(story))
    else:
        for line in (*run_lines(story), *waiting_lines(story, Advice(settings))):
            output.line(line)
    return ExitCode.DONE


def _show_revisions(output: Output, story: RevisionStory) -> ExitCode:
    if output.as_json:
        output.document(revisions_document(story))
    else:
        for line in revision_lines(story):
            output.line(line)
    return ExitCode.DONE
