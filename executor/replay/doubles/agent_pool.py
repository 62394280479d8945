"""Who is given an attempt in a replay: whoever was given it, when it was given."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from callsheet.agents.agent import Agent
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import Verdict
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.selection.strategies import Strategy
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.dispatch.agent_pool import Nobody, Wait
from callsheet.executor.machine.pending_work import Lane
from callsheet.executor.replay.history.follower import EARLY_SECONDS, Course
from callsheet.executor.run.events import (
    AttemptStarted,
    BudgetReached,
    HedgeForgone,
    RunPaused,
    StepFailed,
    StepHeld,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.state import Try

from .attempts import OfWork, RecordedAttempts


class RecordedDesk:
    """Casts as it was recorded.

    Who was free depended on other runs, so it is nothing that a replay decides again: while the courses
    agree, an attempt starts when it is the next thing that was recorded. After that, whoever did it before
    does it again, and what nobody did is given to the first who offers it.
    """

    def __init__(self, registry: Registry, attempts: RecordedAttempts, course: Course, clock: Clock) -> None:
        self._registry = registry
        self._attempts = attempts
        self._course = course
        self._clock = clock
        self._waiting: dict[str, Callable[[], None]] = {}
        course.listen(self._call)

    def with_strategy(self, strategy: Strategy) -> RecordedDesk:
        """The same: everybody was chosen already."""
        return self

    def choose(
        self,
        capability: str,
        *,
        now: float,
        figures: Mapping[tuple[str, str], Figures],
        failures: Mapping[str, int],
        exclude: Container[str],
        newcomer: bool,
        attempt: Try,
    ) -> Agent | Wait | Nobody:
        """Whoever was given it, once it is its turn."""
        if not self._course.in_step:
            return self._again(capability, attempt, exclude)
        match self._course.next:
            case AttemptStarted(step=step, item=item, attempt=number) as started if (
                step,
                item,
                number,
            ) == attempt:
                # What has happened may be a little ahead of the clock.
                if max(now, self._course.latest) + EARLY_SECONDS < started.at:
                    return Wait(started.at)
                return self._named(started.agent, capability) or self._again(capability, attempt, exclude)
            case StepFailed(step=step, failure=failure) | StepHeld(step=step, failure=failure) if (
                step == attempt[0] and failure.kind is FailureKind.NO_AGENT
            ):
                return Nobody(failure.message)
            case HedgeForgone(step=step, item=item) if (step, item) == attempt[:2]:
                return Nobody("nobody else was free")
            case _:
                return Wait(None)

    def begin(self, agent_name: str, capability: str, at: float) -> None:
        """Nothing is counted: nobody waits for a seat."""

    def end(
        self,
        agent_name: str,
        capability: str,
        at: float,
        verdict: Verdict,
        tokens: int = 0,
        retry_after: float | None = None,
    ) -> None:
        """Nothing is counted."""

    def wait(
        self,
        capability: str,
        callback: Callable[[], None],
        *,
        until: float | None = None,
        newcomer: bool = False,
    ) -> Callable[[], None]:
        """Be called when something else comes next."""
        self._waiting[capability] = callback
        return lambda: self._leave(capability, callback)

    def shut(self, closed: Container[Lane]) -> Container[Lane]:
        """All but those of whose work something comes next."""
        return _Shut(closed, self._attempts, self._course)

    def pass_on(self, capability: str) -> None:
        """Nobody stands behind."""

    def _leave(self, capability: str, callback: Callable[[], None]) -> None:
        if self._waiting.get(capability) is callback:
            del self._waiting[capability]

    def _call(self) -> None:
        if not self._waiting:
            return
        if self._course.in_step and not isinstance(self._course.next, OfWork | BudgetReached | RunPaused):
            return
        waiting, self._waiting = self._waiting, {}
        for callback in waiting.values():
            callback()

    def _again(self, capability: str, attempt: Try, exclude: Container[str]) -> Agent | Nobody:
        recorded = self._attempts.at(attempt)
        if recorded is not None and recorded.started.agent not in exclude:
            known = self._named(recorded.started.agent, capability)
            if known is not None:
                return known
        try:
            offers = [each for each in self._registry.agents_for(capability) if each.name not in exclude]
        except UnknownCapability as error:
            return Nobody(str(error))
        return offers[0] if offers else Nobody(f"nobody else offers {capability!r}")

    def _named(self, name: str, capability: str) -> Agent | None:
        if capability not in self._registry.capabilities:
            return None
        return next((each for each in self._registry.agents_for(capability) if each.name == name), None)


class _Shut:
    """The lanes in which nothing began at the recorded place. When somebody was free again nobody wrote down:
    it shows in what began then."""

    def __init__(self, closed: Container[Lane], attempts: RecordedAttempts, course: Course) -> None:
        self._closed = closed
        self._attempts = attempts
        self._course = course

    def __contains__(self, lane: object) -> bool:
        upcoming = self._course.next
        if isinstance(upcoming, OfWork):
            capability = self._attempts.capability_of(upcoming)
            return lane in self._closed or not (isinstance(lane, tuple) and lane[0] == capability)
        may_begin = isinstance(upcoming, BudgetReached) or not self._course.in_step
        return lane in self._closed or not may_begin
