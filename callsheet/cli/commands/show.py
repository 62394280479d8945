"""`callsheet show`: one run in detail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from pydantic import JsonValue

from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import LAST, find_run
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.revisions import revision_lines, revisions_document
from callsheet.cli.text.run import end_lines, run_lines, title_lines, traceback_lines
from callsheet.cli.text.run_document import run_document
from callsheet.cli.text.story import RunView
from callsheet.cli.text.waiting import waiting_lines
from callsheet.errors import ExitCode
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.executor.run.revisions import RevisionHistory, tell_revisions
from callsheet.settings.settings import Settings


@click.command("show", short_help="Show a run: every step, attempt, agent, time and error.")
@click.argument("run", default=LAST)
@click.option("--revisions", is_flag=True, help="Show how and why the plan was revised instead.")
@command
@store_option
def show(output: Output, settings: Settings, run: str, revisions: bool) -> ExitCode:
    """Show a run: every step, every attempt with its agent, time and error, the answer, the process that is
    running it, and what it is waiting for. With --revisions, the history of its plan: what went wrong, what
    the planner decided, which steps changed, and which results were kept.

    RUN is an id, the beginning of one, or `last`. `callsheet record RUN` exports it to a file that replays.
    """
    with run_archive(settings.store) as journal:
        found = find_run(journal, run)
        story = RunView.read_run(journal, found)
        told = tell_revisions(journal.read_events(found)) if revisions else None
    if output.as_json:
        output.document(run_document(story) if told is None else _revisions_document(story, told))
        return ExitCode.DONE
    waits = waiting_lines(story, Advice(settings))
    for line in (*run_lines(story), *waits) if told is None else _revision_page(story, told, waits):
        output.line(line)
    for line in traceback_lines(story.result) if output.debug else ():
        output.line(line)
    return ExitCode.DONE


def _revision_page(story: RunView, told: RevisionHistory, waits: Iterable[str]) -> Iterator[str]:
    yield from title_lines(story)
    yield ""
    yield from revision_lines(told)
    if end := (*end_lines(story), *waits):
        yield ""
        yield from end


def _revisions_document(story: RunView, told: RevisionHistory) -> JsonValue:
    result = story.result
    ended = None if result.account is None else result.account.describe()
    named = {"run": result.run, "goal": result.goal, "status": result.status.value, "account": ended}
    return {**named, "question": result.question, **revisions_document(told)}
