"""`callsheet answer`: what became of work that is in doubt, or a word to the planner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import click

from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.goal import read_goal
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import existing_journal, open_record
from callsheet.cli.running.signal import SentSignal, go_on, say, who
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.errors import NothingWaits
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import DoubtVerdict
from callsheet.executor.run.state import RunState, Work
from callsheet.settings.settings import Settings


class DoubtUnclear(CallsheetError):
    """Several pieces of work are in doubt, and it was not said which is meant. `work` are those."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, work: tuple[Work, ...]) -> None:
        named = ", ".join(map(_flags, work))
        super().__init__(f"run {run!r}: several pieces of work are in doubt; say which: {named}")
        self.run = run
        self.work = work


_VERDICTS: Mapping[str, DoubtVerdict] = {"done": "done", "again": "again", "failed": "failed"}


@click.command("answer", short_help="Answer a question, say what became of work, or wish for something else.")
@click.argument("run")
@click.argument("word")
@click.option("--step", help="The step, where several are in doubt.")
@click.option("--item", type=click.IntRange(0), help="The item of its for_each, counted from 0.")
@click.option("--output", "outcome", metavar="JSON", help="What it gave; for work that is done.")
@click.option("--yes", "-y", is_flag=True, help="Approve what the run then does; ask nothing.")
@click.option("--no-resume", "stay", is_flag=True, help="Only leave word; don't go on with the run.")
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
    """Say WORD to a run; `-` reads it from stdin. Free text goes to the planner: the answer to its question,
    or a new wish, and the plan is looked at again.

    Where work is in doubt, because nobody saw its end and it cannot be undone, the words `done` (it gave
    what --output says), `again` (it is to be done once more) and `failed` say what became of it. `callsheet
    show RUN` tells what was given to whom.

    A process that has the run hears of it; where none has, the run goes on here and now, as with
    `callsheet resume`. RUN is an id, the beginning of one, or `last`.
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
            raise click.UsageError("--step, --item and --output go with the words done, again and failed")
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
        lambda control: control.settle(record.run, verdict, step=name, item=at, output=given, by=who()),
    )
    work = name if at is None else f"{name}[{at}]"
    return SentSignal(record.run, f"{work}: {verdict}", owner)


def _tell(journal: Journal, record: RunState, text: str) -> SentSignal:
    owner = say(journal, lambda control: control.tell(record.run, text, who()))
    return SentSignal(record.run, "the planner is told", owner)


def _doubtful(record: RunState, step: str | None, item: int | None) -> Work:
    """The one piece of work that is meant. Raises NothingWaits, DoubtUnclear."""
    meant = record.doubts_about(step, item)
    if len(meant) > 1:
        raise DoubtUnclear(record.run, meant)
    if not meant:
        raise NothingWaits(record.run, step, tuple(dict.fromkeys(name for name, _ in record.doubtful)))
    return meant[0]


def _flags(work: Work) -> str:
    step, item = work
    return f"--step {step}" if item is None else f"--step {step} --item {item}"


def _read_output(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is no JSON: {error}", param_hint="--output") from None
    if not isinstance(value, dict):
        raise click.BadParameter(
            "must be a JSON object, as the capability promises it", param_hint="--output"
        )
    return cast("dict[str, Any]", value)
