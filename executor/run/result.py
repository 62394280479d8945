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
    """One try by one agent. Times are seconds since the epoch; `ended` is None where it has not; for a
    lost one it is when that was found out. `abandoned`: it ignored that it was told to stop. `hedge`: it
    began beside one that took unusually long."""

    number: int
    item: int | None
    agent: str
    status: AttemptStatus
    started: float
    ended: float | None
    failure: Failure | None
    abandoned: bool
    usage: Usage
    hedge: bool = False


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
    """What somebody was asked and has not answered: whether a step may start. `inputs` is what it would be
    given, a list of them for a `for_each` step; `why` is there where the plan itself does not ask."""

    step: str
    capability: str
    effect: str
    inputs: JsonValue
    why: str = ""


class Doubt(msgspec.Struct, frozen=True):
    """Work of which nobody knows whether it was done: the attempt at it that `agent` began at `started`,
    in seconds since the epoch."""

    step: str
    item: int | None
    capability: str
    agent: str
    attempt: int
    started: float


class StepResult(msgspec.Struct, frozen=True):
    """One step. `output` is the object that a completed step gave, a list of them for a `for_each`
    step. `because` names the dependencies for want of which it was skipped; empty where its own
    condition did not hold. `reused` says which outputs come from other runs, `kept` which from
    earlier plans; `dropped`: a revision left the step out."""

    id: str
    capability: str
    status: StepStatus
    output: JsonValue
    failure: Failure | None
    because: tuple[str, ...]
    attempts: tuple[AttemptResult, ...]
    reused: tuple[ReusedOutput, ...] = ()
    kept: tuple[KeptOutput, ...] = ()
    dropped: bool = False

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
    """One run. `answer` is there once it is completed, `account` once it failed; `missing` names
    the steps whose work the answer had to do without; `waiting` those for which a paused run waits,
    `asked` and `in_doubt` what about them, paused or not. `plan` is the document of the plan that was
    carried out last, `revision` its number, `story` what was decided about the plan, a sentence each, and
    `question` what the planner wants to know of somebody; `usage` is the sum over all calls of models."""

    run: str
    goal: str
    status: RunStatus
    answer: JsonValue
    missing: tuple[str, ...]
    account: Account | None
    waiting: tuple[str, ...]
    steps: Mapping[str, StepResult]
    plan: Mapping[str, JsonValue] | None
    usage: Usage
    model: str
    model_calls: int
    created: float
    started: float | None
    ended: float | None
    asked: tuple[PendingApproval, ...] = ()
    in_doubt: tuple[Doubt, ...] = ()
    question: str | None = None
    revision: int = 0
    story: tuple[str, ...] = ()

    @classmethod
    def from_state(cls, record: RunState) -> Self:
        """The result as the record has it now."""
        return cls(
            run=record.run,
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
    )
