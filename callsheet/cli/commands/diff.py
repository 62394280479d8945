"""`callsheet diff`: the differences between two plans, two runs, or two recordings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from callsheet.cli.commands.errors import NoSuchPlan, NoSuchRevision
from callsheet.cli.options.command import command, store_option
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import LAST, find_run
from callsheet.cli.text.drift import drift_documents, drift_lines
from callsheet.errors import ExitCode
from callsheet.executor.journal.errors import RunNotFound
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.executor.recording.file import is_recording, load_recording
from callsheet.executor.replay.drift.comparison import compare_runs, terms_drifts
from callsheet.executor.replay.drift.drift import Drift, DriftKind
from callsheet.executor.run.events import Event
from callsheet.executor.run.revisions import tell_revisions
from callsheet.planner.check.errors import PlanInvalid
from callsheet.planner.check.structure import read_plan
from callsheet.planner.documents.reader import read_document, read_source
from callsheet.planner.plan.diff import PlanDiff, compare, plan_diff_lines
from callsheet.planner.plan.plan import Plan
from callsheet.planner.plan.policy import Policy
from callsheet.prompts.hidden import spelled
from callsheet.settings.settings import Settings

_REVISION = re.compile(r"(.+)@(\d+)")


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: a plan, and, if it is the latest plan of a run, its `revision` and all
    `events` of the run."""

    plan: Plan
    revision: int = 0
    events: Sequence[Event] = ()


@click.command("diff", short_help="Compare two plans, runs, or recordings.")
@click.argument("before", default=LAST)
@click.argument("after", required=False)
@command
@store_option
def diff(output: Output, settings: Settings, before: str, after: str | None) -> ExitCode:
    """Show the differences between two plans, by step id. BEFORE and AFTER are each a plan file, a
    recording, or a run: RUN@2 is the plan of its second revision, RUN alone its latest plan; the same goes
    for a recording. With one run or recording, compare its first plan with its latest.

    Two whole runs or recordings are compared further: goal, model, contracts, model answers, results, and
    decisions.

    `callsheet show RUN --revisions` also says why a plan was revised.
    """
    first, second = (_first_of(before), before) if after is None else (before, after)
    old, new = _side(settings, first), _side(settings, second)
    found = compare(old.plan, new.plan)
    drifts: list[Drift] = []
    document = found.to_document()
    if old.events and new.events:
        drifts += (*terms_drifts(old.events, new.events), *compare_runs(old.events, new.events))
        document["drifts"] = drift_documents(drifts)
    if output.as_json:
        output.document(document)
    elif after is None and new.revision == 1:
        output.line("the plan was never revised")
    else:
        for line in _lines(found, [drift for drift in drifts if not _is_told(drift, old, new)]):
            output.line(line)
    return ExitCode.DONE


def _lines(found: PlanDiff, drifts: Sequence[Drift]) -> Iterator[str]:
    if drifts and not (found or found.moved):
        yield "no difference in the plan"
    else:
        yield from map(spelled, plan_diff_lines(found))
    if drifts:
        yield ""
        yield from drift_lines(drifts)


def _is_told(drift: Drift, old: _Side, new: _Side) -> bool:
    """Whether the comparison of the two latest plans has shown this drift already."""
    is_latest = old.revision == new.revision and drift.where == f"revision {old.revision}"
    return is_latest and drift.kind is DriftKind.PLAN


def _first_of(name: str) -> str:
    """The first plan of the run or recording that this names."""
    source, _ = _source_and_revision(name)
    file = Path(source)
    if file.is_file() and not is_recording(read_document(file)):
        raise click.UsageError(
            f"{source} is a plan file: name a second plan, run or recording to compare it with"
        )
    return f"{source}@1"


def _source_and_revision(name: str) -> tuple[str, int | None]:
    match = None if Path(name).is_file() else _REVISION.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, None)


def _side(settings: Settings, name: str) -> _Side:
    source, revision = _source_and_revision(name)
    if Path(source).is_file():
        return _side_of_file(Path(source), revision)
    with run_archive(settings.store) as journal:
        try:
            run = find_run(journal, source)
        except RunNotFound:
            raise NoSuchPlan(source) from None
        return _side_of_run(f"run {run!r}", journal.read_events(run), revision)


def _side_of_file(file: Path, revision: int | None) -> _Side:
    source = read_source(file)
    document = source.value
    if is_recording(document):
        return _side_of_run(str(file), load_recording(file).events, revision)
    if revision is not None:
        raise click.UsageError(f"{file} is a plan file, which has no revisions: leave out @{revision}")
    plan, problems = read_plan(document, Policy())
    if plan is None:
        raise PlanInvalid(problems, source)
    return _Side(plan)


def _side_of_run(source: str, events: Sequence[Event], revision: int | None) -> _Side:
    plans = tell_revisions(events).plans
    number = max(plans, default=1) if revision is None else revision
    if number not in plans:
        raise NoSuchRevision(source, number, tuple(plans))
    return _Side(plans[number]) if revision is not None else _Side(plans[number], number, events)
