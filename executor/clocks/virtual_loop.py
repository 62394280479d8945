"""Virtual time: an event loop whose clock leaps to the next timer whenever nothing else is left to do.

Under it `asyncio.sleep`, `asyncio.timeout` and `call_later` take no time, and a step of 180 days is
over at once. What happens outside the loop cannot be hurried: while a thread is waited for, time
passes as it does on the wall; while something is written to disk, it stands still, so that a run's
times do not depend on how fast the disk was.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack

P = ParamSpec("P")
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
    tether = _TETHER.get()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main if tether is None else tether.hold(main))


async def beside(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """Do the work in a thread, as `asyncio.to_thread` does. Where whoever waits for it is cancelled, so is
    what runs virtually there; CancelledError is raised once the work has ended."""
    tether, context = _Tether(), copy_context()
    context.run(_TETHER.set, tether)
    loop = asyncio.get_running_loop()
    working = loop.run_in_executor(None, lambda: context.run(work, *args, **more))
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait((working,))
        except asyncio.CancelledError as error:
            cancelled = error
            tether.cancel()
    if cancelled is None:
        return working.result()
    # However the work ended, the result is not wanted any more.
    working.exception()
    raise cancelled


class _Tether:
    """Holds what runs virtually in one thread, so that another can cancel it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """Cancel what is running now, and what is going to."""
        with self._lock:
            self._is_cancelled = True
            if self._task is not None:
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    async def hold(self, main: Coroutine[Any, Any, T]) -> T:
        """Carry it out. Raises CancelledError where it was cancelled, whatever it came to."""
        # What is begun in there is no longer the work that is held.
        _TETHER.set(None)
        try:
            self._take(asyncio.current_task())
            return await main
        finally:
            main.close()
            self._take(None)

    def _take(self, task: asyncio.Task[Any] | None) -> None:
        with self._lock:
            self._task = task
            if self._is_cancelled:
                raise asyncio.CancelledError


_TETHER: ContextVar[_Tether | None] = ContextVar("callsheet_virtual_tether", default=None)


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
