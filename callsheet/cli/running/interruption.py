"""SIGTERM, taken as Ctrl-C is: the work stops in good order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress


@contextmanager
def stopped_by_sigterm() -> Generator[None]:
    """Meanwhile SIGTERM cancels the task that this runs in. A second one ends the process at once, as it
    does where there is no way to heed the first: outside of the main thread, and on Windows."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        task.cancel()

    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGTERM)
