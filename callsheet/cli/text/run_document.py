"""A run as JSON, for programs. Times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.failure import Account, Failure
from callsheet.executor.run.result import AttemptResult, Doubt, StepResult

from .details import RunDetails, attempt_details, call_document, expressions_document
from .story import INTERRUPTED, RunLine, RunView


def run_document(story: RunView, details: RunDetails | None = None) -> JsonObject:
    """Everything about a run, including its plan. With the `details`, the steps also have their inputs, and
    all calls of models are there with prompts and answers."""
    result = story.result
    more: JsonObject = {}
    if details is not None:
        more = {"planning": [call_document(call) for call in details.planning]}
    return {
        "run": result.run,
        "goal": result.goal,
        "status": result.status.value,
        "answer": result.answer,
        "missing": list(result.missing),
        "waiting": list(result.waiting),
        "asked": [msgspec.to_builtins(question) for question in result.asked],
        "in_doubt": [_doubt(doubt, story) for doubt in result.in_doubt],
        "question": result.question,
        "revision": result.revision,
        "decisions": list(result.story),
        "interrupted": story.standing == INTERRUPTED,
        "owner": owner_document(story.owner),
        "reason": story.reason,
        "account": _account(result.account),
        "model": result.model,
        "model_host": result.model_host,
        "model_calls": result.model_calls,
        "usage": asdict(result.usage),
        "created": result.created,
        "started": result.started,
        "ended": result.ended,
        "steps": [step_document(step, details) for step in result.steps.values()],
        **more,
        "plan": None if result.plan is None else dict(result.plan),
    }


def line_document(line: RunLine) -> JsonObject:
    """One line of the list of runs."""
    return {
        "run": line.summary.run,
        "goal": line.summary.goal,
        "status": line.status.value,
        "interrupted": line.standing == INTERRUPTED,
        "owner": owner_document(line.owner),
        "created": line.summary.created,
        "latest": line.summary.latest,
    }


def owner_document(owner: RunOwner | None) -> JsonValue:
    """The process that is running a run."""
    return None if owner is None else asdict(owner)


def _doubt(doubt: Doubt, story: RunView) -> JsonValue:
    given = story.given.get((doubt.step, doubt.item))
    return {**msgspec.to_builtins(doubt), "inputs": None if given is None else given.inputs}


def step_document(step: StepResult, details: RunDetails | None = None) -> JsonObject:
    """A step; with the `details`, its inputs, and its calls of models."""
    attempts: list[JsonValue] = [_attempt(attempt) for attempt in step.attempts]
    more: JsonObject = {}
    if details is not None:
        more = {"expressions": expressions_document(step, details)}
        attempts = [{**_attempt(each), **attempt_details(step, each, details)} for each in step.attempts]
    return {
        "id": step.id,
        "capability": step.capability,
        "status": step.status.value,
        "output": step.output,
        "because": list(step.because),
        "failure": _failure(step.failure),
        "started": step.started,
        "ended": step.ended,
        "reused": msgspec.to_builtins(step.reused),
        "kept": msgspec.to_builtins(step.kept),
        "dropped": step.dropped,
        **more,
        "attempts": attempts,
    }


def _attempt(attempt: AttemptResult) -> JsonObject:
    return {
        "attempt": attempt.number,
        "item": attempt.item,
        "agent": attempt.agent,
        "status": attempt.status.value,
        "started": attempt.started,
        "ended": attempt.ended,
        "abandoned": attempt.abandoned,
        "hedge": attempt.hedge,
        "failure": _failure(attempt.failure),
        "traceback": attempt.traceback or None,
        "progress": attempt.progress,
        "partial": attempt.partial,
        "usage": asdict(attempt.usage),
    }


def _account(account: Account | None) -> JsonValue:
    if account is None:
        return None
    return {
        "text": account.describe(),
        "step": account.step,
        "item": account.item,
        "attempts": account.attempts,
        "failure": _failure(account.failure),
    }


def _failure(failure: Failure | None) -> JsonValue:
    return None if failure is None else msgspec.to_builtins(failure)
