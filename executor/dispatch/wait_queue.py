"""Who waits for a seat: first come, first called, one for each seat that frees up.

A wave begins whenever an attempt ends. Its first waiter is called, looks again, and passes on to the
next. Whoever was called and has to wait again is out of the wave, so that two who have no use for a
seat don't call each other for ever; a seat that was used in between lets everybody in again, and so does
it that the one who watched the clock was called, and nobody does after that.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """One who waits. The lower its `ticket`, the longer; at `until` it looks of its own accord."""

    ticket: int
    callback: Callable[[], None]
    until: float | None


class WaitingRoom:
    """What the queues of a desk have in common: tickets, and whether anybody waits at all."""

    __slots__ = ("called", "latest_ticket", "waiting")

    def __init__(self) -> None:
        self.latest_ticket = 0
        self.waiting = 0
        self.called = 0
        """How many were called who have not passed on yet."""


class Queue:
    """Those who wait for one capability. Every operation takes the same time, however many they are
    (`recall` on average: it moves each waiter once)."""

    __slots__ = (
        "_called",
        "_in_wave",
        "_reconsider",
        "_room",
        "_unwatched",
        "_waiting",
        "_watch",
        "progressed",
    )

    def __init__(self, room: WaitingRoom) -> None:
        self._room = room
        # Ordered dicts: an ordinary one slows down when it is emptied from the front.
        self._in_wave: OrderedDict[int, Waiter] = OrderedDict()
        self._waiting: OrderedDict[int, Waiter] = OrderedDict()
        self._called: OrderedDict[int, Waiter] = OrderedDict()
        self._watch: Waiter | None = None
        self._unwatched = False
        self._reconsider = 0
        self.progressed = False
        """Whether a seat was used since the wave began."""

    @property
    def called(self) -> bool:
        """Whether somebody was called who has not passed on yet."""
        return bool(self._called)

    @property
    def watched_until(self) -> float:
        """When the one who watches the clock for all will look; infinity where nobody does."""
        return math.inf if self._watch is None or self._watch.until is None else self._watch.until

    def join(self, callback: Callable[[], None], until: float | None, newcomer: bool) -> Waiter:
        """Wait from now on; a newcomer may be called in the present wave."""
        self._room.latest_ticket += 1
        self._room.waiting += 1
        waiter = Waiter(self._room.latest_ticket, callback, until)
        (self._in_wave if newcomer else self._waiting)[waiter.ticket] = waiter
        if until is not None and until < self.watched_until:
            self._watch = waiter
        return waiter

    def recall(self, *, reconsider: bool) -> None:
        """Begin a wave. With `reconsider` everybody is to look again, whether there is a seat or not."""
        self._in_wave.update(self._waiting)
        self._waiting.clear()
        self.progressed = False
        if reconsider:
            self._reconsider = self._room.latest_ticket

    def first(self) -> Waiter | None:
        """The next of the present wave."""
        return next(iter(self._in_wave.values()), None)

    def reconsiders(self, waiter: Waiter) -> bool:
        """Whether this one is to look again in any case."""
        return waiter.ticket <= self._reconsider

    def call(self, waiter: Waiter) -> None:
        """Call one of the present wave; it has the word until it passes on."""
        del self._in_wave[waiter.ticket]
        self._unwatched = self._unwatched or waiter is self._watch
        self._forget(waiter)
        self._called[waiter.ticket] = waiter
        self._room.called += 1
        waiter.callback()

    def pass_on(self) -> None:
        """The one who was called first is done."""
        if self._called:
            self._called.popitem(last=False)
            self._room.called -= 1
        self._go_on()

    def leave(self, waiter: Waiter) -> bool:
        """Wait no longer. Whether another should be called: it had the word, or watched the clock."""
        if self._called.pop(waiter.ticket, None) is not None:
            self._room.called -= 1
            self._go_on()
            return True
        watched = waiter is self._watch
        gone = self._in_wave.pop(waiter.ticket, None) or self._waiting.pop(waiter.ticket, None)
        if gone is None:
            return False
        self._forget(waiter)
        if watched:
            self.recall(reconsider=False)
        return watched

    def _go_on(self) -> None:
        """Somebody who was called is done: let everybody in again, where that can help."""
        unwatched, self._unwatched = self._unwatched and self._watch is None, False
        if self.progressed or unwatched:
            self.recall(reconsider=False)

    def _forget(self, waiter: Waiter) -> None:
        self._room.waiting -= 1
        if waiter is self._watch:
            self._watch = None
