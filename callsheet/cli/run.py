"""`callsheet run`: pursue a goal, or carry out a plan that there is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

import click

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.config import Settings
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.events import Event, RunCreated
from callsheet.executor.record import RunStatus
from callsheet.executor.result import RunResult
from callsheet.orchestrator import Orchestrator, Watch
from callsheet.planner.compiled import CheckedPlan
from callsheet.planner.documents import read_document
from callsheet.planner.plan import Plan
from callsheet.planner.planner import require_goal

from .approval import Approver
from .command import command, settings_options
from .goal import read_goal
from .model import choose_model, model_at_hand
from .output import Output
from .planning import PlanningNotes
from .progress import Progress, progress_for
from .run_document import run_document
from .run_text import seconds_text, usage_text, value_text
from .team import registry_of

_CODES = {
    RunStatus.COMPLETED: ExitCode.DONE,
    RunStatus.PAUSED: ExitCode.WAITING,
}


class RunInterrupted(CallsheetError):
    """Somebody pressed Ctrl-C. `run` is what the journal has of it, None where it had not begun."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERRUPTED

    def __init__(self, run: str | None) -> None:
        super().__init__(
            "interrupted before anything was done"
            if run is None
            else f"interrupted; `callsheet show {run}` tells how far it came"
        )
        self.run = run


@click.command("run", short_help="Plan a goal, show the plan, and carry it out.")
@click.argument("goal", required=False)
@click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path, dir_okay=False), help="Carry out this plan."
)
@click.option("--yes", "-y", is_flag=True, help="Approve whatever the plan does; ask nothing.")
@command
@settings_options
def run(output: Output, settings: Settings, goal: str | None, plan_file: Path | None, yes: bool) -> ExitCode:
    """Plan GOAL, show the plan, carry it out, and print the answer. GOAL `-` reads it from stdin.

    A plan that writes to the workspace, or does what cannot be undone, is asked about first. The
    answer goes to stdout, everything else to stderr.
    """
    if (goal is None) == (plan_file is None):
        raise click.UsageError("give either a GOAL or --plan FILE")
    return _Pursuit(output, settings, yes=yes).pursue(goal, plan_file)


class _Pursuit:
    """One run at the command line."""

    def __init__(self, output: Output, settings: Settings, *, yes: bool) -> None:
        self._output = output
        self._settings = settings
        self._progress: Progress = progress_for(output)
        self._approver = Approver(output, self._progress, settings.workspace, yes=yes)
        self._planning = PlanningNotes(output)
        self._run: str | None = None

    def pursue(self, goal: str | None, plan_file: Path | None) -> ExitCode:
        """Run, report, and say with what code to end."""
        try:
            registry = registry_of(self._settings)
            # A goal that cannot be planned for is told before a model is chosen, let alone fetched.
            text = None if goal is None else require_goal(read_goal(goal), registry.catalog)
            # Before the event loop, where Ctrl-C would not break off a download.
            model = (choose_model if plan_file is None else model_at_hand)(self._settings, self._output)
            result = asyncio.run(self._orchestrate(registry, model, text, plan_file))
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise RunInterrupted(self._run) from None
        finally:
            self._planning.stop()
            self._progress.stop()
        if self._approver.needed is not None:
            raise self._approver.needed
        self._report(result)
        return _CODES.get(result.status, ExitCode.FAILED)

    async def _orchestrate(
        self, registry: Registry, model: ChatModel | None, goal: str | None, plan_file: Path | None
    ) -> RunResult:
        orchestrator = Orchestrator(
            registry,
            model=model,
            store=self._settings.store,
            workspace=self._settings.workspace,
            max_concurrency=self._settings.max_concurrency,
            approve=self._approver.approve,
        )
        watch = Watch(self._planning.show, self._show)
        async with orchestrator:
            plan = _read_plan(orchestrator, plan_file) if plan_file is not None else None
            if plan is None:
                self._planning.begin()
            return await orchestrator.run(goal, plan=plan, review=self._review, watch=watch)

    async def _review(self, checked: CheckedPlan) -> bool:
        self._planning.stop()
        return await self._approver.review(checked)

    def _show(self, event: Event) -> None:
        if isinstance(event, RunCreated):
            self._run = event.run
        self._progress.show(event)

    def _report(self, result: RunResult) -> None:
        if self._output.as_json:
            self._output.document(run_document(result))
        elif result.status is RunStatus.COMPLETED:
            self._output.line(value_text(result.answer))
        self._output.note(_conclude(result))


def _read_plan(orchestrator: Orchestrator, file: Path) -> Plan:
    return orchestrator.check(read_document(file)).require().plan


def _conclude(result: RunResult) -> str:
    """What became of the run, in a line or two."""
    took = seconds_text(max(0.0, (result.ended or result.created) - result.created))
    calls = f" ({usage_text(result)})" if result.model_calls else ""
    match result.status:
        case RunStatus.COMPLETED if result.missing:
            ended = f"run {result.run} completed in {took}{calls}, without {', '.join(result.missing)}"
        case RunStatus.COMPLETED:
            ended = f"run {result.run} completed in {took}{calls}"
        case RunStatus.CANCELLED:
            ended = f"run {result.run} was cancelled; nothing was done"
        case RunStatus.PAUSED:
            ended = f"run {result.run} waits for approval of {', '.join(result.waiting)}"
        case _:
            why = result.account.describe() if result.account else result.status.value
            ended = f"error: {why}\nrun {result.run} failed after {took}{calls}"
    return ended + f"; `callsheet show {result.run}` tells all about it"
