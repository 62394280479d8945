"""One run at the command line, started or resumed: its progress, approvals and report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeAlias

import click

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.cli.options.event_stream import EventStream
from callsheet.cli.options.goal import read_goal
from callsheet.cli.options.output import Output
from callsheet.cli.options.store import existing_journal, open_journal, open_record
from callsheet.cli.running.errors import ApprovalNeeded, RunInterrupted
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.conclusion import conclusion_lines
from callsheet.cli.text.details import RunDetails
from callsheet.cli.text.run import traceback_lines, value_text
from callsheet.cli.text.run_document import run_document
from callsheet.cli.text.story import RunView
from callsheet.errors import ExitCode
from callsheet.executor.journal.errors import RunOwned
from callsheet.executor.journal.journal import Journal
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptStarted,
    Event,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.goals.goal import Goal
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Plan
from callsheet.settings.registry import registry_of
from callsheet.settings.run_memory import RunMemory
from callsheet.settings.settings import Settings

from .approval import Approver
from .interruption import stopped_by_sigterm
from .model import choose_model, model_at_hand
from .planning_progress import PlanningDisplay
from .progress import Progress, progress_for

_CODES = {
    RunStatus.COMPLETED: ExitCode.DONE,
    RunStatus.PAUSED: ExitCode.WAITING,
}

FindPlan: TypeAlias = Callable[[Registry], Plan | None]
"""Gives the plan to run; None if a goal is to be planned."""


class RunSession:
    """One run. With `yes` everything that needs approval is approved."""

    def __init__(
        self, output: Output, settings: Settings, *, yes: bool, events: EventStream | None = None
    ) -> None:
        self._output = output
        self._settings = settings
        self._yes = yes
        if events is not None and events.takes_stdout and output.as_json:
            raise click.UsageError("--events - and --json both write to stdout: give --events a file")
        self._events = events
        self._advice = Advice(settings)
        self._progress: Progress = progress_for(output)
        self._approver = Approver(output, self._progress, settings, yes=yes)
        self._planning = PlanningDisplay(output)
        self._watch = Watch(self._planning.show, self._show)
        self._run: str | None = None
        self._has_ended = False
        self._details: RunDetails | None = None

    def run_goal(self, goal: str | None, find_plan: FindPlan) -> ExitCode:
        """Run a goal or a given plan, and report; returns the exit code."""
        with self._in_order():
            registry = registry_of(self._settings)
            # The goal and the plan are checked before a model is chosen: downloading one takes minutes.
            text = None if goal is None else Goal.from_text(read_goal(goal), registry.catalog)
            plan = find_plan(registry)
            model = self._model(is_needed=plan is None)
            story = asyncio.run(self._begin(registry, model, text, plan))
        return self._report(story)

    def resume(self, name: str) -> ExitCode:
        """Resume a run, and report; returns the exit code.

        Raises what Orchestrator.resume does.
        """
        with self._in_order():
            self._run, is_planned = self._recall(name)
            self._settings = RunMemory().recalled(self._run, self._settings)
            registry = registry_of(self._settings)
            model = self._model(is_needed=not is_planned)
            story = asyncio.run(self._resume(registry, model, self._run, is_planned))
        return self._report(story)

    async def _begin(
        self, registry: Registry, model: ChatModel | None, goal: str | None, plan: Plan | None
    ) -> RunView:
        with open_journal(self._settings) as journal:
            async with self._orchestrator(registry, model, journal) as orchestrator:
                if plan is None:
                    self._planning.announce_request()
                review = None if plan is None and self._is_streamed else self._review
                run = orchestrator.run(goal, plan=plan, review=review, watch=self._watch)
                return self._view(journal, await _orderly(run))

    async def _resume(
        self, registry: Registry, model: ChatModel | None, run: str, is_planned: bool
    ) -> RunView:
        with open_journal(self._settings) as journal:
            async with self._orchestrator(registry, model, journal) as orchestrator:
                if not is_planned:
                    self._planning.announce_request()
                review = None if not is_planned and self._is_streamed else self._review
                resumed = orchestrator.resume(
                    run, review=review, watch=self._watch, **self._settings.flagged.keywords()
                )
                return self._view(journal, await _orderly(resumed))

    def _view(self, journal: Journal, result: RunResult) -> RunView:
        if self._output.as_json:
            self._details = RunDetails.from_events(journal.read_events(result.run))
        return RunView.from_result(journal, result)

    @property
    def _is_streamed(self) -> bool:
        """Whether steps start before the plan is complete: only if all that it does is approved."""
        return self._yes and self._settings.stream

    def _orchestrator(self, registry: Registry, model: ChatModel | None, journal: Journal) -> Orchestrator:
        orchestrator = Orchestrator.configured(
            self._settings,
            registry,
            model=model,
            store=journal,
            approve=self._approver.approve if self._approver.is_there else None,
        )
        self._approver.measure = orchestrator.bounds
        return orchestrator

    def _recall(self, name: str) -> tuple[str, bool]:
        """The id of an open run that no process is running, and whether it has a plan. Feeds its past events
        to the progress. Raises RunNotFound, RunAmbiguous, RunEnded, RunOwned."""
        with existing_journal(self._settings) as journal:
            record = open_record(journal, name)
            owner = journal.owner(record.id)
            if owner is not None:
                raise RunOwned(record.id, owner.pid, owner.host)
            for event in journal.read_events(record.id):
                self._progress.recall(event)
        return record.id, record.plan is not None

    def _model(self, *, is_needed: bool) -> ChatModel | None:
        # Before the event loop starts: inside it, Ctrl-C would not interrupt a download.
        return (choose_model if is_needed else model_at_hand)(self._settings, self._output)

    @contextmanager
    def _in_order(self) -> Generator[None]:
        """Stop the displays at the end, and raise the approval that was needed but could not be asked for."""
        try:
            yield
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise RunInterrupted(self._run, self._following) from None
        finally:
            self._planning.stop()
            self._progress.stop()
        if self._approver.needed is not None:
            run = self._run or ""
            resume = self._advice.command("resume", run, "--yes")
            raise ApprovalNeeded(*self._approver.needed, self._advice.command("show", run), resume)

    @property
    def _following(self) -> str:
        """What can be done with the run after an interruption, which may come when it has just ended."""
        word, command = ("details", "show") if self._has_ended else ("to continue", "resume")
        return f"{word}: {self._advice.command(command, self._run or '')}"

    async def _review(self, checked: CheckedPlan) -> bool | None:
        self._planning.stop()
        return await self._approver.review(checked)

    def _show(self, event: Event) -> None:
        if isinstance(event, RunCreated):
            self._run = event.run
            RunMemory().remember(event.run, self._settings)
        if isinstance(event, AttemptStarted):
            # A plan that is still being written: its spinner makes room for the table of its first steps.
            self._planning.stop()
        self._has_ended = isinstance(event, RunCompleted | RunFailed | RunCancelled)
        if self._has_ended and self._run is not None:
            RunMemory().forget(self._run)
        self._progress.show(event)
        if self._events is not None:
            self._events.write(event)
        if self._output.is_terminal and isinstance(event, ApprovalDenied | ApprovalGranted) and event.by:
            word = "approved" if isinstance(event, ApprovalGranted) else "denied"
            with self._progress.held():
                self._output.note(f"{event.step}: {word} by {event.by}")

    def _report(self, story: RunView) -> ExitCode:
        if self._events is not None and self._events.takes_stdout:
            pass  # Its last event has the answer.
        elif self._output.as_json:
            self._output.document(run_document(story, self._details))
        elif story.result.status is RunStatus.COMPLETED:
            self._output.line(value_text(story.result.answer))
        for line in traceback_lines(story.result) if self._output.debug else ():
            self._output.note(line)
        for line in conclusion_lines(story, self._advice):
            self._output.note(line)
        account = story.result.account
        if account is not None and account.failure.kind is FailureKind.BUDGET:
            return ExitCode.BUDGET
        return _CODES.get(story.result.status, ExitCode.FAILED)


async def _orderly(run: Coroutine[Any, Any, RunResult]) -> RunResult:
    with stopped_by_sigterm():
        return await run
