"""`callsheet check`: the errors and warnings of a plan, without running it."""

from __future__ import annotations

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
from callsheet.planner.check.errors import compiler_lines
from callsheet.planner.check.parameters import Parameters
from callsheet.planner.documents.reader import read_source
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
    document = read_source(file)
    catalog = registry_of(settings).catalog
    result = check_plan(document, catalog)
    parameters = Parameters() if result.plan is None else Parameters.from_plan(result.plan.plan)
    if given:
        result = check_given(document, given, catalog)
    if output.as_json:
        diagnostics = [
            {**each.to_document(), "line": document.line(each.pointer)} for each in result.diagnostics
        ]
        valid, params = result.plan is not None, parameter_documents(parameters)
        output.document({"file": str(file), "valid": valid, "params": params, "diagnostics": diagnostics})
    else:
        for each in result.diagnostics:
            for text in compiler_lines(document, each):
                output.line(text)
        output.line(_conclude(file, result))
        for text in parameter_lines(parameters):
            output.line(text)
    return ExitCode.DONE if result.plan else ExitCode.USAGE


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
