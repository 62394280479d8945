"""Why a command cannot do what its arguments say."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.run.state import Work
from callsheet.suggestions import did_you_mean


class DoubtUnclear(CallsheetError):
    """Several pieces of `work` are in doubt, and the command does not say which one it is about."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, work: tuple[Work, ...]) -> None:
        named = ", ".join(map(_flags, work))
        super().__init__(f"run {run!r}: several steps are in doubt; choose one: {named}")
        self.run = run
        self.work = work


def _flags(work: Work) -> str:
    step, item = work
    return f"--step {step}" if item is None else f"--step {step} --item {item}"


class NoSuchStep(CallsheetError):
    """A run has no step of this id. `there` are those that it has."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, run: str, step: str, there: tuple[str, ...]) -> None:
        super().__init__(f"run {run!r} has no step {step!r}; {did_you_mean(step, there)}")
        self.run = run
        self.step = step
        self.there = there


class NoSuchRevision(CallsheetError):
    """A run or recording, `source`, does not have this revision. `there` are the revisions that it has."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, revision: int, there: tuple[int, ...]) -> None:
        known = ", ".join(map(str, there)) or "no plan"
        super().__init__(f"{source} has no revision {revision}; it has {known}")
        self.source = source
        self.revision = revision
        self.there = there


class NoSuchPlan(CallsheetError):
    """`name` is neither a file nor a run."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is neither a file nor a run; `callsheet runs` lists the runs")
        self.name = name


class PlanNotSaved(CallsheetError):
    """The file for the plan cannot be written. `file` is its path."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(f"{file}: the plan cannot be saved: {problem}")
        self.file = file
        self.problem = problem
