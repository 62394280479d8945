"""How each event changes the record of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    ConditionDecided,
    DoubtSettled,
    DraftBegun,
    DraftGrown,
    Event,
    GivenUp,
    ItemsResolved,
    ModelCalled,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    ResultReused,
    ResultSought,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFailed,
    StepHeld,
    StepSkipped,
    WordSpoken,
)
from .failure import Failure
from .state import ENDED, AttemptRecord, AttemptStatus, RunState, RunStatus, StepRecord, StepStatus


def apply_event(record: RunState, event: Event) -> None:
    """Enter the event into the record. Costs the same whatever the size of the plan, except for
    a plan that is adopted and the end of a run."""
    record.now = event.at
    enter = REDUCERS.get(event.__class__)
    if enter is not None:
        enter(record, event)


def run_state_of(events: Iterable[Event]) -> RunState:
    """What the events of a run reduce to."""
    record = RunState()
    for event in events:
        apply_event(record, event)
    return record


def _run_created(record: RunState, event: RunCreated) -> None:
    record.run, record.goal, record.seed = event.run, event.goal, event.seed
    record.model, record.created = event.model, event.at


def _model_called(record: RunState, event: ModelCalled) -> None:
    record.usage = record.usage + event.usage
    record.model_calls += 1
    if event.step is None or event.attempt is None:
        return
    attempt = record.running.get((event.step, event.item, event.attempt))
    if attempt is not None:
        attempt.usage = attempt.usage + event.usage


def _plan_adopted(record: RunState, event: PlanAdopted) -> None:
    record.revision, record.plan, record.contracts = event.revision, event.plan, event.contracts
    planned = {step["id"]: step["capability"] for step in event.plan.get("steps", ())}
    if event.revision > 1:
        _tell(record, f"revision {event.revision}: {event.reason}")
    if event.revision > 1 or record.drafting:
        _make_room(record, planned, frozenset(event.afresh))
    record.drafting = False
    for id, capability in planned.items():
        if id not in record.steps:
            record.steps[id] = StepRecord(id, capability, since=event.revision)


def _draft_begun(record: RunState, event: DraftBegun) -> None:
    record.drafting = True
    record.plan = {"goal": record.goal, "steps": [], "answer": None}


def _draft_grown(record: RunState, event: DraftGrown) -> None:
    assert record.plan is not None
    record.plan["steps"] += event.steps
    for step in event.steps:
        record.steps[step["id"]] = StepRecord(step["id"], step["capability"], since=0)


def _make_room(record: RunState, planned: Mapping[str, str], afresh: frozenset[str]) -> None:
    """Take back what is known of steps that begin anew, and of those that the plan no longer has."""
    gone = {id for id in record.steps if id in afresh or id not in planned}
    for id in gone:
        step = record.steps[id]
        record.lost.discard(id)
        record.asked.pop(id, None)
        if id in planned:
            record.outputs.pop(id, None)
            record.steps[id] = StepRecord(
                id, planned[id], attempts=step.attempts, since=record.revision, earlier=len(step.attempts)
            )
        elif not step.dropped:
            step.dropped = True
            if step.status not in ENDED:
                step.status = StepStatus.CANCELLED
        record.held.pop(id, None)
        record.surprises.pop(id, None)
    for work in [work for work in record.doubtful if work[0] in gone]:
        del record.doubtful[work]
    record.obsolete.update(attempt for attempt in record.running if attempt[0] in gone)


def _tell(record: RunState, sentence: str) -> None:
    record.story = (*record.story, sentence)


def _run_started(record: RunState, event: RunStarted) -> None:
    record.status = RunStatus.RUNNING
    record.started, record.deadline, record.replans = event.at, event.deadline, event.replans
    record.limited = event.at


def _run_resumed(record: RunState, event: RunResumed) -> None:
    record.status, record.waiting = RunStatus.RUNNING, ()
    if event.replans is not None:
        record.replans = event.replans
    if event.deadline is not None:
        record.deadline, record.limited = event.deadline, event.at


def _condition_decided(record: RunState, event: ConditionDecided) -> None:
    if not event.holds:
        record.step_of(event.step).status = StepStatus.SKIPPED


def _step_skipped(record: RunState, event: StepSkipped) -> None:
    step = record.step_of(event.step)
    step.status, step.because = StepStatus.SKIPPED, event.because
    if record.is_lost(event.because):
        record.lost.add(event.step)


def _items_resolved(record: RunState, event: ItemsResolved) -> None:
    step = record.step_of(event.step)
    step.items, step.unfinished = event.items, len(event.items)
    step.outputs = [None] * len(event.items)
    if event.items:
        step.status = StepStatus.RUNNING
    else:
        _complete(record, step, [])


def _complete(record: RunState, step: StepRecord, output: Any) -> None:
    step.status, step.output = StepStatus.COMPLETED, output
    record.outputs[step.id] = output
    # An attempt that was told to stop, because the step took too long, may succeed all the same.
    record.held.pop(step.id, None)
    record.surprises.pop(step.id, None)


def _approval_requested(record: RunState, event: ApprovalRequested) -> None:
    record.step_of(event.step).status = StepStatus.WAITING
    record.asked[event.step] = event


def _retry_scheduled(record: RunState, event: RetryScheduled) -> None:
    _wait(record, event.step)


def _approval_decided(record: RunState, event: ApprovalGranted | ApprovalDenied) -> None:
    record.step_of(event.step).status = StepStatus.PENDING
    record.asked.pop(event.step, None)


def _attempt_started(record: RunState, event: AttemptStarted) -> None:
    step = record.step_of(event.step)
    step.status = StepStatus.RUNNING
    attempt = AttemptRecord(
        event.attempt, event.item, event.agent, step.capability, event.at, hedge=event.hedge
    )
    step.attempts.append(attempt)
    record.running[event.step, event.item, event.attempt] = attempt


def _attempt_stopping(record: RunState, event: AttemptStopping) -> None:
    attempt = record.running.get((event.step, event.item, event.attempt))
    if attempt is not None:
        attempt.status = AttemptStatus.STOPPING


def _end_attempt(
    record: RunState,
    event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost,
    status: AttemptStatus,
    failure: Failure | None = None,
) -> AttemptRecord | None:
    attempt = record.running.pop((event.step, event.item, event.attempt), None)
    if attempt is not None:
        attempt.status, attempt.ended, attempt.failure = status, event.at, failure
        attempt.abandoned = failure is not None and failure.abandoned
    return attempt


def _attempt_succeeded(record: RunState, event: AttemptSucceeded) -> None:
    _end_attempt(record, event, AttemptStatus.SUCCEEDED)
    if not (record.obsolete and _is_obsolete(record, event)):
        _take_output(record, event.step, event.item, event.output)


def _is_obsolete(
    record: RunState, event: AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptLost
) -> bool:
    return bool(record.obsolete) and (event.step, event.item, event.attempt) in record.obsolete


def _take_output(record: RunState, name: str, item: int | None, output: Any) -> None:
    step = record.step_of(name)
    if item is None:
        # An attempt that was told to stop may succeed all the same, too late.
        if step.status not in ENDED:
            _complete(record, step, output)
    elif step.outputs is not None and step.outputs[item] is None:
        step.outputs[item] = output
        step.unfinished -= 1
        # Never so for a step that failed: the item that it failed with is unfinished for good.
        if not step.unfinished and step.status not in ENDED:
            _complete(record, step, step.outputs)


def _attempt_failed(record: RunState, event: AttemptFailed) -> None:
    attempt = _end_attempt(record, event, AttemptStatus.FAILED, event.failure)
    if event.failure.in_doubt and not _is_obsolete(record, event):
        _doubt(record, event.step, event.item, attempt)


def _attempt_surprised(record: RunState, event: AttemptSurprised) -> None:
    _end_attempt(record, event, AttemptStatus.SURPRISED, event.surprise)
    if event.output is not None and not _is_obsolete(record, event):
        record.surprises.setdefault(event.step, {})[event.item] = event.output


def _attempt_cancelled(record: RunState, event: AttemptCancelled) -> None:
    attempt = _end_attempt(record, event, AttemptStatus.CANCELLED)
    if attempt is not None:
        attempt.abandoned = event.abandoned


def _attempt_lost(record: RunState, event: AttemptLost) -> None:
    attempt = _end_attempt(record, event, AttemptStatus.LOST)
    if _is_obsolete(record, event):
        return
    if event.in_doubt:
        _doubt(record, event.step, event.item, attempt)
    else:
        _wait(record, event.step)


def _doubt(record: RunState, step: str, item: int | None, attempt: AttemptRecord | None) -> None:
    if attempt is not None:
        record.doubtful[step, item] = attempt
    _wait(record, step)


def _wait(record: RunState, name: str) -> None:
    step = record.step_of(name)
    # Of a step with items, others may be running.
    if step.items is None and step.status not in ENDED:
        step.status = StepStatus.WAITING


def _doubt_settled(record: RunState, event: DoubtSettled) -> None:
    record.doubtful.pop((event.step, event.item), None)
    if event.output is not None:
        _take_output(record, event.step, event.item, event.output)


def _result_sought(record: RunState, event: ResultSought) -> None:
    _wait(record, event.step)


def _result_reused(record: RunState, event: ResultReused) -> None:
    step = record.step_of(event.step)
    step.reused = {**(step.reused or {}), event.item: event.source}
    _take_output(record, event.step, event.item, event.output)


def _result_kept(record: RunState, event: ResultKept) -> None:
    step = record.step_of(event.step)
    step.kept = {**(step.kept or {}), event.item: event.source}
    _take_output(record, event.step, event.item, event.output)


def _step_failed(record: RunState, event: StepFailed) -> None:
    step = record.step_of(event.step)
    step.status, step.failure = StepStatus.FAILED, event.failure
    record.lost.add(event.step)
    record.asked.pop(event.step, None)
    record.held.pop(event.step, None)
    record.surprises.pop(event.step, None)
    if record.doubtful:
        for work in [work for work in record.doubtful if work[0] == event.step]:
            del record.doubtful[work]


def _step_held(record: RunState, event: StepHeld) -> None:
    record.held.setdefault(event.step, {})[event.item] = event
    if event.output is not None:
        record.surprises.setdefault(event.step, {})[event.item] = event.output
    record.asked.pop(event.step, None)
    _wait(record, event.step)


def _replanning_started(record: RunState, event: ReplanningStarted) -> None:
    record.replannings += 1
    if event.step is not None:
        record.replanned[event.step] = record.replanned.get(event.step, 0) + 1


def _result_accepted(record: RunState, event: ResultAccepted) -> None:
    if event.step is None:
        _tell(record, f"the plan was left as it is: {event.reason}")
        return
    _tell(record, f"the results of `{event.step}` were accepted as they are: {event.reason}")
    surprises = record.surprises.pop(event.step, {})
    for item in record.held.pop(event.step, {}):
        _take_output(record, event.step, item, surprises[item])


def _given_up(record: RunState, event: GivenUp) -> None:
    _tell(record, f"given up on {event.step or 'the run'}: {event.reason}")


def _replanning_failed(record: RunState, event: ReplanningFailed) -> None:
    _tell(record, f"no decision about {event.step or 'the run'}: {event.message}")


def _person_asked(record: RunState, event: PersonAsked) -> None:
    record.question = event.question
    _tell(record, f"somebody was asked: {event.question}")


def _word_spoken(record: RunState, event: WordSpoken) -> None:
    record.words = (*record.words, event.text)
    if record.question is not None:
        record.answers = (*record.answers, (record.question, event.text))
    record.question = None
    if record.status is RunStatus.PAUSED and not record.revision:
        # It is planned now that its question has an answer.
        record.status = RunStatus.PENDING
    _tell(record, f"{event.by or 'somebody'} said: {event.text}")


def _run_paused(record: RunState, event: RunPaused) -> None:
    record.status, record.waiting = RunStatus.PAUSED, event.waiting


def _run_completed(record: RunState, event: RunCompleted) -> None:
    record.answer, record.missing = event.answer, event.missing
    _end(record, RunStatus.COMPLETED)


def _run_failed(record: RunState, event: RunFailed) -> None:
    record.account, record.missing = event.account, event.missing
    _end(record, RunStatus.FAILED)


def _run_cancelled(record: RunState, event: RunCancelled) -> None:
    _end(record, RunStatus.CANCELLED)


def _end(record: RunState, status: RunStatus) -> None:
    record.status, record.ended = status, record.now
    for step in record.steps.values():
        if step.status not in ENDED:
            step.status = StepStatus.CANCELLED


REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    ApprovalDenied: _approval_decided,
    ApprovalGranted: _approval_decided,
    ApprovalRequested: _approval_requested,
    AttemptCancelled: _attempt_cancelled,
    AttemptFailed: _attempt_failed,
    AttemptLost: _attempt_lost,
    AttemptStarted: _attempt_started,
    AttemptStopping: _attempt_stopping,
    AttemptSucceeded: _attempt_succeeded,
    AttemptSurprised: _attempt_surprised,
    ConditionDecided: _condition_decided,
    DoubtSettled: _doubt_settled,
    DraftBegun: _draft_begun,
    DraftGrown: _draft_grown,
    GivenUp: _given_up,
    ItemsResolved: _items_resolved,
    ModelCalled: _model_called,
    PersonAsked: _person_asked,
    PlanAdopted: _plan_adopted,
    ReplanningFailed: _replanning_failed,
    ReplanningStarted: _replanning_started,
    ResultAccepted: _result_accepted,
    ResultKept: _result_kept,
    ResultReused: _result_reused,
    ResultSought: _result_sought,
    RetryScheduled: _retry_scheduled,
    RunCancelled: _run_cancelled,
    RunCompleted: _run_completed,
    RunCreated: _run_created,
    RunFailed: _run_failed,
    RunPaused: _run_paused,
    RunResumed: _run_resumed,
    RunStarted: _run_started,
    StepFailed: _step_failed,
    StepHeld: _step_held,
    StepSkipped: _step_skipped,
    WordSpoken: _word_spoken,
}
