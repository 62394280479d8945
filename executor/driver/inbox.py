"""The inbox of a run's driver: what has happened outside waits here until the driver gets to it."""

from __future__ import annotations

import asyncio

from callsheet.executor.journal.errors import JournalError

from .ports import News, Pace


class Inbox:
    """News for one driver, which waits here for it; taken at the `pace` of another run, where there is
    one."""

    def __init__(self, pace: Pace | None) -> None:
        self._pace = pace
        self._news: list[News] = []
        self._waiter: asyncio.Future[None] | None = None
        self._broken: BaseException | None = None
        self.is_awake = False
        """Whether anything has happened since the driver last looked at all that there is to do."""

    def __bool__(self) -> bool:
        """Whether there is news."""
        return bool(self._news)

    def post(self, *news: News) -> None:
        """Something happened outside."""
        self._news += news
        self.wake()

    def wake(self) -> None:
        """There is reason to look again, without news."""
        self.is_awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, error: BaseException) -> None:
        """Something failed that the run cannot do without. What failed first explains the rest."""
        self._broken = self._broken or error
        self.wake()

    def begin_turn(self) -> None:
        """The driver looks at all that there is to do. Raises the error that the run cannot do without, if
        there was one."""
        if self._broken is not None and not self._is_borne(self._broken):
            raise self._broken
        self.is_awake = False

    async def wait(self) -> None:
        """Come back once there is anything to take in, or another reason to look again."""
        while not (self.is_awake or self._may_take()):
            await self.wait_for_any()

    async def wait_for_any(self) -> None:
        """Come back once anything else happens."""
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def take(self) -> list[News]:
        """What is to be taken in now, in its order."""
        if self._pace is None:
            return self.take_all()
        taken, self._news = self._pace.divide(self._news)
        return taken

    def take_all(self) -> list[News]:
        """All of it, whatever the pace."""
        taken, self._news = self._news, []
        return taken

    def _is_borne(self, error: BaseException) -> bool:
        """Whether the other run had the same error, and came to something all the same."""
        return self._pace is not None and self._pace.goes_on and not isinstance(error, JournalError)

    def _may_take(self) -> bool:
        return bool(self._news) if self._pace is None else self._pace.is_ready(self._news, self.wake)
