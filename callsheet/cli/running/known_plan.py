"""Looking for a known plan at the command line, and saying what was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callsheet.agents.registry import Registry
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import existing_journal
from callsheet.cli.text.safe_text import one_line
from callsheet.orchestration.plan_reuse import NothingKnown, PlanLibrary, Reuse
from callsheet.planner.check.checker import CheckResult
from callsheet.planner.check.parameter_check import check_filled
from callsheet.planner.plan.plan import Plan
from callsheet.settings.settings import Settings

MOST_NEAR = 5


def find_known_plan(
    output: Output, settings: Settings, registry: Registry, goal: str, folder: Path | None
) -> Plan | None:
    """The plan that is known for a goal of the same shape, changed for this one; None where there is none.
    Either is told. Raises LibraryUnreadable, JournalError."""

    def check(document: object) -> CheckResult:
        return check_filled(document, {}, registry.catalog)

    with existing_journal(settings) as journal:
        found = PlanLibrary(journal, folder).find(goal, check)
    for line in _lines(found):
        output.note(line)
    return found.checked.plan if isinstance(found, Reuse) else None


def _lines(found: Reuse | NothingKnown) -> Iterator[str]:
    match found:
        case Reuse(_, source, substitutions):
            yield f"plan: reused from {one_line(source)}, no model was asked"
            for each in substitutions:
                yield f"    {one_line(each.old)} → {one_line(each.new)}"
        case NothingKnown(near):
            yield "no known plan fits this goal; it is planned as usual"
            for reason in near[:MOST_NEAR]:
                yield f"    {one_line(reason, 300)}"
            if len(near) > MOST_NEAR:
                yield f"    and {len(near) - MOST_NEAR} more"
