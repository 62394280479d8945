"""Plays a scene: its plan is carried out, and a model is asked about what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.clock import Clock, SystemClock
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import ApprovalRequested, Event, RunCreated
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.planner.replanning.replanner import Replanner

from .figures import Figures, figures_of
from .scene import Scene
from .verdict import Ending, Verdict, done_for_good, judge

_RUN = "scene"
_SEED = 7


class Played(NamedTuple):
    """A scene, how it ended, what that took, and the events of the run. `deeds` is what was done for good."""

    scene: Scene
    verdict: Verdict
    figures: Figures
    result: RunResult
    events: Sequence[Event]
    deeds: Sequence[str]
    seconds: float

    @property
    def done_twice(self) -> int:
        """How often something was done for good that had been done before."""
        return len(self.deeds) - len(set(self.deeds))

    @property
    def keeps_promises(self) -> bool:
        """Whether nothing was done again without need, and nothing ended badly."""
        return not self.figures.repeated and not self.done_twice and self.verdict.ending is not Ending.BAD


async def play(
    scene: Scene, model: ChatModel, wire_format: WireFormat, folder: Path, clock: Clock | None = None
) -> Played:
    """Carry the scene's plan out in the folder, which is empty, and say what became of it."""
    scene.lay_out(folder)
    journal = MemoryJournal()
    started = time.perf_counter()
    result = await _drive(scene, model, wire_format, folder, journal, clock or SystemClock())
    seconds = time.perf_counter() - started
    events = journal.read_events(_RUN)
    verdict = judge(scene, result, folder)
    return Played(scene, verdict, figures_of(events), result, events, done_for_good(folder), seconds)


async def _drive(
    scene: Scene,
    model: ChatModel,
    wire_format: WireFormat,
    folder: Path,
    journal: MemoryJournal,
    clock: Clock,
) -> RunResult:
    async def approve(request: ApprovalRequested) -> bool:
        return request.capability not in scene.refuses

    executor = Executor(
        scene.registry,
        journal,
        workspace=Workspace(folder),
        clock=clock,
        model=model,
        approve=approve,
        needs_approval=_is_irreversible,
        replanner=lambda asked: Replanner(asked, wire_format=wire_format),
    )
    await journal.create(RunCreated(clock.now(), _RUN, scene.goal, _SEED, model=model.name))
    result = await executor.run(_RUN, scene.checked)
    for answer in scene.answers:
        if result.status is not RunStatus.PAUSED or result.question is None:
            break
        await RunControl(journal, clock).tell(_RUN, answer, "the user")
        result = await executor.resume(_RUN)
    return result


def _is_irreversible(step: CompiledStep) -> bool:
    return step.capability.effect is Effect.IRREVERSIBLE
