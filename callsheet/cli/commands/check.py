"""`callsheet check`: the errors and warnings of a plan, without running it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from callsheet.cli.options.command import FILE, command, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.options.parameters import (
    Given,
    check_given,
    parameter_documents,
    parameter_lines,
    parameter_options,
)
from callsheet.cli.text.safe_text import counted
from callsheet.errors import ExitCode
from callsheet.planner.check.checker import CheckResult
from callsheet.planner.check.checker import check as check_plan
from callsheet.planner.check.parameters import Parameters
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.documents.reader import read_document
from callsheet.planner.documents.source_lines import SourceLines
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import Settings


@click.command("check", short_help="Check a plan without running it.")
@click.argument("file", type=FILE)
@command
@settings_options
@parameter_options
def check(output: Output, settings: Settings, file: Path, given: Given) -> ExitCode:
    """Check the plan in FILE (YAML, or JSON if the name ends in .json) against the available agents.

    Every error has a code, a place and, where there is one, a hint. Exit code 2 if there are errors; a plan
    with warnings alone can run. A plan with parameters is checked for all values that its parameters allow,
    and also for those of --param.
    """
    document = read_document(file)
    catalog = registry_of(settings).catalog
    result = check_plan(document, catalog)
    parameters = Parameters() if result.plan is None else Parameters.from_plan(result.plan.plan)
    if given:
        result = check_given(document, given, catalog)
    lines = SourceLines(file.read_text("utf-8-sig")) if result.diagnostics else None
    found = [(each, lines.line(each.pointer) if lines else None) for each in result.diagnostics]
    if output.as_json:
        diagnostics = [{**each.to_document(), "line": line} for each, line in found]
        valid, params = result.plan is not None, parameter_documents(parameters)
        output.document({"file": str(file), "valid": valid, "params": params, "diagnostics": diagnostics})
    else:
        for each, line in found:
            for text in _describe(file, each, line):
                output.line(text)
        output.line(_conclude(file, result))
        for text in parameter_lines(parameters):
            output.line(text)
    return ExitCode.DONE if result.plan else ExitCode.USAGE


def _describe(file: Path, diagnostic: Diagnostic, line: int | None) -> Iterator[str]:
    """In the form of compilers, which editors can jump to: `plan.yaml:12: error: message [code]`, then the
    place in the document, then a hint."""
    place = f"{file}:{line}" if line else str(file)
    yield f"{place}: {diagnostic.severity}: {diagnostic.message} [{diagnostic.code}]"
    yield f"    at {diagnostic.pointer or '/'}" + (f", step {diagnostic.step}" if diagnostic.step else "")
    if diagnostic.hint:
        yield f"    hint: {diagnostic.hint}"


def _conclude(file: Path, result: CheckResult) -> str:
    counts = [
        counted(len(group), name)
        for group, name in ((result.errors, "error"), (result.warnings, "warning"))
        if group
    ]
    if result.plan is None:
        return f"{file}: {', '.join(counts)}"
    unsaid = [name for name, each in Parameters.from_plan(result.plan.plan).items() if each.is_required]
    ready = f"ready to run with values for {', '.join(unsaid)}" if unsaid else "ready to run"
    return ", ".join((f"{file}: {counted(len(result.plan.steps), 'step')}, {ready}", *counts))
