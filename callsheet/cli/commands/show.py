"""`callsheet show`: one run in detail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click
from pydantic import JsonValue

from callsheet.cli.commands.errors import NoSuchStep
from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import LAST, find_run
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.details import RunDetails, detail_lines, full_lines
from callsheet.cli.text.revisions import revision_lines, revisions_document
from callsheet.cli.text.run import end_lines, run_lines, title_lines, traceback_lines
from callsheet.cli.text.run_document import run_document, step_document
from callsheet.cli.text.story import RunView
from callsheet.cli.text.waiting import waiting_lines
from callsheet.errors import ExitCode
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.executor.run.events import Event
from callsheet.executor.run.result import StepResult
from callsheet.executor.run.revisions import RevisionHistory, tell_revisions
from callsheet.settings.settings import Settings


@click.command("show", short_help="Show a run: every step, attempt, agent, time and error.")
@click.argument("run", type=RUN, default=LAST)
@click.option("--step", metavar="ID", help="Show this step whole: inputs, prompts, answers, output.")
@click.option("--full", is_flag=True, help="Show every step like that, and what the planner asked.")
@click.option("--revisions", is_flag=True, help="Show how and why the plan was revised instead.")
@command
@store_option
def show(
    output: Output, settings: Settings, run: str, step: str | None, full: bool, revisions: bool
) -> ExitCode:
    """Show a run: every step, every attempt with its agent, time and error, the answer, the process that is
    running it, and what it is waiting for. --step and --full also show the inputs, with the expressions that
    they come from, what models were asked and answered, and outputs to their end. With --revisions, the
    history of its plan: what went wrong, what the planner decided, which steps changed, and which results
    were kept.

    RUN is an id, the beginning of one, or `last`. `callsheet record RUN` exports it to a file that replays.
    """
    if revisions and (full or step is not None):
        raise click.UsageError("--revisions shows the plan's history, without --step or --full")
    with run_archive(settings.store) as journal:
        found = find_run(journal, run)
        owner = journal.owner(found)
        events = journal.read_events(found)
    story = RunView.from_events(events, owner)
    only = None if step is None else _step_of(story, step)
    told = tell_revisions(events) if revisions else None
    if output.as_json:
        output.document(_document(story, events, only, told))
        return ExitCode.DONE
    waits = tuple(waiting_lines(story, Advice(settings)))
    if told is not None:
        lines: Iterable[str] = _revision_page(story, told, waits)
    elif only is not None:
        lines = detail_lines(only, RunDetails.from_events(events))
    else:
        lines = (*(full_lines(story, RunDetails.from_events(events)) if full else run_lines(story)), *waits)
    for line in lines:
        output.line(line)
    for line in traceback_lines(story.result) if output.debug else ():
        output.line(line)
    return ExitCode.DONE


def _step_of(story: RunView, step: str) -> StepResult:
    steps = story.result.steps
    if step not in steps:
        raise NoSuchStep(story.result.run, step, tuple(steps))
    return steps[step]


def _document(
    story: RunView, events: Sequence[Event], only: StepResult | None, told: RevisionHistory | None
) -> JsonValue:
    if told is not None:
        return _revisions_document(story, told)
    details = RunDetails.from_events(events)
    return run_document(story, details) if only is None else step_document(only, details)


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
