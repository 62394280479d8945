"""The journal of a replay: in memory, with what the recorded run found in its own."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.journal.agent_statistics import AgentStatistics, Row
from callsheet.executor.journal.errors import RunNotClaimed, RunNotFound, RunOwned
from callsheet.executor.journal.journal import RunSummary, choose_run, summarize
from callsheet.executor.journal.lease import Process, RunOwner
from callsheet.executor.journal.result_cache import CachedResult, Reserved, Results
from callsheet.executor.journal.signals import MemorySignals, Signals
from callsheet.executor.journal.subscriptions import Notify
from callsheet.executor.replay.drift.drift import Drift
from callsheet.executor.replay.errors import ProcessEnded, ReplayStopped
from callsheet.executor.replay.history.follower import HistoryFollower
from callsheet.executor.run.events import (
    Event,
    FiguresKnown,
    OptionsGiven,
    ResultMissing,
    ResultReused,
    ResultSought,
    RunCreated,
    RunResumed,
    RunStarted,
)
from callsheet.executor.run.state import Work


class ReplayJournal:
    """Holds one run. Each event is compared with the recorded one before it is kept.

    It refuses to go on where the process of the recorded run ended, where it is told to `kill` the process,
    and where it is told to `stop`.
    """

    def __init__(self, events: Sequence[Event], follower: HistoryFollower, clock: Clock) -> None:
        self._events: list[Event] = []
        self._run = ""
        self._follower = follower
        self._clock = clock
        self._is_owned = False
        self._is_killed = False
        self.stopped: Drift | None = None
        self._signals = MemorySignals(self._require)
        self._results = _RecordedResults(events, follower, clock, self._lives)
        self._figures = _RecordedFigures(events)
        self._has_options = any(isinstance(event, OptionsGiven) for event in events)

    @property
    def signals(self) -> Signals:
        """What people have to say."""
        return self._signals

    @property
    def results(self) -> Results:
        """The results of other runs that the recorded one found."""
        return self._results

    @property
    def figures(self) -> AgentStatistics:
        """What the recorded run knew of the agents."""
        return self._figures

    @property
    def events(self) -> Sequence[Event]:
        """What has happened in the replay."""
        return self._events

    def stop(self, drift: Drift) -> None:
        """Keep nothing more: the replay cannot go on."""
        self.stopped = self.stopped or drift

    def kill(self) -> None:
        """Keep nothing more, until another process owns the run: this one is dead."""
        self._is_killed = True
        self._follower.diverge(None)

    async def create(self, created: RunCreated, *more: Event) -> None:
        """Begin the run, and own it."""
        self._run = created.run
        self._events = [created, *more]
        self._is_owned = True

    async def claim(self, run: str) -> None:
        """Own the run. Raises RunNotFound, RunOwned."""
        self._require(run)
        if self._is_owned:
            process = Process.this()
            raise RunOwned(run, process.pid, process.host)
        self._is_owned, self._is_killed = True, False

    async def release(self, run: str) -> None:
        """Let go of the run."""
        self._is_owned = False

    def owner(self, run: str) -> RunOwner | None:
        """This replay alone. Raises RunNotFound."""
        self._require(run)
        return None

    async def append(self, run: str, events: Sequence[Event], *, answered: Sequence[int] = ()) -> None:
        """Keep events. Raises ReplayStopped, ProcessEnded, RunNotFound, RunNotClaimed, JournalError."""
        self._require(run)
        if not self._is_owned:
            raise RunNotClaimed("of a replay", run)
        if self.stopped is not None:
            raise ReplayStopped(self.stopped)
        if self._is_killed:
            raise ProcessEnded
        if answered:
            self._signals.answer(run, answered)
        if not self._has_options:
            # Earlier releases did not write them.
            events = [event for event in events if not isinstance(event, OptionsGiven)]
            if not events:
                return
        for event in events:
            # What the run's driver enters was compared with the recorded run when it was entered.
            followed = self._follower.has_followed(len(self._events), event)
            self._events.append(event if followed else self._follower.follow(event))
        if self._follower.breaks_off:
            self._is_killed = True
            raise ProcessEnded
        # Signals that have to be there by now are written, and what follows begins when it did.
        await asyncio.sleep(
            max(0.0, self._follower.latest - self._clock.now()) if self._follower.in_step else 0.0
        )

    def read_events(self, run: str) -> list[Event]:
        """Every event. Raises RunNotFound."""
        self._require(run)
        return list(self._events)

    def find_run(self, prefix: str) -> str:
        """The id of the run. Raises RunNotFound."""
        return choose_run(prefix, [self._run] if self._run.startswith(prefix) else [])

    def runs(self, limit: int = 50) -> list[RunSummary]:
        """The one run."""
        return [summarize(self._events[0], self._events[-1])][:limit] if self._events else []

    def close(self) -> None:
        """Let go of the run."""
        self._is_owned = False

    def _lives(self) -> int:
        return sum(isinstance(event, RunResumed) for event in self._events)

    def _require(self, run: str) -> None:
        if run != self._run:
            raise RunNotFound(run)


class _RecordedResults:
    """Answers whoever seeks a result as it was answered, when it was: each time that a key was sought once.
    `life` is how often the run was resumed."""

    def __init__(
        self, events: Iterable[Event], follower: HistoryFollower, clock: Clock, life: Callable[[], int]
    ) -> None:
        self._follower = follower
        self._clock = clock
        self._life = life
        self._answers: defaultdict[tuple[int, str], deque[_Answer]] = defaultdict(deque)
        self._others: dict[str, CachedResult] = {}
        """What other runs had made."""
        self._read(events)

    async def reserve(self, key: str, run: str, *, now: float, not_before: float) -> CachedResult | Reserved:
        """What was found, if something was. Where no answer was seen there is none, as long as the runs
        agree."""
        answers = self._answers[self._life(), key]
        answer = answers.popleft() if answers else _Answer()
        if answer.event is None:
            await self._follower.wait_for_divergence()
        if not self._follower.in_step or answer.event is None:
            return self._others.get(key, Reserved.MINE)
        await asyncio.sleep(max(0.0, answer.event.at - self._clock.now()))
        return _kept(answer.event) if isinstance(answer.event, ResultReused) else Reserved.MINE

    async def keep(self, key: str, run: str, output: dict[str, Any], at: float) -> None:
        """No other run asks."""

    async def give_up(self, key: str, run: str) -> None:
        """No other run asks."""

    def watch(self, key: str, notify: Notify) -> Callable[[], None]:
        """Nothing ever comes of waiting."""
        return lambda: None

    def _read(self, events: Iterable[Event]) -> None:
        sought: dict[Work, tuple[str, _Answer]] = {}
        run, lives = "", 0
        for event in events:
            if isinstance(event, RunCreated):
                run = event.run
            elif isinstance(event, RunResumed):
                lives += 1
            elif isinstance(event, ResultSought):
                answer = _Answer()
                sought[event.step, event.item] = event.key, answer
                self._answers[lives, event.key].append(answer)
            elif isinstance(event, (ResultMissing, ResultReused)):
                key, answer = sought[event.step, event.item]
                answer.event = event
                if isinstance(event, ResultReused) and event.source != run:
                    self._others[key] = _kept(event)


@dataclass(slots=True)
class _Answer:
    """What came of seeking a result; None where that was not seen."""

    event: ResultMissing | ResultReused | None = None


def _kept(event: ResultReused) -> CachedResult:
    return CachedResult(event.output, event.source, event.at)


class _RecordedFigures:
    """What was known of agents when the run was created, or started."""

    def __init__(self, events: Iterable[Event]) -> None:
        noted = (event for event in events if isinstance(event, FiguresKnown | RunStarted))
        self._figures: dict[Row, Figures] = {
            (each.agent, each.capability): each.figures for event in noted for each in event.figures
        }

    def read_statistics(self, capabilities: Collection[str]) -> dict[Row, Figures]:
        """What was known of whoever does one of these."""
        return {row: figures for row, figures in self._figures.items() if row[1] in capabilities}

    async def add_observations(self, run: str, observations: Sequence[Observation]) -> None:
        """A replay says nothing about agents."""
