"""Runs that wait for an agent: first come, first served."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import takewhile

from callsheet.executor.machine.pending_work import QueueKey


class Waiter:
    """One run, where it waits for an agent for the work of one queue key.

    `wake` is called when it is the run's turn to try again. It only notes that: it must not raise, nor call
    the pool. From then on the waiter is `granted`, until the run has tried or leaves.
    """

    __slots__ = ("granted", "key", "ticket", "wake")

    def __init__(self, key: QueueKey, wake: Callable[[], None]) -> None:
        self.key = key
        self.wake = wake
        self.granted = False
        self.ticket = 0
        """The lower, the longer it has waited."""


class WaitQueue:
    """Everybody who waits for the work of one queue key. The same agents would do for all of them, so either
    the first can be served or none can. Every operation takes the same time, however many wait."""

    def __init__(self, key: QueueKey) -> None:
        self.failures: Mapping[str, int] = dict.fromkeys(key[1:], 1)
        """The agents that failed at this work before."""
        # An ordinary dict slows down when it is emptied from the front.
        self._waiters: OrderedDict[Waiter, None] = OrderedDict()

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiters)

    @property
    def first(self) -> Waiter:
        """Who has waited longest."""
        return next(iter(self._waiters))

    def join(self, waiter: Waiter) -> None:
        """Wait behind all others; one whose grant came to nothing has its place again before them."""
        self._waiters[waiter] = None
        if waiter.granted:
            # Before it are only those who came back just so, which are few.
            earlier = list(takewhile(lambda each: each.ticket < waiter.ticket, self._waiters))
            for each in (waiter, *reversed(earlier)):
                self._waiters.move_to_end(each, last=False)

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer."""
        del self._waiters[waiter]
