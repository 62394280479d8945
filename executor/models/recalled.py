"""A model that does not ask again what the journal has an answer to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from callsheet.agents.models.chat import ChatChunk, ChatModel, ChatRequest
from callsheet.executor.run.events import Event, ModelCalled

from .journaled import ModelWrapper, journaled_request


class RecallingModel(ModelWrapper):
    """A model for going on with a plan that was being made when its process ended: what the planner
    asked then has been answered, and paid for. Each answer is used once, for the very same question."""

    def __init__(self, model: ChatModel, events: Iterable[Event]) -> None:
        super().__init__(model)
        self._calls = [
            event
            for event in events
            if isinstance(event, ModelCalled) and event.step is None and event.error is None
        ]

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """The answer that the journal has, in one piece; otherwise ask. Raises what the model raises."""
        wanted = journaled_request(request)
        for call in self._calls:
            if call.request == wanted:
                self._calls.remove(call)
                yield ChatChunk(call.reply, call.usage, call.finish_reason)
                return
        async for chunk in self._model.stream(request):
            yield chunk
