"""Calls of models, drafts and plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from callsheet.executor.run.events import DraftBegun, DraftGrown, ModelCalled, PlanAdopted
from callsheet.executor.run.state import ENDED, RunState, StepRecord, StepStatus

from .progress import add_to_story


def _model_called(state: RunState, event: ModelCalled) -> None:
    state.usage = state.usage + event.usage
    state.model_calls += 1
    if event.step is None or event.attempt is None:
        return
    attempt = state.running.get((event.step, event.item, event.attempt))
    if attempt is not None:
        attempt.usage = attempt.usage + event.usage


def _plan_adopted(state: RunState, event: PlanAdopted) -> None:
    state.revision, state.plan, state.contracts = event.revision, event.plan, event.contracts
    planned = {step["id"]: step["capability"] for step in event.plan.get("steps", ())}
    if event.revision > 1:
        add_to_story(state, f"revision {event.revision}: {event.reason}")
    if event.revision > 1 or state.drafting:
        _make_room(state, planned, frozenset(event.afresh))
    state.drafting = False
    for id, capability in planned.items():
        if id not in state.steps:
            state.steps[id] = StepRecord(id, capability, since=event.revision)


def _draft_begun(state: RunState, event: DraftBegun) -> None:
    state.drafting = True
    state.plan = {"goal": state.goal, "steps": [], "answer": None}


def _draft_grown(state: RunState, event: DraftGrown) -> None:
    assert state.plan is not None
    state.plan["steps"] += event.steps
    for step in event.steps:
        state.steps[step["id"]] = StepRecord(step["id"], step["capability"], since=0)


def _make_room(state: RunState, planned: Mapping[str, str], afresh: frozenset[str]) -> None:
    """Take back what is known of steps that begin anew, and of those that the plan no longer has."""
    gone = {id for id in state.steps if id in afresh or id not in planned}
    for id in gone:
        step = state.steps[id]
        state.lost.discard(id)
        state.asked.pop(id, None)
        if id in planned:
            state.outputs.pop(id, None)
            state.steps[id] = StepRecord(
                id, planned[id], attempts=step.attempts, since=state.revision, earlier=len(step.attempts)
            )
        elif not step.dropped:
            step.dropped = True
            if step.status not in ENDED:
                step.status = StepStatus.CANCELLED
        state.held.pop(id, None)
        state.surprises.pop(id, None)
    for work in [work for work in state.doubtful if work[0] in gone]:
        del state.doubtful[work]
    state.obsolete.update(attempt for attempt in state.running if attempt[0] in gone)


PLANNING_REDUCERS: dict[type[Any], Callable[[RunState, Any], None]] = {
    DraftBegun: _draft_begun,
    DraftGrown: _draft_grown,
    ModelCalled: _model_called,
    PlanAdopted: _plan_adopted,
}
