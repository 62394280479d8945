"""What a run came to: while it is fresh, or read back from its journal.

These are structs of msgspec: `msgspec.to_builtins(result)` is the same as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec
from pydantic import JsonValue

from callsheet.agents.models.chat import Usage

from .failure import Account, Failure
from .state import RUN_ENDED, AttemptRecord, AttemptStatus, RunState, RunStatus, StepRecord, StepStatus


class AttemptResult(msgspec.Struct, frozen=True):
    """One attempt of one agent. Times are in seconds since the epoch."""

    number: int
    """Counts the attempts at this step or item, from 1."""
    item: int | None
    """The item of a `for_each` step; None for any other step."""
    agent: str
    """The name of the agent that had the attempt."""
    status: AttemptStatus
    """How it ended, or that it is still running."""
    started: float
    """When it began."""
    ended: float | None
    """When it ended; of a lost one, when that was found out; None while it is running."""
    failure: Failure | None
    """Why it failed; None where it did not."""
    abandoned: bool
    """It ignored that it was told to stop."""
    usage: Usage
    """The tokens of all its calls of models."""
    hedge: bool = False
    """It began beside another attempt that took unusually long."""
    traceback: str = ""
    """Of the exception that the agent raised; empty where it raised none."""
    progress: str = ""
    """What the agent said last of how far it had come."""
    partial: JsonValue = None
    """What there was of its result then."""


class ReusedOutput(msgspec.Struct, frozen=True):
    """An output that was taken over from another `run`, of the whole step or of one item."""

    run: str
    item: int | None


class KeptOutput(msgspec.Struct, frozen=True):
    """An output that an earlier plan of the run had from its step `source`, of the whole step or of one
    item."""

    source: str
    item: int | None


class PendingApproval(msgspec.Struct, frozen=True):
    """An approval that was requested and is not decided. `inputs` is what the step would be
    given, a list of them for a `for_each` step; `why` is there where the plan itself does not ask."""

    step: str
    capability: str
    effect: str
    inputs: JsonValue
    why: str = ""


class Doubt(msgspec.Struct, frozen=True):
    """Work whose outcome is unknown: the attempt at it that `agent` began at `started`,
    in seconds since the epoch."""

    step: str
    item: int | None
    capability: str
    agent: str
    attempt: int
    started: float


class StepResult(msgspec.Struct, frozen=True):
    """One step."""

    id: str
    """The step's id."""
    capability: str
    """What the step asked for."""
    status: StepStatus
    """Where the step stands."""
    output: JsonValue
    """What it gave, once it is completed: an object, or a list of them for a `for_each` step."""
    failure: Failure | None
    """Why it failed; None where it did not."""
    because: tuple[str, ...]
    """The dependencies because of which it was skipped; empty where its own condition did not hold."""
    attempts: tuple[AttemptResult, ...]
    """All attempts, in the order in which they began."""
    reused: tuple[ReusedOutput, ...] = ()
    """The outputs that come from other runs."""
    kept: tuple[KeptOutput, ...] = ()
    """The outputs that come from earlier plans of this run."""
    dropped: bool = False
    """A revision left the step out."""

    @property
    def started(self) -> float | None:
        """When its first attempt began, if one did."""
        return self.attempts[0].started if self.attempts else None

    @property
    def ended(self) -> float | None:
        """When its last attempt ended, if all have."""
        ends = [attempt.ended for attempt in self.attempts]
        return None if not ends or None in ends else max(end for end in ends if end is not None)


class RunResult(msgspec.Struct, frozen=True):
    """One run, ended or not. Times are in seconds since the epoch."""

    run: str
    """The run's id."""
    goal: str
    """What it is for, in plain language."""
    status: RunStatus
    """Where the run stands."""
    answer: JsonValue
    """Its answer, once it is completed."""
    missing: tuple[str, ...]
    """The steps whose work the answer had to do without."""
    account: Account | None
    """Why it failed, once it did."""
    waiting: tuple[str, ...]
    """The steps for which a paused run waits."""
    steps: Mapping[str, StepResult]
    """Every step that any plan had, by id."""
    plan: Mapping[str, JsonValue] | None
    """The document of the plan that was carried out last; None before there is one."""
    usage: Usage
    """The tokens of all calls of models."""
    model: str
    """The name of the model that plans; empty where there is none."""
    model_host: str
    """The host of its server; empty where it runs in this process."""
    model_calls: int
    """How many calls of models there were."""
    created: float
    """When it was created."""
    started: float | None
    """When its first step could start; None before that."""
    ended: float | None
    """When it ended; None before that."""
    asked: tuple[PendingApproval, ...] = ()
    """The approvals that were requested and are not decided, whether the run is paused or not."""
    in_doubt: tuple[Doubt, ...] = ()
    """The work whose outcome is unknown, whether the run is paused or not."""
    question: str | None = None
    """What the planner asked and has no answer to yet."""
    revision: int = 0
    """The number of the plan; 0 before there is one."""
    story: tuple[str, ...] = ()
    """What was decided about the plan, a sentence for each decision."""

    @classmethod
    def from_state(cls, record: RunState) -> Self:
        """The result as the record has it now."""
        return cls(
            run=record.id,
            goal=record.goal,
            status=record.status,
            answer=record.answer,
            missing=record.missing,
            account=record.account,
            waiting=record.waiting,
            steps={step.id: _step(step) for step in record.steps.values()},
            plan=record.plan,
            usage=record.usage,
            model=record.model,
            model_host=record.model_host,
            model_calls=record.model_calls,
            created=record.created,
            started=record.started,
            ended=record.ended,
            asked=_asked(record),
            in_doubt=_in_doubt(record),
            question=None if record.status in RUN_ENDED else record.question,
            revision=record.revision,
            story=record.story,
        )


def _asked(record: RunState) -> tuple[PendingApproval, ...]:
    if record.status in RUN_ENDED:
        return ()
    return tuple(
        PendingApproval(each.step, each.capability, each.effect, each.inputs, each.why)
        for each in record.asked.values()
    )


def _in_doubt(record: RunState) -> tuple[Doubt, ...]:
    return tuple(
        Doubt(step, item, record.step_of(step).capability, each.agent, each.number, each.started)
        for (step, item), each in record.doubtful.items()
    )


def _step(step: StepRecord) -> StepResult:
    return StepResult(
        step.id,
        step.capability,
        step.status,
        step.output,
        step.failure,
        step.because,
        tuple(map(_attempt, step.attempts)),
        tuple(ReusedOutput(run, item) for item, run in (step.reused or {}).items()),
        tuple(KeptOutput(source, item) for item, source in (step.kept or {}).items()),
        step.dropped,
    )


def _attempt(attempt: AttemptRecord) -> AttemptResult:
    return AttemptResult(
        attempt.number,
        attempt.item,
        attempt.agent,
        attempt.status,
        attempt.started,
        attempt.ended,
        attempt.failure,
        attempt.abandoned,
        attempt.usage,
        attempt.hedge,
        attempt.traceback,
        attempt.progress,
        attempt.partial,
    )
