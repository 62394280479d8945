"""The root of every error that Callsheet raises on purpose.

Each folder has its own branch in its `errors` module. An error carries its context as fields, and its
message says what happened, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import ClassVar, cast


class ExitCode(IntEnum):
    """The exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    BUDGET = 4
    DRIFT = 5
    INTERRUPTED = 130


class CallsheetError(Exception):
    """Something went wrong in a way that Callsheet foresaw.

    `exit_code` is the exit code of a command that ends with this error.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


MAX_TOLD = 5
"""Of the errors in a group, how many are told."""


def sole_error(error: BaseException) -> BaseException:
    """The error itself, or the only one in a group, however deep: a group around it means nothing."""
    while len(inside := _inside(error)) == 1:
        error = inside[0]
    return error


def first_error(error: BaseException) -> BaseException:
    """The error itself, or the first in a group, however deep."""
    return next(_leaves(error))


def error_text(error: BaseException) -> str:
    """What an error says; that of a group has what is in it. Raises nothing, whatever the error does."""
    try:
        text = str(error)
    except Exception:  # an agent's own __str__
        return ""
    if not _inside(error):
        return text
    inside = list(_leaves(error))
    told = "; ".join(f"{type(each).__name__}: {error_text(each)}".rstrip(": ") for each in inside[:MAX_TOLD])
    more = f"; and {len(inside) - MAX_TOLD} more" if len(inside) > MAX_TOLD else ""
    return f"{text}: {told}{more}"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    inside = _inside(error)
    for each in inside:
        yield from _leaves(each)
    if not inside:
        yield error


def _inside(error: BaseException) -> Sequence[BaseException]:
    """The errors of a group, which has at least one; none of any other error."""
    is_group = isinstance(error, BaseExceptionGroup)
    return cast("BaseExceptionGroup[BaseException]", error).exceptions if is_group else ()
