"""The calls of the model that an agent in another process makes, made here for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from callsheet.agents.models.chat import ChatModel

from .channel import Answer, Ask, Forget
from .remote_error import pack

_PATIENCE_SECONDS = 1.0


class ModelRelay:
    """Makes the calls of one attempt on the event loop of the run, where its model lives."""

    def __init__(self, model: ChatModel | None) -> None:
        self._model = model
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, asyncio.Task[None]] = {}

    def hear(self, said: Ask | Forget, send: Callable[[Answer], None]) -> None:
        """From any thread: the agent asks, and the answer is to be sent; or it no longer wants to know."""
        # The loop is closed where nobody waits for the attempt any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, said, send)

    async def end(self) -> None:
        """Call off what is still asked. Returns once that is entered in the journal."""
        calls = list(self._calls.values())
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls, timeout=_PATIENCE_SECONDS)

    def _take(self, said: Ask | Forget, send: Callable[[Answer], None]) -> None:
        if isinstance(said, Ask):
            self._calls[said.call] = self._loop.create_task(self._make(said, send))
        elif said.call in self._calls:
            self._calls[said.call].cancel()

    async def _make(self, ask: Ask, send: Callable[[Answer], None]) -> None:
        try:
            answer = await self._answer(ask)
            # The pipe may be full, and must not hold up the loop.
            await asyncio.to_thread(send, answer)
        finally:
            del self._calls[ask.call]

    async def _answer(self, ask: Ask) -> Answer:
        assert self._model is not None  # else the agent was not given one
        try:
            chunks = [chunk async for chunk in self._model.stream(ask.question.to_request())]
        except Exception as error:
            return Answer(ask.call, error=pack(error))
        return Answer(ask.call, tuple(chunks))
