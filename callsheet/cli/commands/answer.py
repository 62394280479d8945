"""`callsheet answer`: a message to the planner, or the outcome of work that is in doubt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import click

from callsheet.cli.commands.errors import DoubtUnclear
from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.goal import read_goal
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, go_on, say, user_name
from callsheet.errors import ExitCode
from callsheet.executor.driver.errors import NothingWaits
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import DoubtVerdict
from callsheet.executor.run.state import RunState, Work
from callsheet.settings.settings import Settings

_VERDICTS: Mapping[str, DoubtVerdict] = {"done": "done", "again": "again", "failed": "failed"}


@click.command("answer", short_help="Answer the planner, or say how a step in doubt ended.")
@click.argument("run", type=RUN)
@click.argument("word", metavar="TEXT")
@click.option("--step", help="The step in doubt, if there are several.")
@click.option("--item", type=click.IntRange(0), help="The item of a for_each step, counted from 0.")
@click.option("--output", "outcome", metavar="JSON", help="With `done`: the output of the step.")
@click.option("--yes", "-y", is_flag=True, help="Approve all that the run does next, without asking.")
@click.option("--no-resume", "stay", is_flag=True, help="Only store the answer; don't resume the run.")
@command
@settings_options
@run_options
def answer(
    output: Output,
    settings: Settings,
    run: str,
    word: str,
    step: str | None,
    item: int | None,
    outcome: str | None,
    yes: bool,
    stay: bool,
) -> ExitCode:
    """Send TEXT to the planner of RUN: the answer to its question, or a new request, after which it reviews
    the plan. `-` reads TEXT from stdin.

    A step is in doubt if it cannot be undone and its process ended before its outcome was recorded. Then
    TEXT says what happened: `done` (its output is --output), `again` (run it again) or `failed`.
    `callsheet show RUN` prints the inputs that the step had.

    If a process is running RUN, it receives the answer; otherwise this command resumes the run, as
    `callsheet resume` does. RUN is an id, the beginning of one, or `last`.
    """
    given = None if outcome is None else _read_output(outcome)
    word = read_goal(word)
    with existing_journal(settings) as journal:
        record = open_record(journal, run)
        verdict = _VERDICTS.get(word)
        if verdict is not None and (record.doubtful or record.question is None):
            said = _settle(journal, record, verdict, step, item, given)
        elif (step, item, given) == (None, None, None):
            said = _tell(journal, record, word)
        else:
            raise click.UsageError("--step, --item and --output belong to the answers done, again and failed")
    return go_on(output, settings, said, stay=stay, yes=yes)


def _settle(
    journal: Journal,
    record: RunState,
    verdict: DoubtVerdict,
    step: str | None,
    item: int | None,
    given: dict[str, Any] | None,
) -> SentSignal:
    name, at = _doubtful(record, step, item)
    owner = say(
        journal,
        lambda control: control.settle(record.id, verdict, step=name, item=at, output=given, by=user_name()),
    )
    work = name if at is None else f"{name}[{at}]"
    return SentSignal(record.id, f"{work}: {verdict}", owner)


def _tell(journal: Journal, record: RunState, text: str) -> SentSignal:
    owner = say(journal, lambda control: control.tell(record.id, text, user_name()))
    return SentSignal(record.id, "message sent to the planner", owner)


def _doubtful(record: RunState, step: str | None, item: int | None) -> Work:
    """The one piece of work in doubt that the command is about. Raises NothingWaits, DoubtUnclear."""
    meant = record.doubts_about(step, item)
    if len(meant) > 1:
        raise DoubtUnclear(record.id, meant)
    if not meant:
        raise NothingWaits(record.id, step, tuple(dict.fromkeys(name for name, _ in record.doubtful)))
    return meant[0]


def _read_output(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is not valid JSON: {error}", param_hint="--output") from None
    if not isinstance(value, dict):
        raise click.BadParameter(
            "must be a JSON object that fits the output schema of the capability", param_hint="--output"
        )
    return cast("dict[str, Any]", value)
