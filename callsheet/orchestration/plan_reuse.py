"""Known plans: those of completed runs and those in a folder, for a goal of the same shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar, TypeAlias

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.errors import EventUnreadable
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import Event, PlanAdopted, WordSpoken
from callsheet.executor.run.state import RunStatus
from callsheet.planner.check.checker import CheckResult
from callsheet.planner.check.parameters import ParameterError
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import read_document
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Plan
from callsheet.planner.reuse.adaptation import Misfit, Substitution, adapt
from callsheet.planner.reuse.goal_shape import Shape

MOST_RUNS = 500
"""Runs that are looked through, the newest of them."""
MOST_FILES = 500
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})

Check: TypeAlias = Callable[[object], CheckResult]
"""Holds a plan, or the JSON of one, against the capabilities on offer, its parameters at their defaults."""


class LibraryUnreadable(CallsheetError):
    """The folder with plans cannot be read. `folder` is its path."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"{folder}: no plans can be read from there: {problem}; name a folder of plan files")
        self.folder = folder
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Reuse:
    """A known plan that fits a new goal, checked. `source` says whose it is: `run 1a2b3c`, or a file."""

    checked: CheckedPlan
    source: str
    substitutions: tuple[Substitution, ...]

    @property
    def reason(self) -> str:
        """Why this is the plan, in one sentence."""
        changes = ", ".join(map(str, self.substitutions)) or "nothing exchanged"
        return f"reused from {self.source}: {changes}"


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """There is no known plan for the goal. `near` says why, of each for a goal of its shape."""

    near: tuple[str, ...] = ()


class PlanLibrary:
    """Looks through completed runs, the newest first, and then through the plan files of a folder."""

    def __init__(self, journal: Journal, folder: Path | None = None) -> None:
        self._journal = journal
        self._folder = folder

    def find(self, goal: str, check: Check) -> Reuse | NothingKnown:
        """A plan that is known for a goal of the same shape, made one for this goal, and checked.

        Plans that were made or changed with what came up in their run are left aside: what a person said to
        it, or what agents returned. Raises LibraryUnreadable, JournalError.
        """
        shape, files = Shape.of(goal), _plan_files(self._folder)
        near: list[str] = []
        for source, known_goal, plan in self._known(files, check):
            if not shape.is_like(Shape.of(known_goal)):
                continue
            # Only now is a run read: most are for other goals.
            found = plan if isinstance(plan, Plan) else self._plan_of_run(plan, check)
            match self._fit(found, known_goal, goal, check):
                case CheckedPlan() as checked, substitutions:
                    return Reuse(checked, source, substitutions)
                case str() as reason:
                    near.append(f"{source}: {reason}")
        return NothingKnown(tuple(near))

    def _fit(
        self, plan: Plan | str, known_goal: str, goal: str, check: Check
    ) -> tuple[CheckedPlan, tuple[Substitution, ...]] | str:
        if isinstance(plan, str):
            return plan
        adapted = adapt(plan, known_goal, goal)
        if isinstance(adapted, Misfit):
            return "; ".join(adapted.reasons)
        checked, problem = _checked(adapted.plan, check)
        return problem if checked is None else (checked, adapted.substitutions)

    def _known(self, files: Iterable[Path], check: Check) -> Iterator[tuple[str, str, Plan | str]]:
        """Where a plan is known from, its goal, and the plan, or the id of its run."""
        for summary in self._journal.runs(MOST_RUNS):
            if summary.status is RunStatus.COMPLETED:
                yield f"run {summary.run}", summary.goal, summary.run
        for file in files:
            plan = _plan_of_file(file, check)
            if plan is not None:
                yield str(file), plan.goal, plan

    def _plan_of_run(self, run: str, check: Check) -> Plan | str:
        try:
            return _plan_of_events(self._journal.read(run), check)
        except EventUnreadable as error:
            return f"it cannot be read: {error}"


def _plan_of_events(events: list[Event], check: Check) -> Plan | str:
    adopted = [event for event in events if isinstance(event, PlanAdopted)]
    if any(isinstance(event, WordSpoken) for event in events):
        return "its plan depends on what somebody said to the run"
    if len(adopted) != 1:
        return "its plan was revised for what came up in the run"
    checked, problem = _checked(adopted[0].plan, check)
    return problem if checked is None else checked.plan


def _plan_of_file(file: Path, check: Check) -> Plan | None:
    """The plan in a file; None where it holds none that checks."""
    try:
        checked, _ = _checked(read_document(file), check)
    except DocumentError:
        return None
    return None if checked is None else checked.plan


def _checked(document: object, check: Check) -> tuple[CheckedPlan | None, str]:
    """The checked plan, or None and why there is none."""
    try:
        result = check(document)
    except ParameterError as error:
        return None, f"it wants parameters: {'; '.join(error.problems)}"
    if result.plan is not None:
        return result.plan, ""
    return None, f"it does not check any more: {result.errors[0].message}"


def _plan_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        files = (each for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES and each.is_file())
        return sorted(islice(files, MOST_FILES))
    except OSError as error:
        raise LibraryUnreadable(folder, error.strerror or str(error)) from None
