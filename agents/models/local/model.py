"""An embedded model: weights on this machine, run in this process."""

from __future__ import annotations

import asyncio
import re
import threading
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Message
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.wire import wire_messages

from .engine import EngineSettings, default_threads
from .schema import grammar_schema
from .worker import EngineRequest, EngineThread

CONTEXT_TOKENS = 8192

_MARKER = re.compile(r"<\|(?=[^|<>\s]{1,40}\|>)")


class LocalModel:
    """A `ChatModel` over a GGUF file, run by llama.cpp in this process, without a server or a port.

    The weights are loaded at the first request and stay until `close`, or until Python exits. Requests are
    answered one after the other, in a thread, so the event loop stays free; one whose caller has gone is
    stopped. The beginning that a prompt shares with the one before it is not read again.

    With a schema or a grammar, the answer is held to it token by token. The schema is *not* put into the
    prompt, where a small machine would spend seconds reading it: describe the shape there in your
    own words. Needs the extra `callsheet[local]`.
    """

    def __init__(
        self,
        weights: Path,
        *,
        name: str | None = None,
        context_tokens: int = CONTEXT_TOKENS,
        threads: int | None = None,
    ) -> None:
        self._name = name or f"local/{weights.stem.lower()}"
        self._context_tokens = context_tokens
        settings = EngineSettings(weights, context_tokens, threads or default_threads())
        self._worker = EngineThread(self._name, settings)
        self._finalizer = weakref.finalize(self, self._worker.close)

    @property
    def name(self) -> str:
        """`local/` and the file's name, unless told otherwise."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """How many tokens a question and its answer may have together."""
        return self._context_tokens

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Yield the answer as it is written.

        Raises `ModelRejected` where the weights cannot be loaded, the question is longer than the
        context or its schema unusable; `ModelNotConfigured` where xllamacpp is missing;
        `ModelUnavailable` where the model was closed.
        """
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[ChatChunk | None] = asyncio.Queue()

        def hand_over(chunk: ChatChunk | None) -> None:
            try:
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            except RuntimeError:
                # The loop is closed, so no caller waits any more.
                unwanted.set()

        unwanted = threading.Event()
        work = self._worker.submit(EngineRequest(_body(request), hand_over, unwanted))
        work.add_done_callback(lambda _: hand_over(None))
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
            if work.cancelled():
                raise ModelUnavailable(self._name, "the model was closed before it answered")
            work.result()
        finally:
            unwanted.set()
            work.cancel()

    def close(self) -> None:
        """Stop what is being answered and free the weights. The model cannot be used afterwards."""
        self._finalizer()


def _body(request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": wire_messages(_without_markers(message) for message in request.messages),
        "max_tokens": request.max_tokens,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.grammar is not None:
        body["grammar"] = request.grammar
    elif request.schema is not None:
        schema = {"name": request.schema_name, "schema": grammar_schema(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _without_markers(message: Message) -> Message:
    # A chat template's markers (`<|im_end|>`) mean the same to llama.cpp wherever they stand: in
    # quoted text they would end the message and begin another, with any role they like.
    return replace(message, content=_MARKER.sub("< |", message.content))
