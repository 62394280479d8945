"""The journal: the append-only events of every run. Here the seam, and a journal in memory."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from callsheet.executor.run.errors import EventUnreadable
from callsheet.executor.run.events import (
    Event,
    FiguresKnown,
    ModelCalled,
    OptionsGiven,
    PlanAdopted,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEquipped,
    RunFailed,
    RunPaused,
    decode,
    encode,
)
from callsheet.executor.run.state import RunStatus

from .agent_statistics import AgentStatistics, MemoryAgentStatistics
from .errors import JournalError, RunAmbiguous, RunNotClaimed, RunNotFound, RunOwned
from .lease import Process, RunOwner
from .result_cache import MemoryResults, Results
from .signals import MemorySignals, Signals

MAX_NAMED = 5
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


class RunArchive(Protocol):
    """What is kept of runs, to be read. Everything raises JournalError where it cannot be."""

    def owner(self, run: str) -> RunOwner | None:
        """The owner of the run; None where no living process owns it. Raises RunNotFound."""
        ...

    def read_events(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises RunNotFound, EventUnreadable."""
        ...

    def find_run(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        ...

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class Journal(RunArchive, Protocol):
    """Where events are kept. Everything raises JournalError where the journal cannot do its work.

    A run has one owner at a time, and only its owner writes it: a journal object that has created or
    claimed it, and has not let go of it.
    """

    @property
    def signals(self) -> Signals:
        """What others have to say to the owner of a run."""
        ...

    @property
    def results(self) -> Results:
        """Results kept across runs."""
        ...

    @property
    def figures(self) -> AgentStatistics:
        """How well agents have done so far, over all runs."""
        ...

    async def create(self, created: RunCreated, *more: Event) -> None:
        """Begin a run with these events, all or none, and own it. Raises JournalError where there is
        one with the same id."""
        ...

    async def claim(self, run: str) -> None:
        """Own a run that there is. Raises RunNotFound; RunOwned while its owner lives, also where that
        is this very object."""
        ...

    async def release(self, run: str) -> None:
        """Let go of a run. Nothing happens where this journal does not own it."""
        ...

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        """Add events to a run, all or none, and return once they are kept for good. The signals with
        these numbers are answered by that. A call that is cancelled may have been kept all the same,
        before whatever is appended after it.

        Raises RunNotFound; RunNotClaimed where this journal does not own the run, RunTakenOver where
        another does by now; JournalError also where one of the signals was answered before.
        """
        ...

    def close(self) -> None:
        """Let go of what is held, runs included; nothing can be appended after."""
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
        raise RunAmbiguous(prefix, tuple(candidates[:MAX_NAMED]))
    return candidates[0]


def summarize(first: Event, last: Event) -> RunSummary:
    """A run in one line, from its first and last events."""
    if not isinstance(first, RunCreated):
        raise EventUnreadable("a run does not begin with its creation")
    status = _STATUSES.get(type(last), RunStatus.RUNNING)
    if _is_before_its_start(last):
        status = RunStatus.PENDING
    return RunSummary(first.run, first.goal, status, first.at, last.at)


def _is_before_its_start(last: Event) -> bool:
    match last:
        case RunCreated() | RunEquipped() | FiguresKnown() | OptionsGiven() | PlanAdopted(revision=1):
            return True
        case ModelCalled(step=None, midway=False):
            return True
        case _:
            return False


class MemoryJournal:
    """A journal that lasts as long as the object: for tests, and for runs that are not needed later.

    Events are kept encoded, so that what is read back is what a file would have given.
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[bytes]] = {}
        self._owned: dict[str, RunOwner] = {}
        self._process = Process.this()
        self._signals = MemorySignals(self._lines)
        self._results = MemoryResults(self._require_owned)
        self._figures = MemoryAgentStatistics(self._lines)

    @property
    def signals(self) -> Signals:
        """What others have to say to the owner of a run."""
        return self._signals

    @property
    def results(self) -> Results:
        """Results kept across runs."""
        return self._results

    @property
    def figures(self) -> AgentStatistics:
        """How well agents have done so far."""
        return self._figures

    async def create(self, created: RunCreated, *more: Event) -> None:
        """Begin a run, and own it. Raises JournalError where there is one with the same id."""
        if created.run in self._runs:
            raise JournalError("in memory", f"run {created.run!r} already exists")
        self._runs[created.run] = [encode(event) for event in (created, *more)]
        self._own(created.run)

    async def claim(self, run: str) -> None:
        """Own a run that there is. Raises RunNotFound, RunOwned."""
        owner = self.owner(run)
        if owner is not None:
            raise RunOwned(run, owner.pid, owner.host)
        self._own(run)

    async def release(self, run: str) -> None:
        """Let go of a run."""
        if self._owned.pop(run, None) is not None:
            self._results.let_go(run)

    def owner(self, run: str) -> RunOwner | None:
        """Who has the run now. Raises RunNotFound."""
        self._lines(run)
        return self._owned.get(run)

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        """Add events to a run, and answer signals. Raises RunNotFound, RunNotClaimed, JournalError."""
        lines = self._lines(run)
        self._require_owned(run)
        encoded = [encode(event) for event in events]
        if answered:
            self._signals.answer(run, answered)
        lines.extend(encoded)

    def read_events(self, run: str) -> list[Event]:
        """Every event of a run, in order. Raises RunNotFound."""
        return [decode(line) for line in self._lines(run)]

    def find_run(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`. Raises RunNotFound, RunAmbiguous."""
        return choose_run(prefix, [run for run in self._runs if run.startswith(prefix)])

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The latest runs, newest first."""
        latest = list(reversed(self._runs.values()))[:limit]
        return [summarize(decode(lines[0]), decode(lines[-1])) for lines in latest]

    def close(self) -> None:
        """Let go of every run."""
        for run in list(self._owned):
            del self._owned[run]
            self._results.let_go(run)

    def _own(self, run: str) -> None:
        self._owned[run] = RunOwner(self._process.pid, self._process.host, self._process.wall())

    def _require_owned(self, run: str) -> None:
        if run not in self._owned:
            raise RunNotClaimed("in memory", run)

    def _lines(self, run: str) -> list[bytes]:
        lines = self._runs.get(run)
        if lines is None:
            raise RunNotFound(run)
        return lines
