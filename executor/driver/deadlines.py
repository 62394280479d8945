"""When attempts are to have ended: one timer of the event loop for all of them.

Most attempts end long before their time is up, so an end costs nothing here: what has ended is
passed over when its turn comes. Those with the same allowance stand in the order in which they began,
which is the order in which they are due.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Timed(Protocol):
    """Something that has until some moment to be over."""

    over: bool


T = TypeVar("T", bound=Timed)


class Deadlines(Generic[T]):
    """Calls `expire` with whatever is not over when its time is up."""

    def __init__(self, expire: Callable[[T], None]) -> None:
        self._expire = expire
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[float, deque[tuple[float, T]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = float("inf")

    def add(self, timed: T, seconds: float) -> None:
        """It has so many seconds from now."""
        due = self._loop.time() + seconds
        line = self._waiting.get(seconds)
        if line is None:
            line = self._waiting[seconds] = deque()
        while line and line[0][1].over:
            line.popleft()
        line.append((due, timed))
        if due < self._rings_at:
            self._set(due)

    def cancel(self) -> None:
        """Call nothing any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = due
        self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer, self._rings_at = None, float("inf")
        now = self._loop.time()
        for seconds, line in list(self._waiting.items()):
            while line and (line[0][1].over or line[0][0] <= now):
                _, timed = line.popleft()
                if not timed.over:
                    self._expire(timed)
            if not line:
                del self._waiting[seconds]
            elif line[0][0] < self._rings_at:
                self._set(line[0][0])
