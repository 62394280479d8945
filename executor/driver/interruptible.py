"""Waiting for work outside of a run's driver, unless the run is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from callsheet.executor.driver.errors import CancelReceived
from callsheet.executor.journal.signals import Cancel, Signals

T = TypeVar("T")


async def unless_cancelled(work: Coroutine[Any, Any, T], signals: Signals, run: str) -> T:
    """What the work comes to. Raises CancelReceived, the work broken off, once a signal wants the run to
    stop, and what the work raises. Signals of another kind are left for later."""
    task = asyncio.ensure_future(work)
    news = asyncio.Event()
    news.set()
    leave = signals.watch(run, news.set)
    listening = asyncio.ensure_future(_listen(signals, run, news))
    try:
        await asyncio.wait((task, listening), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise listening.result()
        return await task
    finally:
        leave()
        for each in (task, listening):
            each.cancel()
        # Whatever went wrong while they were broken off: what broke them off says more.
        await asyncio.gather(task, listening, return_exceptions=True)


async def _listen(signals: Signals, run: str, news: asyncio.Event) -> CancelReceived:
    while True:
        await news.wait()
        news.clear()
        unanswered = [each for each in await signals.unanswered(run) if isinstance(each.content, Cancel)]
        for signal in unanswered:
            if isinstance(signal.content, Cancel):
                return CancelReceived(signal.content.reason, tuple(each.number for each in unanswered))
