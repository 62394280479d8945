"""The executor: from a run that was created and a plan that was checked to a result."""

from __future__ import annotations

from collections.abc import Callable

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.workspace import Workspace
from callsheet.planner.compiled import CheckedPlan, CompiledStep

from .clock import Clock, SystemClock
from .driver import Approve, Driver, Surroundings
from .errors import RunNotPending
from .events import Event, PlanAdopted, RunStarted
from .journal import Journal
from .machine import fold
from .record import RunStatus
from .result import RunResult
from .runner import LocalRunner, Runner

MAX_CONCURRENCY = 16
GRACE_SECONDS = 2.0


class Executor:
    """Carries plans out.

    `model` is what agents find in their context, every call journaled; `max_concurrency` bounds
    the attempts of one run at a time. `approve` is asked about the steps whose plan, or whose
    `needs_approval`, wants it; without one a run pauses there. `on_event` hears of every event
    once it is kept. An attempt that is told to stop has `grace_seconds` to do so.
    """

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        *,
        workspace: Workspace,
        clock: Clock | None = None,
        model: ChatModel | None = None,
        max_concurrency: int = MAX_CONCURRENCY,
        runner: Runner | None = None,
        approve: Approve | None = None,
        needs_approval: Callable[[CompiledStep], bool] | None = None,
        on_event: Callable[[Event], None] | None = None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        if max_concurrency < 1:
            raise ValueError("max_concurrency must be at least 1")
        self._journal = journal
        self._clock = clock or SystemClock()
        self._max_concurrency = max_concurrency
        self._needs_approval = needs_approval
        self._surroundings = Surroundings(
            registry,
            journal,
            workspace,
            self._clock,
            runner or LocalRunner(),
            model,
            approve,
            on_event,
            grace_seconds,
        )

    async def run(self, run: str, checked: CheckedPlan, *, time_limit: float | None = None) -> RunResult:
        """Adopt the plan for a run that the journal has as created, and carry it out.

        Comes back when the run has completed, failed, or waits for an approval; it fails once
        `time_limit` seconds have passed. Cancelling stops what runs, enters the cancellation in
        the journal, and raises CancelledError then. Raises JournalError, RunNotFound and
        RunNotPending, and what `approve` and `on_event` raise.
        """
        state = fold(self._journal.read(run), {1: checked})
        if state.record.status is not RunStatus.PENDING or state.record.revision:
            raise RunNotPending(run, state.record.status)
        now = self._clock.now()
        adopted = PlanAdopted(now, 1, checked.plan.to_document())
        started = RunStarted(
            now,
            self._max_concurrency,
            None if time_limit is None else now + time_limit,
            self._policy(checked),
        )
        await Driver(state, self._surroundings).drive(adopted, started, time_limit=time_limit)
        return RunResult.of(state.record)

    def _policy(self, checked: CheckedPlan) -> tuple[str, ...]:
        if self._needs_approval is None:
            return ()
        return tuple(step.id for step in checked.steps.values() if self._needs_approval(step))
