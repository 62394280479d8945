"""SIGTERM is handled like Ctrl-C: the run is stopped in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress


@contextmanager
def stopped_by_sigterm() -> Generator[None]:
    """In this context SIGTERM cancels the current task. A second SIGTERM ends the process at once; so does
    the first where it cannot be handled: outside the main thread, and on Windows."""
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
