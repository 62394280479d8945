"""The decisions of the machine that a plan's expressions and policies settle; pure, each of them."""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec

from callsheet.agents.contracts.capability import Effect
from callsheet.executor.evaluation.expectations import first_disappointment
from callsheet.executor.evaluation.inputs import inputs_of, value_of
from callsheet.executor.run.events import (
    ApprovalRequested,
    AttemptLost,
    BudgetReached,
    ConditionDecided,
    HedgeForgone,
    ItemsResolved,
    ReachDecided,
    ResultKept,
    ResultSought,
    RetryScheduled,
    RunCompleted,
    RunFailed,
    StepFailed,
    StepHeld,
    StepSkipped,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.executor.run.result_key import result_key
from callsheet.executor.run.spending import ATTEMPT
from callsheet.executor.run.state import RunState, StepStatus, Try, Work
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .backoff import retry_delay
from .commands import Enter, Finish, RequestApproval, SeekResult, SetTimer, StartAttempt
from .machine_state import MachineState
from .pending_work import PendingWork
from .replanning_decisions import fail

_NO_FAILURES: dict[str, int] = {}


def skip(run: RunState, pending: PendingWork, step: str) -> Enter:
    """The step's join can no longer be met."""
    because = tuple(
        dependency
        for dependency in pending.steps[step].dependencies
        if run.steps[dependency].status in (StepStatus.FAILED, StepStatus.SKIPPED)
    )
    return Enter(StepSkipped(run.now, step, because))


def lose(run: RunState, pending: PendingWork, lost: Try) -> Enter:
    """The process of an attempt ended before it did."""
    step, item, attempt = lost
    # One that a revision has made obsolete is of a step that could be left.
    in_doubt = lost not in run.obsolete and pending.steps[step].capability.effect is Effect.IRREVERSIBLE
    return Enter(AttemptLost(run.now, step, attempt, in_doubt, item))


def give_up_or_retry(state: MachineState, work: Work, failure: Failure) -> Enter | SetTimer:
    """An attempt failed: the next one after a wait, or the step fails."""
    run, pending = state.run, state.pending
    step, item = work
    attempts = pending.attempts.get(work, 0)
    counted = attempts - pending.spare.get(work, 0)
    if not failure.retryable or counted > pending.steps[step].max_retries:
        return Enter(fail(state, pending.steps[step], failure, item))
    due = run.now + retry_delay(run.seed, step, item, counted, failure.retry_after)
    return SetTimer(RetryScheduled(run.now, step, attempts + 1, due, item))


def answer_question(state: MachineState, step_id: str) -> Enter | RequestApproval:
    """Settle what stands between the step and its work."""
    step = state.pending.steps[step_id]
    match state.pending.question(step):
        case "condition":
            return Enter(_condition(state, step))
        case "items":
            return Enter(_items(state, step))
        case "reach":
            return _reach(state, step)
        case _:
            return _approval(state, step)


def begin_work(state: MachineState, work: Work) -> Enter | SeekResult | StartAttempt:
    """There is a place for the work: with inputs that its capability takes, an attempt starts, unless
    the result may be there already."""
    run, pending, (step_id, item) = state.run, state.pending, work
    step = pending.steps[step_id]
    inputs = inputs_of(run, step, item)
    if isinstance(inputs, Failure):
        return Enter(fail(state, step, inputs, item))
    if state.carried is not None and (kept := _kept(state, step, inputs, item)) is not None:
        return Enter(kept)
    if pending.is_to_seek(work):
        key = result_key(step.capability, inputs)
        return SeekResult(ResultSought(run.now, step_id, key, item), step)
    if state.spending is not None and (problem := state.spending.refusal(ATTEMPT, run.now)) is not None:
        return Enter(BudgetReached(run.now, problem))
    attempt = pending.attempts.get(work, 0) + 1
    return StartAttempt(
        step, item, attempt, inputs, pending.blamed.get(work, _NO_FAILURES), pending.queue_key(work)
    )


def begin_hedge(run: RunState, pending: PendingWork, work: Work) -> Enter | StartAttempt:
    """A second attempt beside one that takes unusually long."""
    step_id, item = work
    inputs = inputs_of(run, pending.steps[step_id], item)
    if isinstance(inputs, Failure):
        return Enter(HedgeForgone(run.now, step_id, item))
    return StartAttempt(
        pending.steps[step_id],
        item,
        pending.attempts[work] + 1,
        inputs,
        _NO_FAILURES,
        pending.queue_key(work),
        hedge=True,
    )


def answer_run(run: RunState, plan: CheckedPlan, grievance: Account | None) -> Finish:
    """Every step has ended: the answer, or why there is none."""
    missing = tuple(step for step in plan.steps if step in run.lost)
    if grievance is not None:
        return Finish(RunFailed(run.now, grievance, missing))
    answer = value_of(plan.answer, run.outputs, "the answer")
    if isinstance(answer, Failure):
        return Finish(RunFailed(run.now, Account(answer), missing))
    return Finish(RunCompleted(run.now, answer[0], missing))


def _condition(state: MachineState, step: CompiledStep) -> ConditionDecided | StepFailed | StepHeld:
    assert step.condition is not None
    holds = value_of(step.condition, state.run.outputs, "its condition")
    if isinstance(holds, Failure):
        return fail(state, step, holds, None)
    return ConditionDecided(state.run.now, step.id, holds[0] is True)


def _items(state: MachineState, step: CompiledStep) -> ItemsResolved | StepFailed | StepHeld:
    assert step.for_each is not None
    items = value_of(step.for_each, state.run.outputs, "its for_each")
    if isinstance(items, Failure):
        return fail(state, step, items, None)
    (value,) = items
    if not isinstance(value, list):
        return fail(state, step, Failure(FailureKind.INVALID_INPUT, "its for_each is no list"), None)
    return ItemsResolved(state.run.now, step.id, value)


def _reach(state: MachineState, step: CompiledStep) -> Enter:
    """What the step would reach, held against what was granted."""
    works = _works_of(state, step)
    if not isinstance(works, dict):
        return Enter(works)
    assert state.grant is not None
    grant = state.grant
    beyond = (each for inputs in works.values() for each in grant.beyond(step, inputs))
    return Enter(ReachDecided(state.run.now, step.id, tuple(dict.fromkeys(beyond))))


def _approval(state: MachineState, step: CompiledStep) -> Enter | RequestApproval:
    """Whoever is asked sees exactly what the agents would be given. What was done under an earlier plan
    needs no approval: it is taken over, at once as long as it comes first."""
    works = _works_of(state, step, most=1)
    if isinstance(works, dict):
        for item, inputs in works.items():
            if (kept := _kept(state, step, inputs, item)) is not None:
                return Enter(kept)
        works = _works_of(state, step)
    if not isinstance(works, dict):
        return Enter(works)
    asked = [inputs for item, inputs in works.items() if _kept(state, step, inputs, item) is None]
    capability = step.capability
    return RequestApproval(
        ApprovalRequested(
            state.run.now,
            step.id,
            capability.name,
            capability.effect,
            asked[0] if state.run.steps[step.id].items is None else asked,
            state.pending.approvals.get(step.id, ""),
        )
    )


def _works_of(
    state: MachineState, step: CompiledStep, most: int | None = None
) -> dict[int | None, dict[str, Any]] | StepFailed | StepHeld:
    """The inputs of everything the step is still to do, or of the first so many, by item; or how it fails
    for want of them."""
    works: dict[int | None, dict[str, Any]] = {}
    places = state.run.steps[step.id].places
    left = (item for item in places if (step.id, item) not in state.pending.carried_over)
    for item in islice(left, most):
        inputs = inputs_of(state.run, step, item)
        if isinstance(inputs, Failure):
            failed = fail(state, step, inputs, item)
            # None of its items can be asked about, so all of them are held.
            return msgspec.structs.replace(failed, item=None) if isinstance(failed, StepHeld) else failed
        works[item] = inputs
    return works


def _kept(
    state: MachineState, step: CompiledStep, inputs: dict[str, Any], item: int | None
) -> ResultKept | StepFailed | StepHeld | None:
    """The result that an earlier plan has had by the same work, if there is one. One that breaks what
    this plan expects of it is a surprise again: doing the same once more would not change it."""
    carried = state.carried
    if carried is None:
        return None
    found = carried.finished.get(carried.key_of(state.run, step, inputs, state.pending.steps))
    if found is None:
        return None
    surprise = first_disappointment(state.run, step, item, found.output)
    if surprise is not None:
        failed = fail(state, step, surprise, item)
        if isinstance(failed, StepHeld):
            return msgspec.structs.replace(failed, output=found.output)
        return failed
    return ResultKept(state.run.now, step.id, found.output, found.step, item)
