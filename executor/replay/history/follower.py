"""The course that a recorded run took, and how far another run follows it."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import msgspec

from callsheet.executor.driver.planner_call import Decided, Drafted
from callsheet.executor.driver.ports import News
from callsheet.executor.driver.replanning import CHANGED, MOST_REFUSALS, has_changed
from callsheet.executor.machine.recovery import drafted_plan
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptStopping,
    CancellationRequested,
    DraftBegun,
    DraftGrown,
    DraftHalted,
    Event,
    ModelCalled,
    PauseRequested,
    ReplanningFailed,
    ReplanningStarted,
    RetryScheduled,
    RunPaused,
    RunResumed,
    RunStarted,
    TimeLimitReached,
)
from callsheet.executor.run.json_copy import clean_text
from callsheet.planner.plan.checked_plan import CheckedPlan

from .batch import Portion
from .clock import ReplayClock
from .inputs import NEWS, OUTCOMES, Key, is_call_of_planner, key_of
from .processes import Processes, ends_planning

FOREVER_SECONDS = 10 * 365 * 86_400.0
"""Of virtual time: what takes so long was not going to end."""
EARLY_SECONDS = 0.001
"""What does not count as too early."""
PATIENCE_SECONDS = 1.0
"""How long after its time something recorded is waited for, before the course is given up."""
TOLERANCE_SECONDS = 0.01
"""What a limit, counted from its event, may differ by, and still be the same."""
_STARTS: TypeAlias = AttemptStarted | DraftBegun | ReplanningStarted
"""What something begins with that may be stopped, once it has begun."""
_ENDS = (AttemptStopping, CancellationRequested, PauseRequested, TimeLimitReached)
"""What may come of an end to all that the planner is asked."""

_NEW_QUESTIONS = {*OUTCOMES, ReplanningStarted, RunResumed}
"""After what a planner has not yet been refused anything."""
_NOTHING = Portion(-1, ())
"""In the place of a portion before anybody has looked what comes next."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where the courses part: at the event of this `index` one of them has `recorded`, the other `other`;
    None where that one has nothing there."""

    index: int
    recorded: Event | None
    other: Event | None


class Course:
    """The events of a recorded run, and the place up to which another run has had the same ones.

    As long as the two agree, the other run is given the recorded events in the place of its own, so that its
    times are the recorded ones to the last digit, and hears news in the recorded portions: whatever the run
    heard before it decided something, it hears before it decides that again. From the first difference on,
    the `parting`, it goes its own way. `begun` events are there already.
    """

    def __init__(self, events: Sequence[Event], begun: int, clock: ReplayClock) -> None:
        self._events = events
        self._at = begun
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._portion = _NOTHING
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = float("inf")
        self._wake: Callable[[], None] = _nobody
        self._waiting: list[asyncio.Future[None]] = []
        self._processes = Processes(events)
        self._life = 0
        self._followed_at = events[begun - 1].at
        self._followed: set[int] = set()
        self._awaited: dict[int, list[asyncio.Future[None]]] = {}
        self._beginning = False
        self._waiting_for_begin: list[asyncio.Future[None]] = []
        self._has_stops = any(isinstance(event, AttemptStopping) for event in events)
        self._refused = 0
        self._errors = {call.error for call in events if isinstance(call, ModelCalled) and call.step is None}
        self._left: Counter[Key] = Counter()
        self._process_ends = self._begin_process()
        self._unheard: list[News] = []
        """What was not heard in the recorded run: it counts once the courses part."""
        self.parting: Parting | None = None

    @property
    def in_step(self) -> bool:
        """Whether the two still agree."""
        return self.parting is None

    @property
    def next(self) -> Event | None:
        """What comes next; None at the end, and where the courses have parted."""
        return self._events[self._at] if self.parting is None and self._at < len(self._events) else None

    @property
    def latest(self) -> float:
        """When the last thing happened that was followed."""
        return self._events[self._at - 1].at

    @property
    def is_over(self) -> bool:
        """Whether all of it was followed."""
        return self.parting is None and self._at == len(self._events)

    @property
    def left(self) -> Sequence[Event]:
        """What was not followed."""
        return self._events[self._at :]

    @property
    def breaks_off(self) -> bool:
        """Whether the process of the recorded run ended here, with the run neither over nor at rest."""
        return self.parting is None and self._processes.died(self._at)

    @property
    def life(self) -> int:
        """How often somebody has gone on with the run."""
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

    def part(self, other: Event | None) -> None:
        """The other run goes its own way from here on."""
        if self.parting is None:
            self.parting = Parting(self._at, self.next, other)
            self._clock.catch_up(self._events[self._at - 1].at)
            self._tell()
            awaited = [*self._waiting, *self._waiting_for_begin]
            _come_true([*awaited, *(each for waiting in self._awaited.values() for each in waiting)])

    async def wait_for_parting(self) -> None:
        """Come back once the two agree no longer."""
        if self.parting is None:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]

    async def reach(self, event: Event) -> None:
        """Come back once everything before the recorded event was followed, or the two agree no longer."""
        if self.parting is None and any(each is event for each in self.left[1:]):
            reached = asyncio.get_running_loop().create_future()
            self._awaited.setdefault(id(event), []).append(reached)
            await reached

    def follow(self, event: Event) -> Event:
        """The event that is to be entered in the place of one that is about to be."""
        if self.parting is not None:
            return event
        expected = self.next
        if expected is None or not is_same(event, expected):
            self.part(event)
            return event
        if self._was_set_back(self._at):
            self._clock.set_back(expected.at)
        self._at += 1
        self._followed_at = self._clock.now()
        if self._is_news(expected):
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
        _come_true(self._awaited.pop(id(self.next), ()))
        if self._at == self._process_ends:
            self._process_ends = self._begin_process()
        self._tell()
        return expected

    @property
    def may_rest(self) -> bool:
        """Whether the recorded run rested here; any run may, once the courses have parted."""
        return self.parting is not None or isinstance(self.next, RunPaused)

    def is_ready(self, inbox: Sequence[News], wake: Callable[[], None]) -> bool:
        """Whether something of the inbox is to be taken in now; who is to `wake` else, once it is."""
        self._wake = wake
        if self.parting is not None:
            return bool(inbox or self._unheard)
        if self._beginning:
            asyncio.get_running_loop().call_soon(self._let_begin)
            return False
        self._sort(inbox)
        if inbox and self._portion.is_ready:
            at = self._taken_at
            if self._clock.now() >= at:
                return True
            self._ring_at(at)
            return False
        due = self._due
        if self._clock.now() >= due:
            if not inbox or not self._portion.keys:
                self.part(None)
            return bool(inbox or self._unheard)
        self._ring_at(due)
        return False

    def divide(self, inbox: list[News]) -> tuple[list[News], list[News]]:
        """What of the inbox is to be taken in now, in its order, and what is to wait."""
        if self.parting is not None:
            unheard, self._unheard = self._unheard, []
            return [*unheard, *inbox], []
        if self._beginning:
            return [], inbox
        self._sort(inbox)
        portion = self._portion
        taken: list[News] = []
        if portion.unheard or portion.dropped:
            self._unheard += portion.unheard
        elif portion.is_ready and self._clock.now() < self._taken_at:
            return [], inbox
        elif portion.has_stray:
            # What no event came of may have led to what did: it is heard behind what came before it.
            taken = [*portion.beginning, portion.strays.pop(0)]
            if isinstance(taken[-1], Decided):
                # It thinks again.
                self._refused += 1
                self._beginning = True
        elif portion.is_complete:
            taken = portion.in_order
        elif self._clock.now() >= self._due:
            taken = [*portion.in_order, *portion.later, *portion.strays]
        else:
            return [], inbox
        gone = {id(each) for each in (*taken, *portion.unheard, *portion.dropped)}
        self._portion = _NOTHING
        return taken, [each for each in inbox if id(each) not in gone]

    @property
    def _taken_at(self) -> float:
        """When what is there was heard, or a little before: what follows from it begins then, not earlier."""
        portion = self._portion
        if portion.unheard or portion.dropped:
            return -math.inf
        heard = len(portion.beginning) if portion.has_stray else len(portion.keys)
        return self._events[self._at + heard - 1].at - 2 * EARLY_SECONDS if heard else -math.inf

    @property
    def _due(self) -> float:
        """When it is too late for what comes next."""
        last = self._at + max(0, len(self._portion.keys) - 1)
        if any(self._was_set_back(at) for at in range(self._at, min(last + 1, len(self._events)))):
            # How long it took nobody knows.
            return self._followed_at + FOREVER_SECONDS
        return (self._events[last].at if last < len(self._events) else float("inf")) + PATIENCE_SECONDS

    def _was_set_back(self, at: int) -> bool:
        """Whether the clock of the recorded run was, before the event."""
        return self._events[at].at < self._events[at - 1].at - PATIENCE_SECONDS

    def _sort(self, inbox: Sequence[News]) -> None:
        """Put what is new in the inbox where it belongs."""
        portion = self._portion
        if portion.begins != self._at or not portion.keys:
            portion = self._portion = Portion(self._at, self._keys_ahead())
        for news in inbox[portion.seen :]:
            if isinstance(news, Drafted) and self._is_old(news.draft, portion.drafts):
                portion.drop(news)
            elif isinstance(news, Decided) and self._is_refused(news, inbox, portion.drafts):
                portion.refuse(news)
            else:
                portion.add(news, self._left)

    def _is_refused(self, news: Decided, inbox: Sequence[News], drafts: int) -> bool:
        """Whether nothing came of a decision but that the planner thought again: it asked again, told of more
        than those `drafts`, or came to nothing in the end."""
        heard = sum(map(is_call_of_planner, inbox))
        for event in self.left_to_process:
            heard -= is_call_of_planner(event)
            if isinstance(event, ReplanningFailed) and not isinstance(news.decision, str):
                return heard < 0 or self._refused < MOST_REFUSALS
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
        """Whether nothing is new in a draft: what comes of the next one, behind so many `before`, says more,
        or something else."""
        ahead = [event for event in self.left_to_process if isinstance(event, DraftGrown | DraftHalted)]
        match next(iter(ahead[before:]), None), draft:
            case DraftGrown(steps=steps), CheckedPlan():
                return any(step["id"] not in draft.steps for step in steps)
            case DraftHalted(problem=problem), str():
                return problem != clean_text(draft)
            case DraftHalted(problem=problem), CheckedPlan() as draft:
                return problem != CHANGED or not has_changed(self._drafted(ahead[:before]), draft)
            case DraftGrown(), str():
                return True
            case _:
                return False

    def _drafted(self, ahead: Sequence[Event]) -> CheckedPlan:
        """What was written by now, and in the drafts `ahead`."""
        return drafted_plan([*self._events[: self._at], *ahead])

    def _keys_ahead(self) -> Sequence[Key]:
        """The news that was heard before the next decision."""
        keys: list[Key] = []
        for event in self._events[self._at :]:
            if not self._is_news(event):
                break
            keys.append(key_of(event))
        return keys

    def _begin_process(self) -> int:
        """Count what the process hears that has the run from here on. Returns where it ends."""
        end = self._processes.end_of(self._at)
        self._left = Counter(key_of(event) for event in self._events[self._at : end] if self._is_news(event))
        return end

    def is_outcry(self, event: Event) -> TypeGuard[CancellationRequested]:
        """Whether a run is called off in its middle because of an error of its planner's model: nobody wrote
        that, and the run did not hear it, but came to it by itself."""
        return isinstance(event, CancellationRequested) and event.reason in self._errors

    async def reach_outcry(self, call: ModelCalled) -> None:
        """Come back once the run is to be called off because of the error of a call, if it is."""
        for event in self.left_to_process:
            if self.is_outcry(event) and call.midway and event.reason == call.error:
                await self.reach(event)
                if self._beginning:
                    await self._has_begun()

    def _is_news(self, event: Event) -> bool:
        return event.__class__ in NEWS and not self.is_outcry(event)

    async def _has_begun(self) -> None:
        self._waiting_for_begin.append(asyncio.get_running_loop().create_future())
        await self._waiting_for_begin[-1]

    def _let_begin(self) -> None:
        """What was started has begun: it did when it was recorded, unless it was stopped."""
        self._beginning = False
        _come_true(self._waiting_for_begin)
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


def _nobody() -> None:
    pass


def _come_true(awaited: Sequence[asyncio.Future[None]]) -> None:
    for each in awaited:
        if not each.done():
            each.set_result(None)


def is_same(event: Event, recorded: Event) -> bool:
    """Whether the two differ in nothing but the time. Limits are compared from their events on."""
    if event.__class__ is not recorded.__class__:
        return False
    times: dict[str, Any] = {}
    match event, recorded:
        case ModelCalled(), ModelCalled():
            times = {"started": recorded.started, "chunks": recorded.chunks}
        case RetryScheduled(), RetryScheduled():
            times = _limit("due", event.due - event.at, recorded.due - recorded.at, recorded.due)
        case AttemptStarted(), AttemptStarted():
            times = _limit(
                "deadline", event.deadline - event.at, recorded.deadline - recorded.at, recorded.deadline
            )
        case RunStarted(deadline=float()), RunStarted(deadline=float() as known):
            # How much of its time a run has left then depends on how often its planning was taken up.
            times = {"deadline": known}
        case RunResumed(deadline=float(limit)), RunResumed(deadline=float(known)):
            times = _limit("deadline", limit - event.at, known - recorded.at, known)
        case _:
            pass
    return msgspec.structs.replace(event, at=recorded.at, **times) == recorded


def _limit(name: str, seconds: float, recorded: float, known: float) -> dict[str, float]:
    return {name: known} if abs(seconds - recorded) <= TOLERANCE_SECONDS else {}
