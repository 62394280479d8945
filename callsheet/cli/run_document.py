"""A run as JSON, for programs. Times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from pydantic import JsonValue

from callsheet.agents.capability import JsonObject
from callsheet.executor.failure import Account, Failure
from callsheet.executor.journal import RunSummary
from callsheet.executor.result import AttemptResult, RunResult, StepResult


def run_document(result: RunResult) -> JsonObject:
    """Everything there is to know of a run, its plan included."""
    return {
        "run": result.run,
        "goal": result.goal,
        "status": result.status.value,
        "answer": result.answer,
        "missing": list(result.missing),
        "waiting": list(result.waiting),
        "account": _account(result.account),
        "model": result.model,
        "model_calls": result.model_calls,
        "usage": asdict(result.usage),
        "created": result.created,
        "started": result.started,
        "ended": result.ended,
        "steps": [_step(step) for step in result.steps.values()],
        "plan": None if result.plan is None else dict(result.plan),
    }


def summary_document(summary: RunSummary) -> JsonObject:
    """One line of the list of runs."""
    return {
        "run": summary.run,
        "goal": summary.goal,
        "status": summary.status.value,
        "created": summary.created,
        "latest": summary.latest,
    }


def _step(step: StepResult) -> JsonValue:
    return {
        "id": step.id,
        "capability": step.capability,
        "status": step.status.value,
        "output": step.output,
        "because": list(step.because),
        "failure": _failure(step.failure),
        "started": step.started,
        "ended": step.ended,
        "attempts": [_attempt(attempt) for attempt in step.attempts],
    }


def _attempt(attempt: AttemptResult) -> JsonValue:
    return {
        "attempt": attempt.number,
        "item": attempt.item,
        "agent": attempt.agent,
        "status": attempt.status.value,
        "started": attempt.started,
        "ended": attempt.ended,
        "abandoned": attempt.abandoned,
        "failure": _failure(attempt.failure),
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
