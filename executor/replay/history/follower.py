"""What happened in a recorded run, and how far another run follows it."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence

from callsheet.executor.driver.planner_call import Decided, Drafted
from callsheet.executor.driver.ports import News
from callsheet.executor.driver.replanning import MAX_REFUSALS
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptStopping,
    CancellationRequested,
    DraftGrown,
    DraftHalted,
    Event,
    ModelCalled,
    PauseRequested,
    ReplanningFailed,
    ReplanningStarted,
    RunPaused,
    RunResumed,
    TimeLimitReached,
)
from callsheet.planner.plan.checked_plan import CheckedPlan

from .batch import InputBatch
from .clock import ReplayClock
from .drafts import is_stale
from .event_match import Divergence, is_same
from .inputs import NEWS, OUTCOMES, Key, is_call_of_planner, key_of
from .processes import Processes, ends_planning

FOREVER_SECONDS = 10 * 365 * 86_400.0
"""Of virtual time: what takes so long was not going to end."""
EARLY_SECONDS = 0.001
"""What does not count as too early."""
PATIENCE_SECONDS = 1.0
"""How long after its time something recorded is waited for, before the recorded run is followed no longer."""
_ENDS = (AttemptStopping, CancellationRequested, PauseRequested, TimeLimitReached)
"""What may come of an end to all that the planner is asked."""

_NEW_QUESTIONS = {*OUTCOMES, ReplanningStarted, RunResumed}
"""After what a planner has not yet been refused anything."""
_NOTHING = InputBatch(-1, ())
"""In the place of a batch before anybody has looked what comes next."""


class HistoryFollower:
    """The events of a recorded run, and the place up to which another run has had the same ones.

    As long as the two agree, the other run is given the recorded events in the place of its own, so that its
    times are the recorded ones to the last digit, and hears news in the recorded batches: whatever the run
    heard before it decided something, it hears before it decides that again. From the first difference on,
    the `divergence`, it goes its own way. `begun` events are there already; some work may be `live`.
    """

    def __init__(
        self, events: Sequence[Event], begun: int, clock: ReplayClock, *, live: bool = False
    ) -> None:
        self._events = events
        self._live = live
        self._at = begun
        """The place of the event that comes next."""
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._batch = _NOTHING
        self._timer: asyncio.TimerHandle | None = None
        """Rings when it is worth looking at the inbox again."""
        self._rings_at = float("inf")
        self._wake: Callable[[], None] = _do_nothing
        self._waiting: list[asyncio.Future[None]] = []
        """Those that wait for the divergence."""
        self._processes = Processes(events)
        self._life = 0
        """How often the run was resumed."""
        self._followed_at = events[begun - 1].at
        """When, by the clock of this run, the last event was followed."""
        self._followed: set[int] = set()
        """The recorded calls of models that were followed, by identity."""
        self._awaited: dict[int, list[asyncio.Future[None]]] = {}
        """Those that wait for an event to come next, by the identity of the event."""
        self._beginning = False
        self._has_stops = any(isinstance(event, AttemptStopping) for event in events)
        """Only where attempts are stopped does it matter whether they had begun."""
        self._refused = 0
        self._left: Counter[Key] = Counter()
        """The news that this process has still to hear, counted by kind and place."""
        self._process_ends = self._begin_process()
        self._unheard: list[News] = []
        """What was not heard in the recorded run: it counts once the runs diverge."""
        self.divergence: Divergence | None = None

    @property
    def in_step(self) -> bool:
        """Whether the two still agree."""
        return self.divergence is None

    @property
    def next(self) -> Event | None:
        """What comes next; None at the end, and where the runs have diverged."""
        return self._events[self._at] if self.divergence is None and self._at < len(self._events) else None

    @property
    def latest(self) -> float:
        """When the last thing happened that was followed."""
        return self._events[self._at - 1].at

    @property
    def is_over(self) -> bool:
        """Whether all of it was followed."""
        return self.divergence is None and self._at == len(self._events)

    @property
    def left(self) -> Sequence[Event]:
        """What was not followed."""
        return self._events[self._at :]

    @property
    def breaks_off(self) -> bool:
        """Whether the process of the recorded run ended here, with the run neither over nor at rest."""
        return self.divergence is None and self._processes.died(self._at)

    @property
    def goes_on(self) -> bool:
        """Whether the process of the recorded run did anything more from here."""
        return self.divergence is None and self._at < self._process_ends

    @property
    def life(self) -> int:
        """How often the run was resumed."""
        return self._life

    @property
    def left_to_process(self) -> Sequence[Event]:
        """What was not followed, as far as the process had it that has the run now."""
        return self._events[self._at : self._process_ends]

    def is_heard_to_its_end(self, call: ModelCalled) -> bool:
        """Whether the process that planned was still there when the call was over."""
        places = range(self._at, len(self._events) - 1)
        following = (self._events[place + 1] for place in places if self._events[place] is call)
        return any(not ends_planning(call, each) for each in following)

    def has_followed(self, index: int, event: Event) -> bool:
        """Whether the event has been held against the one of this index already."""
        return index < self._at and self._events[index] is event

    def has_heard(self, call: ModelCalled) -> bool:
        """Whether the recorded call is among what was followed."""
        return id(call) in self._followed

    def listen(self, listener: Callable[[], None]) -> None:
        """Have the listener called whenever something else comes next."""
        self._listeners.append(listener)

    def diverge(self, other: Event | None) -> None:
        """The other run goes its own way from here on."""
        if self.divergence is None:
            self.divergence = Divergence(self._at, self.next, other)
            # What happens now must not be earlier than what was followed.
            self._clock.catch_up(self._events[self._at - 1].at)
            self._tell()
            _resolve([*self._waiting, *(each for waiting in self._awaited.values() for each in waiting)])

    async def wait_for_divergence(self) -> None:
        """Come back once the two agree no longer."""
        if self.divergence is None:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]

    async def reach(self, event: Event) -> None:
        """Come back once everything before the recorded event was followed, or the two agree no longer."""
        if self.divergence is None and any(each is event for each in self.left[1:]):
            reached = asyncio.get_running_loop().create_future()
            self._awaited.setdefault(id(event), []).append(reached)
            await reached

    def follow(self, event: Event) -> Event:
        """The event that is to be entered in the place of one that is about to be."""
        if self.divergence is not None:
            return event
        expected = self.next
        if expected is None or not is_same(event, expected, live=self._live):
            self.diverge(event)
            return event
        if self._was_set_back(self._at):
            self._clock.set_back(expected.at)
        self._at += 1
        self._followed_at = self._clock.now()
        if expected.__class__ in NEWS:
            self._left[key_of(expected)] -= 1
        kind = expected.__class__
        if kind in _NEW_QUESTIONS:
            self._refused = 0
        if kind is ModelCalled:
            self._followed.add(id(expected))
        elif kind is AttemptStarted:
            self._beginning = self._has_stops
        elif kind is RunResumed:
            self._beginning = False
            self._life += 1
        _resolve(self._awaited.pop(id(self.next), ()))
        if self._at == self._process_ends:
            self._process_ends = self._begin_process()
        self._tell()
        return expected

    @property
    def may_rest(self) -> bool:
        """Whether the recorded run rested here; any run may, once the runs have diverged."""
        return self.divergence is not None or isinstance(self.next, RunPaused)

    def is_ready(self, inbox: Sequence[News], wake: Callable[[], None]) -> bool:
        """Whether something of the inbox is to be taken in now; who is to `wake` else, once it is."""
        self._wake = wake
        if self.divergence is not None:
            return bool(inbox or self._unheard)
        if self._beginning:
            asyncio.get_running_loop().call_soon(self._let_begin)
            return False
        self._sort(inbox)
        if inbox and self._batch.is_ready:
            at = self._taken_at
            if self._clock.now() >= at:
                return True
            self._ring_at(at)
            return False
        due = self._due
        if self._clock.now() >= due:
            if not inbox or not self._batch.keys:
                self.diverge(None)
            return bool(inbox or self._unheard)
        self._ring_at(due)
        return False

    def divide(self, inbox: list[News]) -> tuple[list[News], list[News]]:
        """What of the inbox is to be taken in now, in its order, and what is to wait."""
        if self.divergence is not None:
            unheard, self._unheard = self._unheard, []
            return [*unheard, *inbox], []
        if self._beginning:
            return [], inbox
        self._sort(inbox)
        batch = self._batch
        taken: list[News] = []
        if batch.unheard or batch.dropped:
            self._unheard += batch.unheard
        elif batch.is_ready and self._clock.now() < self._taken_at:
            return [], inbox
        elif batch.has_stray:
            # What no event came of may have led to what did: it is heard behind what came before it.
            taken = [*batch.beginning, batch.strays.pop(0)]
            if isinstance(taken[-1], Decided):
                # It thinks again.
                self._refused += 1
                self._beginning = True
        elif batch.is_complete:
            taken = batch.in_order
        elif self._clock.now() >= self._due:
            taken = [*batch.in_order, *batch.later, *batch.strays]
        else:
            return [], inbox
        gone = {id(each) for each in (*taken, *batch.unheard, *batch.dropped)}
        self._batch = _NOTHING
        return taken, [each for each in inbox if id(each) not in gone]

    @property
    def _taken_at(self) -> float:
        """When what is there was heard, or a little before: what follows from it begins then, not earlier."""
        batch = self._batch
        if batch.unheard or batch.dropped:
            return -math.inf
        heard = len(batch.beginning) if batch.has_stray else len(batch.keys)
        return self._events[self._at + heard - 1].at - 2 * EARLY_SECONDS if heard else -math.inf

    @property
    def _due(self) -> float:
        """When it is too late for what comes next."""
        last = self._at + max(0, len(self._batch.keys) - 1)
        if any(self._was_set_back(at) for at in range(self._at, min(last + 1, len(self._events)))):
            # How long it took is not recorded.
            return self._followed_at + FOREVER_SECONDS
        return (self._events[last].at if last < len(self._events) else float("inf")) + PATIENCE_SECONDS

    def _was_set_back(self, at: int) -> bool:
        """Whether the clock of the recorded run was, before the event."""
        return self._events[at].at < self._events[at - 1].at - PATIENCE_SECONDS

    def _sort(self, inbox: Sequence[News]) -> None:
        """Put what is new in the inbox where it belongs."""
        batch = self._batch
        if batch.begins != self._at or not batch.keys:
            batch = self._batch = InputBatch(self._at, self._keys_ahead())
        for news in inbox[batch.seen :]:
            if isinstance(news, Drafted) and self._is_old(news.draft, batch.drafts):
                batch.drop(news)
            elif isinstance(news, Decided) and self._is_refused(news, inbox, batch.drafts):
                batch.refuse(news)
            else:
                batch.add(news, self._left)

    def _is_refused(self, news: Decided, inbox: Sequence[News], drafts: int) -> bool:
        """Whether nothing came of a decision but that the planner thought again: it asked again, told of more
        than those `drafts`, or came to nothing in the end."""
        heard = sum(map(is_call_of_planner, inbox))
        for event in self.left_to_process:
            heard -= is_call_of_planner(event)
            if isinstance(event, ReplanningFailed) and not isinstance(news.decision, str):
                return heard < 0 or self._refused < MAX_REFUSALS
            if isinstance(event, OUTCOMES):
                return heard < 0
            drafts -= isinstance(event, DraftGrown | DraftHalted)
        return heard < 0 or drafts < 0 or self._goes_on

    @property
    def _goes_on(self) -> bool:
        """Whether the process did anything after this instant, and nothing kept it from hearing what it was
        told in it."""
        now = self._clock.now() + 2 * EARLY_SECONDS
        left = self.left_to_process
        ends = any(isinstance(event, _ENDS) for event in left if event.at <= now)
        return not ends and any(event.at > now for event in left)

    def _is_old(self, draft: CheckedPlan | str, before: int) -> bool:
        ahead = [event for event in self.left_to_process if isinstance(event, DraftGrown | DraftHalted)]
        return is_stale(draft, self._events[: self._at], ahead[:before], ahead[before:])

    def _keys_ahead(self) -> Sequence[Key]:
        """The news that was heard before the next decision."""
        keys: list[Key] = []
        for event in self._events[self._at :]:
            if event.__class__ not in NEWS:
                break
            keys.append(key_of(event))
        return keys

    def _begin_process(self) -> int:
        """Count what the process hears that has the run from here on. Returns where it ends."""
        end = self._processes.end_of(self._at)
        self._left = Counter(
            key_of(event) for event in self._events[self._at : end] if event.__class__ in NEWS
        )
        return end

    def _let_begin(self) -> None:
        """What was started has begun: it did when it was recorded, unless it was stopped."""
        self._beginning = False
        self._wake()

    def _ring_at(self, due: float) -> None:
        if due == float("inf") or self._rings_at <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - self._clock.now()), self._ring)

    def _ring(self) -> None:
        self._timer, self._rings_at = None, float("inf")
        self._wake()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _do_nothing() -> None:
    pass


def _resolve(awaited: Sequence[asyncio.Future[None]]) -> None:
    for each in awaited:
        if not each.done():
            each.set_result(None)
