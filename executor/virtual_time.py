"""Virtual time: an event loop whose clock leaps to the next timer whenever nothing else is left to do.

Under it `asyncio.sleep`, `asyncio.timeout` and `call_later` take no time, and a step of 180 days is
over at once. What happens outside the loop cannot be hurried: while a thread is waited for, time
passes as it does on the wall; while something is written to disk, it stands still, so that a run's
times do not depend on how fast the disk was.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EPOCH = 1_750_000_000.0
"""The time at which virtual clocks begin, in seconds since the epoch: June 2025."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own."""

    def __init__(self) -> None:
        self._virtual_now = 0.0
        self.outside = 0
        self.held = 0
        super().__init__(_LeapingSelector(self))
        # Coarser than the rounding of a sum of seconds over a thousand years.
        self._clock_resolution = 1e-5

    def time(self) -> float:
        """Seconds since the loop began, as virtual time has it."""
        return self._virtual_now

    def leap(self, seconds: float) -> None:
        """Let time pass at once."""
        self._virtual_now += seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As ever; and while it lasts, time passes as on the wall."""
        future = super().run_in_executor(executor, func, *args)
        self.outside += 1
        future.add_done_callback(self._come_back)
        return future

    def _come_back(self, future: asyncio.Future[Any]) -> None:
        self.outside -= 1


class _LeapingSelector(selectors.BaseSelector):
    """Waits for nothing that a leap can bring about."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return self._real.select(timeout)
        if self._loop.outside:
            started = time.monotonic()
            ready = self._real.select(timeout)
            self._loop.leap(min(time.monotonic() - started, timeout))
            return ready
        if self._loop.held:
            return self._real.select(None)
        ready = self._real.select(0)
        if not ready:
            self._loop.leap(timeout)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class VirtualClock:
    """The clock that goes with a VirtualLoop: its time, counted from `epoch`."""

    def __init__(self, epoch: float = EPOCH) -> None:
        self.epoch = epoch

    def now(self) -> float:
        """Seconds since the epoch. Raises RuntimeError where no event loop runs."""
        return self.epoch + asyncio.get_running_loop().time()


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, as `asyncio.run` does in real time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


@contextmanager
def outside_work() -> Generator[None, None, None]:
    """Around waiting for work outside of the event loop: virtual time passes as on the wall."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.outside += 1
    try:
        yield
    finally:
        loop.outside -= 1


@contextmanager
def held_time() -> Generator[None, None, None]:
    """Around waiting for a write outside of the event loop: virtual time stands still."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.held += 1
    try:
        yield
    finally:
        loop.held -= 1
