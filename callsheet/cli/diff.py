"""`callsheet diff`: what is different between two plans."""

from __future__ import annotations

import re
from pathlib import Path

import click

from callsheet.config import Settings
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.errors import RunNotFound
from callsheet.executor.journal import Journal
from callsheet.executor.revision_story import tell_revisions
from callsheet.planner.documents import read_document
from callsheet.planner.errors import DocumentError, PlanInvalid
from callsheet.planner.plan import Plan
from callsheet.planner.plan_diff import compare
from callsheet.planner.policy import Policy
from callsheet.planner.shape import read_plan

from .command import command, store_option
from .output import Output
from .revision_text import diff_lines
from .store import LAST, existing_journal, find_run

_REVISION = re.compile(r"(.+)@(\d+)")


class NoSuchRevision(CallsheetError):
    """A run has no such plan. `there` are the revisions that it has."""

    exit_code = ExitCode.USAGE

    def __init__(self, run: str, revision: int, there: tuple[int, ...]) -> None:
        known = ", ".join(map(str, there)) or "no plan at all"
        super().__init__(f"run {run!r} has no revision {revision}; it has {known}")
        self.run = run
        self.revision = revision
        self.there = there


class NoSuchPlan(CallsheetError):
    """There is neither a file nor a run of that `name`."""

    exit_code = ExitCode.USAGE

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is neither a plan's file nor a run; `callsheet runs` lists the runs")
        self.name = name


@click.command("diff", short_help="Show what is different between two plans.")
@click.argument("before", default=LAST)
@click.argument("after", required=False)
@command
@store_option
def diff(output: Output, settings: Settings, before: str, after: str | None) -> ExitCode:
    """Show what is different between two plans, by step id. Each is a plan's file, or a run: RUN@2 is its
    second revision, RUN alone its latest plan. With one run, what has become of its first plan since.

    `callsheet show RUN --revisions` tells why, too.
    """
    first, second = (_first_of(before), before) if after is None else (before, after)
    found = compare(_plan(settings, first), _plan(settings, second))
    if output.as_json:
        output.document(found.to_document())
    else:
        for line in diff_lines(found):
            output.line(line)
    return ExitCode.DONE


def _first_of(name: str) -> str:
    """The first plan of the run of which this is one."""
    if Path(name).is_file():
        raise click.UsageError(f"{name} is a plan's file: say with what it is to be compared")
    return f"{_run_and_revision(name)[0]}@1"


def _run_and_revision(name: str) -> tuple[str, int | None]:
    match = _REVISION.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def _plan(settings: Settings, name: str) -> Plan:
    if Path(name).is_file():
        return _plan_of_file(Path(name))
    run, revision = _run_and_revision(name)
    with existing_journal(settings) as journal:
        try:
            found = find_run(journal, run)
        except RunNotFound:
            raise NoSuchPlan(name) from None
        return _plan_of_run(journal, found, revision)


def _plan_of_file(file: Path) -> Plan:
    plan, problems = read_plan(read_document(file), Policy())
    if plan is None:
        raise DocumentError(str(file), str(PlanInvalid(problems)))
    return plan


def _plan_of_run(journal: Journal, run: str, revision: int | None) -> Plan:
    plans = tell_revisions(journal.read(run)).plans
    number = max(plans, default=1) if revision is None else revision
    if number not in plans:
        raise NoSuchRevision(run, number, tuple(plans))
    return plans[number]
