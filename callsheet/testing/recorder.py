"""Making the recording of a test: the run of its marker is carried out live, and written to a file."""

from __future__ import annotations

import asyncio
from os import PathLike

from callsheet.api import model_of
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import ApprovalRequested
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.given_plan import GivenPlan
from callsheet.recordings.api import fewer_placeholders_text, redactor_of, save_anew

from .errors import RunNotKept
from .off_loop import off_loop
from .recording_mark import RecordingMark
from .site import Site

_KEPT = (RunStatus.COMPLETED, RunStatus.PAUSED)


class Recorder:
    """Makes the recording that a marker asks for."""

    def __init__(self, site: Site, mark: RecordingMark) -> None:
        self._site = site
        self._mark = mark

    def record(self) -> str:
        """Pursue the goal, or carry out the plan, and write the recording to the marker's file, without
        secrets. Returns a line that says what was written.

        Raises RunNotKept unless the run completes or waits for the user; what
        `callsheet.run` raises, RunNotRecordable, and RecordingUnwritable.
        """
        path = self._site.path(self._mark.file)
        shown = self._site.shown(path)
        result, journal = off_loop(lambda: asyncio.run(self._pursue()))
        if result.status not in _KEPT:
            told = result.account.describe() if result.account else f"it is {result.status}"
            raise RunNotKept(shown, told)
        recording = Recording.from_events(journal.read_events(result.run))
        lost = save_anew(recording, path, redactor_of(self._site.settings))
        warning = f"; {fewer_placeholders_text(lost)}" if lost else ""
        return f"{shown} ({_outcome(result)}{warning})"

    async def _pursue(self) -> tuple[RunResult, MemoryJournal]:
        mark = self._mark
        journal = MemoryJournal()
        settings = self._site.settings
        orchestrator = Orchestrator.configured(
            settings,
            self._site.registry(mark.agents),
            model=model_of(settings, mark.model, required=mark.plan is None),
            store=journal,
            workspace=None if mark.workspace is None else self._site.path(mark.workspace),
            approve=_approve if mark.yes else None,
            **mark.options,
        )
        async with orchestrator:
            result = await orchestrator.run(
                mark.goal, plan=self._plan(), params=mark.params, review=_accept if mark.yes else None
            )
        return result, journal

    def _plan(self) -> GivenPlan | None:
        plan = self._mark.plan
        return self._site.path(plan) if isinstance(plan, str | PathLike) else plan


async def _accept(checked: CheckedPlan) -> bool:
    return True


async def _approve(request: ApprovalRequested) -> bool | None:
    # `yes` approves the plan; a request with a reason comes from a revision that goes beyond it.
    return None if request.why else True


def _outcome(result: RunResult) -> str:
    steps = f"{len(result.steps)} step{'' if len(result.steps) == 1 else 's'}"
    calls = f"{result.model_calls} model call{'' if result.model_calls == 1 else 's'}"
    status = "waiting for the user" if result.status is RunStatus.PAUSED else result.status
    return f"{status}, {steps}, {calls}"
