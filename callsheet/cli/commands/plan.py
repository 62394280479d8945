"""`callsheet plan`: plan a goal without running the plan."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import suppress
from pathlib import Path

import click
from pydantic import JsonValue

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.cli.commands.errors import PlanNotSaved
from callsheet.cli.options.command import command, run_options, settings_options
from callsheet.cli.options.goal import read_goal
from callsheet.cli.options.output import Output
from callsheet.cli.running.model import choose_model
from callsheet.cli.running.planning_progress import PlanningDisplay
from callsheet.cli.text.plan import plan_lines
from callsheet.errors import ExitCode
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.documents.writer import write_yaml
from callsheet.planner.goals.goal import Goal
from callsheet.planner.planning.planner import Planned
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import Settings


@click.command("plan", short_help="Plan a goal without running the plan.")
@click.argument("goal")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan in this file (as JSON if the name ends in .json).",
)
@command
@settings_options
@run_options
def plan(output: Output, settings: Settings, goal: str, file: Path | None) -> ExitCode:
    """Plan GOAL and print the plan as YAML (as JSON with --json). GOAL `-` reads it from stdin.

    The options are those of the run that the plan is for; the budget and the time limit include planning.
    `callsheet check FILE` checks a saved plan, `callsheet run --plan FILE` runs it.
    """
    registry = registry_of(settings)
    text = Goal.from_text(read_goal(goal), registry.catalog)
    # Before the event loop starts: inside it, Ctrl-C would not interrupt a download.
    model = choose_model(settings, output)
    planned = asyncio.run(_plan(output, settings, registry, model, text))
    document = planned.checked.plan.to_document()
    if file is not None:
        as_json = file.suffix.lower() == ".json"
        _save(file, json.dumps(document, indent=2) + "\n" if as_json else write_yaml(document))
        output.note(f"plan saved in {file}")
    _print(output, document, saved=file is not None)
    return ExitCode.DONE


async def _plan(
    output: Output, settings: Settings, registry: Registry, model: ChatModel, goal: str
) -> Planned:
    notes = PlanningDisplay(output)
    try:
        async with Orchestrator.configured(settings, registry, model=model, store=MemoryJournal()) as whole:
            notes.announce_request()
            planned = await whole.plan(goal, watch=Watch(on_progress=notes.show))
    finally:
        notes.stop()
    for line in plan_lines(planned.checked):
        output.note(line)
    return planned


def _print(output: Output, document: dict[str, JsonValue], *, saved: bool) -> None:
    if output.as_json:
        output.document(document)
    elif not saved:
        output.line(write_yaml(document).rstrip("\n"))


def _save(file: Path, text: str) -> None:
    """Replace the whole file, or on error leave it unchanged."""
    beside = file.with_name(f".{file.name}-{secrets.token_hex(4)}.tmp")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise PlanNotSaved(file, error.strerror or str(error)) from None
