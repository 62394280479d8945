"""Judging how an attempt ended: what it returned or raised, as an event. Pure."""

from __future__ import annotations

from typing import TypeAlias

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Permanent, Retryable, Surprise, meant_error
from callsheet.agents.models.errors import (
    AnswerTruncated,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from callsheet.errors import error_text, sole_error
from callsheet.executor.run.errors import BudgetExceeded, NotJson, OutputNotKept, ProcessDied
from callsheet.executor.run.events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
)
from callsheet.executor.run.failure import Failure, FailureKind
from callsheet.executor.run.json_copy import clean_text, copy_json
from callsheet.executor.run.state import RunState
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.tracebacks import origin_of

from .expectations import first_disappointment
from .explain import describe

Outcome: TypeAlias = AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled
"""How an attempt ended."""

_HOPELESS = (Permanent, ModelRejected, ModelRefused, AnswerTruncated)
FROM_INPUTS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    ModelRefused,
    AnswerTruncated,
)
"""What depends on what an agent is given, not on the state that it, or the service behind it, is in."""
_ENDS_A_PROCESS = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""Whoever raises one of these wants to stop, and trying again would not let it. A CancelledError that was not
asked for is a failure like any other."""


def judge_output(
    run: RunState, step: CompiledStep, started: AttemptStarted, returned: object, at: float
) -> AttemptSucceeded | AttemptFailed | AttemptSurprised:
    """What came back is JSON, keeps to the capability's schema, and meets every expectation; or not."""
    try:
        output = copy_json(returned)
    except NotJson as error:
        return _invalid(started, f"it returned what cannot be kept: {error}", at)
    validator = step.capability.output_validator
    if not validator.accepts(output):
        problems = describe(validator.problems(output))
        return _invalid(started, f"its output is not what {step.capability.name!r} promises: {problems}", at)
    surprise = first_disappointment(run, step, started.item, output)
    if surprise is not None:
        return AttemptSurprised(at, started.step, started.attempt, surprise, output, started.item)
    return AttemptSucceeded(at, started.step, started.attempt, output, started.item)


def judge_error(
    step: CompiledStep, started: AttemptStarted, error: BaseException, at: float
) -> AttemptFailed | AttemptSurprised:
    """What was raised: a surprise, or a failure that trying again can mend or not."""
    place, traceback = origin_of(error)
    error = meant_error(sole_error(error))
    if isinstance(error, OutputNotKept):
        return _invalid(started, str(error), at)
    if isinstance(error, Surprise):
        surprise = Failure(FailureKind.SURPRISE, _text(error), place=place)
        return AttemptSurprised(at, started.step, started.attempt, surprise, item=started.item)
    if isinstance(error, BudgetExceeded):
        broke = Failure(FailureKind.BUDGET, _text(error), exception=type(error).__name__)
        return AttemptFailed(at, started.step, started.attempt, started.agent, broke, started.item)
    effect = step.capability.effect
    failure = Failure(
        FailureKind.ERROR,
        _text(error),
        retryable=_can_be_retried(error, effect),
        retry_after=error.retry_after if isinstance(error, (Retryable, ModelUnavailable)) else None,
        agent_at_fault=not isinstance(error, Permanent),
        exception=type(error).__name__,
        in_doubt=effect is Effect.IRREVERSIBLE and isinstance(error, ProcessDied),
        from_inputs=isinstance(error, FROM_INPUTS),
        place=place,
    )
    return AttemptFailed(at, started.step, started.attempt, started.agent, failure, started.item, traceback)


def judge_timeout(
    step: CompiledStep, started: AttemptStarted, at: float, *, abandoned: bool
) -> AttemptFailed:
    """It took too long, was told to stop, and did so or not."""
    rest = "; it ignored that it was told to stop, and may still be running" if abandoned else ""
    failure = Failure(
        FailureKind.TIMEOUT,
        f"it took longer than {step.timeout_seconds:g} s{rest}",
        retryable=step.capability.effect is not Effect.IRREVERSIBLE,
        agent_at_fault=True,
        abandoned=abandoned,
    )
    return AttemptFailed(at, started.step, started.attempt, started.agent, failure, started.item)


def _invalid(started: AttemptStarted, message: str, at: float) -> AttemptFailed:
    failure = Failure(FailureKind.INVALID_OUTPUT, clean_text(message), agent_at_fault=True)
    return AttemptFailed(at, started.step, started.attempt, started.agent, failure, started.item)


def _can_be_retried(error: BaseException, effect: Effect) -> bool:
    # Of irreversible work only the agent can know that nothing has happened yet.
    if isinstance(error, Retryable):
        return True
    if effect is Effect.IRREVERSIBLE or isinstance(error, _HOPELESS):
        return False
    return not isinstance(error, _ENDS_A_PROCESS)


def _text(error: BaseException) -> str:
    text = error_text(error)
    known = isinstance(error, (Surprise, Retryable, Permanent, BudgetExceeded)) and text
    return clean_text(text if known else f"{type(error).__name__}: {text}" if text else type(error).__name__)
