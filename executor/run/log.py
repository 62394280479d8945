"""The log of runs: every event, for whoever listens to `callsheet.executor.run.log` with `logging`.

Inputs, outputs and what models say are not logged: they are in the journal.
"""

from __future__ import annotations

import logging

from callsheet.executor.run.failure import Account, Failure

from .events import AttemptFailed, RunCancelled, RunCompleted, RunFailed, RunPaused, RunResumed, RunStarted
from .events.base import EventBase

_LOG = logging.getLogger(__name__)
_WARNINGS = (AttemptFailed, RunFailed)
_MILESTONES = (RunStarted, RunResumed, RunPaused, RunCompleted, RunCancelled)
_SHOWN = ("step", "item", "attempt", "agent", "revision", "reason", "failure", "surprise", "account")


def log_event(run: str, event: EventBase) -> None:
    """Log an event: failures as warnings, where a run stands as information, all else for debugging."""
    level = logging.DEBUG
    if isinstance(event, _WARNINGS):
        level = logging.WARNING
    elif isinstance(event, _MILESTONES):
        level = logging.INFO
    if _LOG.isEnabledFor(level):
        said = "".join(f", {name} {text}" for name in _SHOWN if (text := _text(event, name)))
        _LOG.log(level, "run %s: %s%s", run, event.__struct_config__.tag, said)


def _text(event: EventBase, name: str) -> str:
    match getattr(event, name, None):
        case None | "":
            return ""
        case Failure() as failure:
            return failure.told
        case Account() as account:
            return account.describe()
        case value:
            return str(value)
