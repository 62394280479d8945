"""Errors on their way from one process to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from callsheet.agents.errors import NotConfigured, Permanent, Retryable, Surprise, meant_error
from callsheet.agents.models.errors import (
    AnswerInvalid,
    AnswerTruncated,
    ModelError,
    ModelNotConfigured,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from callsheet.errors import error_text, sole_error
from callsheet.executor.run.errors import BudgetExceeded, OutputNotKept
from callsheet.executor.run.json_copy import clean_text
from callsheet.tracebacks import Origin, attach_origin, origin_of

# What each class carries, and what it is taken to be where it was no JSON.
_FIELDS: Mapping[type[Exception], Mapping[str, Any]] = {
    Retryable: {"retry_after": None},
    Permanent: {},
    Surprise: {},
    ModelError: {"model": ""},
    ModelUnavailable: {"model": "", "retry_after": None},
    ModelRejected: {"model": ""},
    ModelRefused: {"model": "", "refusal": ""},
    AnswerTruncated: {"model": "", "max_tokens": 0, "text": ""},
    AnswerInvalid: {"model": "", "tries": []},
    NotConfigured: {"variable": ""},
    ModelNotConfigured: {"variable": ""},
    BudgetExceeded: {"what": "", "problem": ""},
    OutputNotKept: {},
    # These come from what the agent was given, which counts in how they are judged.
    FileNotFoundError: {},
    IsADirectoryError: {},
    NotADirectoryError: {},
    ValueError: {},
    TypeError: {},
    LookupError: {},
    ArithmeticError: {},
}
_KNOWN = {kind.__name__: kind for kind in _FIELDS}


class RemoteException(Exception):
    """An exception of another process that means nothing in particular here. What is raised is a
    class of its own, which has the name of the one that was raised there."""


class ErrorMessage(msgspec.Struct, frozen=True):
    """An error in transit: the name of its class, the nearest class that both sides know (empty where
    there is none), its text, and what that class carries."""

    name: str
    known: str
    text: str
    fields: dict[str, Any]
    origin: tuple[str, str] = ("", "")
    """Where it was raised, and its traceback, which do not cross over with an exception."""


def pack(error: BaseException) -> ErrorMessage:
    """The error as a message. What is no `Exception`, such as SystemExit, becomes a Permanent that
    says so."""
    place, traceback = map(clean_text, origin_of(error))
    return structs.replace(_pack(meant_error(sole_error(error))), origin=(place, traceback))


def _pack(error: BaseException) -> ErrorMessage:
    name, text = clean_text(type(error).__name__), clean_text(error_text(error))
    if not isinstance(error, Exception) and name != "CancelledError":
        return ErrorMessage("Permanent", "Permanent", f"the agent raised {name}: {text}".rstrip(": "), {})
    known = next((kind for kind in type(error).__mro__ if kind in _FIELDS), None)
    if known is None:
        return ErrorMessage(name, "", text, {})
    fields = {each: _plain(getattr(error, each, None)) for each in _FIELDS[known]}
    return ErrorMessage(
        name, known.__name__, text, {each: value for each, value in fields.items() if value is not None}
    )


def unpack(message: ErrorMessage) -> Exception:
    """The error as it was: of the same class where that is one of ours, else of a class of the same
    name."""
    known = _KNOWN.get(message.known, RemoteException)
    kind = known
    if message.name != known.__name__:
        kind = type(message.name, (known,), {"__module__": known.__module__})
    error = kind.__new__(kind)
    error.args = (message.text,)
    for name, default in _FIELDS.get(known, {}).items():
        value = message.fields.get(name, default)
        setattr(error, name, tuple((each[0], each[1]) for each in value) if name == "tries" else value)
    attach_origin(error, Origin(*message.origin))
    return error


def _plain(value: object) -> Any:
    """The value as JSON, a tuple as a list; None where it has no such form."""
    try:
        return (
            clean_text(value) if isinstance(value, str) else msgspec.json.decode(msgspec.json.encode(value))
        )
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return None
