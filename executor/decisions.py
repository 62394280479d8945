"""The decisions of the machine that a plan's expressions and policies settle; pure, each of them."""

from __future__ import annotations

from collections import ChainMap
from typing import Any

from pydantic import JsonValue

from callsheet.agents.capability import Effect
from callsheet.planner.compiled import CheckedPlan, CompiledStep
from callsheet.planner.expressions.evaluate import Scope, evaluate
from callsheet.planner.expressions.tree import Tree
from callsheet.planner.expressions.values import Absent

from .account import describe, values_in
from .agenda import Agenda
from .backoff import backoff
from .commands import Enter, Finish, RequestApproval, SeekResult, SetTimer, StartAttempt
from .events import (
    ApprovalRequested,
    AttemptLost,
    ConditionDecided,
    HedgeForgone,
    ItemsResolved,
    ResultSought,
    RetryScheduled,
    RunCompleted,
    RunFailed,
    StepFailed,
    StepSkipped,
)
from .failure import Account, Failure, FailureKind
from .json_copy import NotJson, clean_text, copy_json
from .record import RunRecord, StepStatus, Try, Work
from .results import result_key

_NOBODY: dict[str, int] = {}


def skip(record: RunRecord, agenda: Agenda, step: str) -> Enter:
    """The step's join can no longer be met."""
    because = tuple(
        dependency
        for dependency in agenda.steps[step].dependencies
        if record.steps[dependency].status in (StepStatus.FAILED, StepStatus.SKIPPED)
    )
    return Enter(StepSkipped(record.now, step, because))


def lose(record: RunRecord, agenda: Agenda, orphan: Try) -> Enter:
    """The process of an attempt ended before it did."""
    step, item, attempt = orphan
    in_doubt = agenda.steps[step].capability.effect is Effect.IRREVERSIBLE
    return Enter(AttemptLost(record.now, step, attempt, in_doubt, item))


def give_up_or_retry(record: RunRecord, agenda: Agenda, work: Work, failure: Failure) -> Enter | SetTimer:
    """An attempt failed: the next one after a wait, or the step fails."""
    step, item = work
    attempts = agenda.attempts.get(work, 0)
    counted = attempts - agenda.spare.get(work, 0)
    if not failure.retryable or counted > agenda.steps[step].max_retries:
        return Enter(StepFailed(record.now, step, failure, item))
    due = record.now + backoff(record.seed, step, item, attempts, failure.retry_after)
    return SetTimer(RetryScheduled(record.now, step, attempts + 1, due, item))


def answer_question(record: RunRecord, agenda: Agenda, step_id: str) -> Enter | RequestApproval:
    """Settle what stands between the step and its work."""
    step = agenda.steps[step_id]
    match agenda.question(step):
        case "condition":
            return Enter(_condition(record, step))
        case "items":
            return Enter(_items(record, step))
        case _:
            return _approval(record, step)


def begin_work(record: RunRecord, agenda: Agenda, work: Work) -> Enter | SeekResult | StartAttempt:
    """There is a place for the work: with inputs that its capability takes, an attempt starts, unless
    the result may be there already."""
    step_id, item = work
    step = agenda.steps[step_id]
    inputs = _inputs(record, step, item)
    if isinstance(inputs, Failure):
        return Enter(StepFailed(record.now, step_id, inputs, item))
    if agenda.is_to_seek(work):
        key = result_key(step.capability, inputs)
        return SeekResult(ResultSought(record.now, step_id, key, item), step)
    attempt = agenda.attempts.get(work, 0) + 1
    return StartAttempt(step, item, attempt, inputs, agenda.blamed.get(work, _NOBODY), agenda.lane(work))


def begin_hedge(record: RunRecord, agenda: Agenda, work: Work) -> Enter | StartAttempt:
    """A second attempt beside one that takes unusually long."""
    step_id, item = work
    inputs = _inputs(record, agenda.steps[step_id], item)
    if isinstance(inputs, Failure):
        return Enter(HedgeForgone(record.now, step_id, item))
    return StartAttempt(
        agenda.steps[step_id], item, agenda.attempts[work] + 1, inputs, _NOBODY, agenda.lane(work), hedge=True
    )


def answer_run(record: RunRecord, plan: CheckedPlan, grievance: Account | None) -> Finish:
    """Every step has ended: the answer, or why there is none."""
    missing = tuple(step for step in plan.steps if step in record.lost)
    if grievance is not None:
        return Finish(RunFailed(record.now, grievance, missing))
    answer = _value(plan.answer, record.outputs, "the answer")
    if isinstance(answer, Failure):
        return Finish(RunFailed(record.now, Account(answer), missing))
    return Finish(RunCompleted(record.now, answer[0], missing))


def _condition(record: RunRecord, step: CompiledStep) -> ConditionDecided | StepFailed:
    assert step.condition is not None
    holds = _value(step.condition, record.outputs, "its condition")
    if isinstance(holds, Failure):
        return StepFailed(record.now, step.id, holds)
    return ConditionDecided(record.now, step.id, holds[0] is True)


def _items(record: RunRecord, step: CompiledStep) -> ItemsResolved | StepFailed:
    assert step.for_each is not None
    items = _value(step.for_each, record.outputs, "its for_each")
    if isinstance(items, Failure):
        return StepFailed(record.now, step.id, items)
    (value,) = items
    if not isinstance(value, list):
        failure = Failure(FailureKind.INVALID_INPUT, "its for_each is no list")
        return StepFailed(record.now, step.id, failure)
    return ItemsResolved(record.now, step.id, value)


def _approval(record: RunRecord, step: CompiledStep) -> Enter | RequestApproval:
    """Whoever is asked sees exactly what the agents would be given."""
    asked: list[Any] = []
    items = record.steps[step.id].items
    for item in (None,) if items is None else range(len(items)):
        inputs = _inputs(record, step, item)
        if isinstance(inputs, Failure):
            return Enter(StepFailed(record.now, step.id, inputs, item))
        asked.append(inputs)
    capability = step.capability
    return RequestApproval(
        ApprovalRequested(
            record.now, step.id, capability.name, capability.effect, asked[0] if items is None else asked
        )
    )


def _inputs(record: RunRecord, step: CompiledStep, item: int | None) -> dict[str, Any] | Failure:
    scope = scope_of(record, step.id, item)
    inputs: dict[str, Any] = {}
    for name, tree in step.inputs.items():
        value = evaluate(tree, scope)
        if isinstance(value, Absent):
            return _absent(f"its input `{name}`", tree, scope, value)
        inputs[name] = value
    try:
        inputs = copy_json(inputs)
    except NotJson as error:
        return Failure(FailureKind.INVALID_INPUT, f"its inputs cannot be passed on: {error}")
    validator = step.capability.input_validator
    if validator.accepts(inputs):
        return inputs
    return Failure(
        FailureKind.INVALID_INPUT,
        f"its inputs are not what {step.capability.name!r} takes: {describe(validator.problems(inputs))}",
    )


def scope_of(record: RunRecord, step: str, item: int | None, output: dict[str, Any] | None = None) -> Scope:
    """What the expressions of a step may name: what other steps gave, the `item`, and the attempt's
    own `output`, once there is one."""
    own: dict[str, Any] = {} if output is None else {"output": output}
    items = record.steps[step].items
    if item is not None and items is not None:
        own["item"] = items[item]
    return ChainMap(own, record.outputs) if own else record.outputs


def _value(tree: Tree, scope: Scope, what: str) -> tuple[JsonValue] | Failure:
    """The value, in a tuple of one, as the journal would give it back; or why there is none."""
    value = evaluate(tree, scope)
    if isinstance(value, Absent):
        return _absent(what, tree, scope, value)
    try:
        return (copy_json(value),)
    except NotJson as error:
        return Failure(FailureKind.SURPRISE, f"{what} cannot be kept: {error}")


def _absent(what: str, tree: Tree, scope: Scope, value: Absent) -> Failure:
    message = clean_text(f"{what} has no value: {value.reason}")
    return Failure(FailureKind.SURPRISE, message, values=values_in(tree, scope))
