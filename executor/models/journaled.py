"""Models whose every call is journaled, under the attempt or the planner that made it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from callsheet.agents.models.chat import ChatChunk, ChatModel, ChatRequest, FinishReason, Usage
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.run.errors import NotJson
from callsheet.executor.run.events import ModelCalled, ModelMessage, ModelRequest
from callsheet.executor.run.json_copy import clean_text, copy_json

EnterCall: TypeAlias = Callable[[ModelCalled], Awaitable[None]]
"""Takes the event of a call; returns once it is on its way to the journal."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an attempt, or, with no step, the planner, `midway` in a run that has started."""

    step: str | None = None
    item: int | None = None
    attempt: int | None = None
    midway: bool = False


class CallerAwareModel(ABC):
    """A model to which it matters who asks."""

    @abstractmethod
    def for_caller(self, owner: Caller) -> ChatModel:
        """The model as this one asks it."""


class ModelWrapper:
    """What stands before a model, and goes by its name."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """The name of the model behind it."""
        return self._model.name

    @property
    def context_tokens(self) -> int:
        """How many tokens a question and its answer may have together."""
        return self._model.context_tokens


class JournaledModel(ModelWrapper):
    """A model, each call of which is entered into the journal once it is over, however it ended."""

    def __init__(self, model: ChatModel, enter: EnterCall, clock: Clock, owner: Caller | None = None) -> None:
        self._owner = owner or Caller()
        super().__init__(model.for_caller(self._owner) if isinstance(model, CallerAwareModel) else model)
        self._enter = enter
        self._clock = clock

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Ask, and yield the answer as it is written. Raises what the model raises."""
        started = self._clock.now()
        texts: list[str] = []
        chunks: list[tuple[float, int]] = []
        usage = Usage()
        finish: FinishReason | None = None
        error: str | None = None
        try:
            async for chunk in self._model.stream(request):
                if chunk.text:
                    texts.append(chunk.text)
                    chunks.append((round(self._clock.now() - started, 3), len(chunk.text)))
                usage, finish = chunk.usage or usage, chunk.finish_reason or finish
                yield chunk
        except BaseException as raised:
            error = clean_text(f"{type(raised).__name__}: {raised}")
            raise
        finally:
            await self._enter(
                ModelCalled(
                    self._clock.now(),
                    started,
                    self._model.name,
                    journaled_request(request),
                    clean_text("".join(texts)),
                    usage,
                    finish,
                    error,
                    self._owner.step,
                    self._owner.item,
                    self._owner.attempt,
                    self._owner.midway,
                    tuple(chunks) if len(chunks) > 1 else (),
                )
            )


class RemoteModel(ModelWrapper):
    """A model for work that runs in another thread, with an event loop of its own: the call itself
    is made on the loop of the run, where the model's connections live. The answer arrives in one
    piece."""

    def __init__(self, model: ChatModel, home: asyncio.AbstractEventLoop) -> None:
        super().__init__(model)
        self._home = home

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Ask, and yield the whole answer at the end. Raises what the model raises."""
        asking = asyncio.run_coroutine_threadsafe(self._collect(request), self._home)
        for chunk in await asyncio.wrap_future(asking):
            yield chunk

    async def _collect(self, request: ChatRequest) -> list[ChatChunk]:
        return [chunk async for chunk in self._model.stream(request)]


def journaled_request(request: ChatRequest) -> ModelRequest:
    """The request as an event has it."""
    return ModelRequest(
        tuple(ModelMessage(message.role, clean_text(message.content)) for message in request.messages),
        _schema(request),
        request.schema_name,
        request.max_tokens,
        request.temperature,
        request.seed,
    )


def _schema(request: ChatRequest) -> dict[str, Any] | None:
    try:
        schema: dict[str, Any] | None = copy_json(request.schema)
    except NotJson as error:
        return {"unreadable": str(error)}
    return schema
