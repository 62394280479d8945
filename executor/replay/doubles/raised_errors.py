"""The errors of a recording, raised again so that they are judged as they were."""

from __future__ import annotations

from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.models import errors as model_errors
from callsheet.agents.models.errors import (
    AnswerTruncated,
    ModelError,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from callsheet.executor.run.errors import BudgetExceeded, OutputNotKept, ProcessDied
from callsheet.executor.run.failure import Failure, FailureKind

_MODEL_ERRORS = (ModelRefused.__name__, AnswerTruncated.__name__)


class RecordedError(Exception):
    """Stands for an error that is none of Callsheet's: its class has the name of the one that was raised."""


def error_of(failure: Failure) -> Exception:
    """What an agent raised, as far as it was kept: raised again, it is judged to be the same failure."""
    match failure.kind:
        case FailureKind.INVALID_OUTPUT:
            return _raisable(OutputNotKept, "OutputNotKept", failure.message)
        case FailureKind.SURPRISE:
            return Surprise(failure.message)
        case FailureKind.BUDGET:
            return _raisable(BudgetExceeded, "BudgetExceeded", failure.message)
        case _:
            return _agent_error(failure)


def model_error_of(text: str) -> BaseException:
    """What a call of a model ended with, by what the journal says of it: `Name: text`."""
    name, _, said = text.partition(": ")
    known = getattr(model_errors, name, None)
    base = known if isinstance(known, type) and issubclass(known, ModelError) else RecordedError
    return _raisable(base, name or "Exception", said)


def _agent_error(failure: Failure) -> Exception:
    name = failure.exception or "Exception"
    # These are known by their text alone, which may be anything.
    if not failure.agent_at_fault:
        return _raisable(Permanent, name, failure.message)
    if failure.from_inputs:
        return _raisable(_input_error(failure), name, _said(name, failure.message))
    if failure.retryable:
        return _raisable(Retryable, name, failure.message, failure.retry_after)
    return _raisable(_hopeless(failure), name, _said(name, failure.message), failure.retry_after)


def _said(name: str, message: str) -> str:
    """The text of an error, before which its name stands, alone where there is none."""
    return message.removeprefix(name).removeprefix(": ")


def _input_error(failure: Failure) -> type[Exception]:
    """What comes from inputs: a model's errors are never tried again, others are unless they cannot be."""
    return ModelRefused if failure.exception in _MODEL_ERRORS else ValueError


def _hopeless(failure: Failure) -> type[Exception]:
    """What is not tried again: some of it only because the work cannot be taken back."""
    if failure.in_doubt:
        return ProcessDied
    return ModelRejected if failure.retry_after is None else ModelUnavailable


def _raisable(base: type[Exception], name: str, text: str, retry_after: float | None = None) -> Exception:
    """An instance of a class of that name, made without what its constructor would want to know."""
    kind = base if name == base.__name__ else type(name, (base,), {"__module__": __name__})
    error: Exception = BaseException.__new__(kind)
    error.args = (text,)
    vars(error).update(retry_after=retry_after, model="")
    return error
