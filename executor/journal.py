"""The journal: the append-only events of every run. Here the seam, and a journal in memory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .errors import EventUnreadable, JournalError, RunAmbiguous, RunNotFound
from .events import (
    Event,
    ModelCalled,
    PlanAdopted,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    RunPaused,
    decode,
    encode,
)
from .record import RunStatus

MOST_NAMED = 5
_STATUSES: dict[type[Event], RunStatus] = {
    RunCompleted: RunStatus.COMPLETED,
    RunFailed: RunStatus.FAILED,
    RunCancelled: RunStatus.CANCELLED,
    RunPaused: RunStatus.PAUSED,
}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of a list of runs. `latest` is the time of its last event. A run whose process died
    says what it was doing then: PENDING while it was planned, RUNNING while it ran."""

    run: str
    goal: str
    status: RunStatus
    created: float
    latest: float


class Journal(Protocol):
    """Where events are kept. Everything raises JournalError where the journal cannot do its work."""

    async def create(self, created: RunCreated) -> None:
        """Begin a run. Raises JournalError where there is one with the same id."""
        ...

    async def append(self, run: str, events: Sequence[Event]) -> None:
        """Add events to a run, all or none, and return once they are kept for good. A call that is
        cancelled may have been kept all the same, before whatever is appended after it."""
        ...

    def read(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises RunNotFound, EventUnreadable."""
        ...

    def find(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        ...

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first."""
        ...

    def close(self) -> None:
        """Let go of what is held; nothing can be appended after."""
        ...


def new_run_id() -> str:
    """An id that no other run has: twelve characters, 0 to 9 and a to f."""
    return secrets.token_hex(6)


def new_seed() -> int:
    """A seed for a run's random choices."""
    return secrets.randbits(32)


def choose_run(prefix: str, candidates: Sequence[str]) -> str:
    """The one run among those that begin with a prefix; a whole id wins over longer ones."""
    if prefix in candidates:
        return prefix
    if not prefix or not candidates:
        raise RunNotFound(prefix)
    if len(candidates) > 1:
        raise RunAmbiguous(prefix, tuple(candidates[:MOST_NAMED]))
    return candidates[0]


def summarize(first: Event, last: Event) -> RunSummary:
    """A run in one line, from its first and last events."""
    if not isinstance(first, RunCreated):
        raise EventUnreadable("a run does not begin with its creation")
    if isinstance(last, (RunCreated, PlanAdopted)) or (isinstance(last, ModelCalled) and last.step is None):
        status = RunStatus.PENDING
    else:
        status = _STATUSES.get(type(last), RunStatus.RUNNING)
    return RunSummary(first.run, first.goal, status, first.at, last.at)


class MemoryJournal:
    """A journal that lasts as long as the object: for tests, and for runs that nobody will ask about.

    Events are kept encoded, so that what is read back is what a file would have given.
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[bytes]] = {}

    async def create(self, created: RunCreated) -> None:
        """Begin a run. Raises JournalError where there is one with the same id."""
        if created.run in self._runs:
            raise JournalError("in memory", f"there is a run {created.run!r} already")
        self._runs[created.run] = [encode(created)]

    async def append(self, run: str, events: Sequence[Event]) -> None:
        """Add events to a run. Raises RunNotFound."""
        self._lines(run).extend([encode(event) for event in events])

    def read(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises RunNotFound."""
        return [decode(line) for line in self._lines(run)]

    def find(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        return choose_run(prefix, [run for run in self._runs if run.startswith(prefix)])

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first."""
        latest = list(reversed(self._runs.values()))[:limit]
        return [summarize(decode(lines[0]), decode(lines[-1])) for lines in latest]

    def close(self) -> None:
        """Nothing is held."""

    def _lines(self, run: str) -> list[bytes]:
        lines = self._runs.get(run)
        if lines is None:
            raise RunNotFound(run)
        return lines
