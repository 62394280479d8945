"""The course that a recorded run took, and how far another run follows it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from callsheet.executor.clock import Clock
from callsheet.executor.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptCancelled,
    AttemptFailed,
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    CancellationRequested,
    DoubtSettled,
    DraftGrown,
    DraftHalted,
    Event,
    GivenUp,
    HedgeDue,
    ModelCalled,
    PauseRequested,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ResultAccepted,
    ResultMissing,
    ResultReused,
    RetryDue,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StepTimeLimitReached,
    TimeLimitReached,
    WordSpoken,
)
from callsheet.executor.mailbox import Approve, Cancel, Deny, Letter, Pause, Settle, Tell, Word
from callsheet.executor.replanning import Decided, Drafted
from callsheet.executor.staging import News
from callsheet.planner.decision import Accept, Ask, GiveUp, Revise

PATIENCE_SECONDS = 1.0
"""How long after its time something recorded is waited for, before the course is given up."""
_TOLERANCE = 0.01
"""In seconds: what a limit, counted from its event, may differ by."""

Key: TypeAlias = tuple[type, str | None, int | None, int | None, int]
"""What kind of news it is, of which step, item and attempt; and a mark that tells calls of a model apart, of
which several may be over at once."""

NEWS = frozenset(
    {
        ApprovalDenied,
        ApprovalGranted,
        AttemptCancelled,
        AttemptFailed,
        AttemptSucceeded,
        AttemptSurprised,
        CancellationRequested,
        DoubtSettled,
        DraftGrown,
        DraftHalted,
        GivenUp,
        HedgeDue,
        ModelCalled,
        PauseRequested,
        PersonAsked,
        PlanAdopted,
        ReplanningFailed,
        ResultAccepted,
        ResultMissing,
        ResultReused,
        RetryDue,
        StepTimeLimitReached,
        TimeLimitReached,
        WordSpoken,
    }
)
"""The events of what a run hears. All others are what it decides, and what it is started with."""

_RESTS = (RunPaused, RunCompleted, RunFailed, RunCancelled)
_WORDS: dict[type[Word], type[Event]] = {
    Approve: ApprovalGranted,
    Cancel: CancellationRequested,
    Deny: ApprovalDenied,
    Pause: PauseRequested,
    Settle: DoubtSettled,
    Tell: WordSpoken,
}
_DECISIONS: dict[type, type[Event]] = {
    Accept: ResultAccepted,
    Ask: PersonAsked,
    GiveUp: GivenUp,
    Revise: PlanAdopted,
    str: ReplanningFailed,
}


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

    def __init__(self, events: Sequence[Event], begun: int, clock: Clock) -> None:
        self._events = events
        self._at = begun
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._left: Counter[Key] = Counter(_key_of(event) for event in events[begun:] if _is_news(event))
        self._portion = _Portion(begun, ())
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = float("inf")
        self._waiting: list[asyncio.Future[None]] = []
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
        if self.parting is not None or isinstance(self._events[self._at - 1], _RESTS):
            return False
        return self._at == len(self._events) or isinstance(self._events[self._at], RunResumed)

    def has_followed(self, index: int, event: Event) -> bool:
        """Whether the event has been held against the one of this index already."""
        return index < self._at and self._events[index] is event

    def listen(self, listener: Callable[[], None]) -> None:
        """Have the listener called whenever something else comes next."""
        self._listeners.append(listener)

    def part(self, other: Event | None) -> None:
        """The other run goes its own way from here on."""
        if self.parting is None:
            self.parting = Parting(self._at, self.next, other)
            self._tell()
            for each in self._waiting:
                if not each.done():
                    each.set_result(None)

    async def wait_for_parting(self) -> None:
        """Come back once the two agree no longer."""
        if self.parting is None:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]

    def follow(self, event: Event) -> Event:
        """The event that is to be entered in the place of one that is about to be."""
        if self.parting is not None:
            return event
        expected = self.next
        if expected is None or not is_same(event, expected):
            self.part(event)
            return event
        self._at += 1
        if _is_news(expected):
            self._left[_key_of(expected)] -= 1
        self._tell()
        return expected

    def is_ready(self, inbox: Sequence[News], wake: Callable[[], None]) -> bool:
        """Whether something of the inbox is to be taken in now."""
        if self.parting is not None:
            return bool(inbox)
        self._sort(inbox)
        if inbox and self._portion.is_ready:
            return True
        due = self._due
        if self._clock.now() >= due:
            if not inbox or not self._portion.keys:
                self.part(None)
            return bool(inbox)
        self._ring_at(due, wake)
        return False

    def divide(self, inbox: list[News]) -> tuple[list[News], list[News]]:
        """What of the inbox is to be taken in now, in its order, and what is to wait."""
        if self.parting is not None:
            return inbox, []
        self._sort(inbox)
        portion = self._portion
        if portion.strays:
            # What no event came of may have led to what did: it is heard behind what came before it.
            taken = [*portion.in_order, portion.strays[0]]
        elif portion.is_ready:
            taken = portion.in_order
        elif self._clock.now() >= self._due:
            taken = [*portion.in_order, *portion.later]
        else:
            return [], inbox
        gone = {id(each) for each in taken}
        self._portion = _Portion(self._at, ())
        return taken, [each for each in inbox if id(each) not in gone]

    @property
    def _due(self) -> float:
        """When it is too late for what comes next."""
        last = self._at + max(0, len(self._portion.keys) - 1)
        return (self._events[last].at if last < len(self._events) else float("inf")) + PATIENCE_SECONDS

    def _sort(self, inbox: Sequence[News]) -> None:
        """Put what is new in the inbox where it belongs."""
        portion = self._portion
        if portion.begins != self._at or not portion.keys:
            portion = self._portion = _Portion(self._at, self._keys_ahead())
        for news in inbox[portion.seen :]:
            portion.add(news, self._left)

    def _keys_ahead(self) -> Sequence[Key]:
        """The news that was heard before the next decision."""
        keys: list[Key] = []
        for event in self._events[self._at :]:
            if not _is_news(event):
                break
            keys.append(_key_of(event))
        return keys

    def _ring_at(self, due: float, wake: Callable[[], None]) -> None:
        if due == float("inf") or self._rings_at <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = due
        self._timer = asyncio.get_running_loop().call_later(
            max(0.0, due - self._clock.now()), self._ring, wake
        )

    def _ring(self, wake: Callable[[], None]) -> None:
        self._timer, self._rings_at = None, float("inf")
        wake()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


class _Portion:
    """The news between two decisions, as it comes in. Each piece of news is looked at once.

    `keys` is what was recorded, from the event `begins` on. `strays` are in no recorded portion that is
    left, `later` in another one.
    """

    def __init__(self, begins: int, keys: Sequence[Key]) -> None:
        self.begins = begins
        self.keys = keys
        self.seen = 0
        self.strays: list[News] = []
        self.later: list[News] = []
        self._places: dict[Key, list[int]] = {}
        for place in reversed(range(len(keys))):
            self._places.setdefault(keys[place], []).append(place)
        self._found: dict[int, News] = {}
        self._held: Counter[Key] = Counter()

    @property
    def is_ready(self) -> bool:
        """Whether there is something to be taken in."""
        return bool(self.strays) or (bool(self.keys) and len(self._found) == len(self.keys))

    @property
    def in_order(self) -> list[News]:
        """What has come of it, in the recorded order."""
        return [self._found[place] for place in sorted(self._found)]

    def add(self, news: News, left: Counter[Key]) -> None:
        """One more piece of news. `left` counts what is recorded from here on."""
        self.seen += 1
        key = _key_of(news)
        self._held[key] += 1
        places = self._places.get(key)
        if places:
            self._found[places.pop()] = news
        elif self._held[key] <= left[key]:
            self.later.append(news)
        else:
            self.strays.append(news)


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
        case RunStarted(deadline=float() as deadline), RunStarted(deadline=float() as known):
            times = _limit("deadline", deadline - event.at, known - recorded.at, known)
        case _:
            pass
    return msgspec.structs.replace(event, at=recorded.at, **times) == recorded


def _limit(name: str, seconds: float, recorded: float, known: float) -> dict[str, float]:
    return {name: known} if abs(seconds - recorded) <= _TOLERANCE else {}


def _is_news(event: Event) -> bool:
    return event.__class__ in NEWS


def _key_of(news: News) -> Key:
    match news:
        case Letter(word=word):
            return _WORDS[type(word)], getattr(word, "step", None), getattr(word, "item", None), None, 0
        case Decided(decision=decision):
            return _DECISIONS[type(decision)], None, None, None, 0
        case Drafted(draft=draft):
            return DraftHalted if isinstance(draft, str) else DraftGrown, None, None, None, 0
        case GivenUp() | ReplanningFailed() | ResultAccepted():
            return type(news), None, None, None, 0
        case ModelCalled():
            # Not by its JSON: that leaves defaults out by their identity, so that equal calls differ in it.
            asked = tuple(message.content for message in news.request.messages)
            return ModelCalled, news.step, news.item, news.attempt, hash((asked, news.reply, news.error))
        case _:
            return (
                news.__class__,
                getattr(news, "step", None),
                getattr(news, "item", None),
                getattr(news, "attempt", None),
                0,
            )
