"""Waiting for work outside of a run's driver, unless somebody wants the run to stop meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from callsheet.executor.journal.signals import Cancel, Mailbox

T = TypeVar("T")


class RunTold(Exception):
    """Somebody wants the run to stop. `letters` are the numbers of those who said so."""

    def __init__(self, reason: str, letters: tuple[int, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.letters = letters


async def unless_cancelled(work: Coroutine[Any, Any, T], mailbox: Mailbox, run: str) -> T:
    """What the work comes to. Raises RunTold, the work broken off, once a letter wants the run to stop,
    and what the work raises. Letters of another kind are left for later."""
    task = asyncio.ensure_future(work)
    news = asyncio.Event()
    news.set()
    leave = mailbox.watch(run, news.set)
    listening = asyncio.ensure_future(_listen(mailbox, run, news))
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


async def _listen(mailbox: Mailbox, run: str, news: asyncio.Event) -> RunTold:
    while True:
        await news.wait()
        news.clear()
        letters = [each for each in await mailbox.letters(run) if isinstance(each.word, Cancel)]
        for letter in letters:
            if isinstance(letter.word, Cancel):
                return RunTold(letter.word.reason, tuple(each.number for each in letters))
