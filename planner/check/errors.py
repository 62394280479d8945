"""What is wrong with a plan that is not valid."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.documents.source_document import SourceDocument
from callsheet.planner.errors import PlannerError

MAX_TOLD = 20
"""Findings that the message of an error has."""


class PlanInvalid(PlannerError):
    """A plan has errors. `diagnostics` are the checker's findings, warnings too; `source` is the file that
    the plan was read from, where it was."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, diagnostics: Sequence[Diagnostic], source: SourceDocument | None = None) -> None:
        told = [line for each in diagnostics[:MAX_TOLD] for line in _told(each, source)]
        more = [f"and {len(diagnostics) - MAX_TOLD} more"] if len(diagnostics) > MAX_TOLD else []
        lines = "".join(f"\n  {line}" for line in (*told, *more))
        super().__init__(f"the plan is not valid:{lines}")
        self.diagnostics = tuple(diagnostics)
        self.source = source


def compiler_lines(source: SourceDocument, diagnostic: Diagnostic) -> Iterator[str]:
    """A finding in the form of compilers, which editors can jump to: `plan.yaml:12: error: message [code]`,
    then the place in the document, then a hint."""
    line = source.line(diagnostic.pointer)
    place = f"{source.path}:{line}" if line else source.path
    yield f"{place}: {diagnostic.severity}: {diagnostic.message} [{diagnostic.code}]"
    yield f"    at {diagnostic.pointer or '/'}" + (f", step {diagnostic.step}" if diagnostic.step else "")
    if diagnostic.hint:
        yield f"    hint: {diagnostic.hint}"


def _told(diagnostic: Diagnostic, source: SourceDocument | None) -> Iterable[str]:
    return (str(diagnostic),) if source is None else compiler_lines(source, diagnostic)


class ParameterError(PlannerError):
    """Values that do not fit a plan's parameters. `problems` has a sentence for each of them, and `wanted`
    how to write what is required, as `NAME=KIND`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, problems: tuple[str, ...], wanted: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        flags = " ".join(f"--param {shlex.quote(each)}" for each in wanted)
        advice = f"\nAdd {flags}, or pass `params` in Python." if wanted else ""
        super().__init__(f"the plan cannot run with these parameters:\n{lines}{advice}")
        self.problems = problems
        self.wanted = wanted
