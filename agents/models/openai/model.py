"""Any OpenAI-compatible server, through the official SDK and its chat completions."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlsplit

from callsheet.agents.backoff import Backoff
from callsheet.agents.models.chat import ChatChunk, ChatRequest, FinishReason, Usage
from callsheet.agents.models.errors import ModelError, ModelRefused, ModelUnavailable

from .failure import FailureReader
from .request import RequestBody, draft

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk

    _Chunks: TypeAlias = openai.AsyncStream[ChatCompletionChunk]

_LOG = logging.getLogger(__name__)
OFFICIAL = "https://api.openai.com/v1"
CONTEXT_TOKENS = 128_000
CONNECT_SECONDS = 10.0

MAX_RETRY_AFTER = 60.0
"""Seconds that a server may ask for: where it asks for more the model does not wait, and the error says how
long it would have been."""


class ServerMemory:
    """The features that each endpoint refused for each model. May be shared by many models."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], frozenset[str]] = {}

    def refused(self, endpoint: str, model: str) -> frozenset[str]:
        """What this endpoint refused for this model so far."""
        return self._refused.get((endpoint, model), frozenset())

    def remember(self, endpoint: str, model: str, feature: str) -> None:
        """From now on, this endpoint is not asked for the feature with this model."""
        self._refused[endpoint, model] = self.refused(endpoint, model) | {feature}


class OpenAIModel:
    """A `ChatModel` behind a chat completions endpoint.

    Without a `base_url` it is that of OPENAI_BASE_URL, or OpenAI's own, and the key that of OPENAI_API_KEY. A
    server that is named gets no other key than the one that is named with it.

    A schema is asked for in the best way the server takes (strict json_schema, json_schema,
    json_object, the prompt alone), and stands in the prompt whichever that is. What a server
    refuses with a 400 that names it (one of those ways, or a parameter) is left out from then on,
    as `memory` holds, which models may share. With `schema_in_prompt` False it is left out of the
    prompt of a request that carries it: a small model reads it slowly, and plans worse for it. A grammar is
    sent along in the same way, for servers that run llama.cpp.

    What trying again can mend is tried `max_retries` times: overload, faults of the server, a lost
    connection; not a wrong key, an empty account, a request that is itself at fault. Once text was
    yielded nothing is tried again, since it would be yielded twice.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        context_tokens: int = CONTEXT_TOKENS,
        timeout_seconds: float = 120.0,
        max_retries: int = 4,
        backoff: Backoff | None = None,
        memory: ServerMemory | None = None,
        seed: int | None = None,
        schema_in_prompt: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._model = model
        if base_url is None:
            api_key = api_key or os.environ.get("OPENAI_API_KEY") or None
            base_url = os.environ.get("OPENAI_BASE_URL") or None
        self._api_key = api_key
        self._base_url = (base_url or OFFICIAL).rstrip("/")
        self._context_tokens = context_tokens
        self._timeout_seconds = timeout_seconds
        self._max_retries = max_retries
        self._backoff = backoff or Backoff()
        self._memory = memory or ServerMemory()
        self._random = random.Random(seed)
        self._schema_in_prompt = schema_in_prompt
        self._sleep = sleep
        self._failures = FailureReader(self.name, self.host, api_key, clock)

    @property
    def name(self) -> str:
        """`openai/` and the model's name on the server."""
        return f"openai/{self._model}"

    @property
    def host(self) -> str:
        """The host of the server, with its port if the address has one."""
        return _place(self._base_url)

    @property
    def context_tokens(self) -> int:
        """How many tokens a question and its answer may have together."""
        return self._context_tokens

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Yield the answer as it is written. Raises `ModelUnavailable`, `ModelRejected`, `ModelRefused`."""
        import openai

        retries = 0
        # A client belongs to the event loop it was first used in; one for each answer never outlives it.
        async with self._client() as client:
            while True:
                asked, begun = self._draft(request), False
                try:
                    async for chunk in self._answer(client, asked):
                        begun = begun or bool(chunk.text)
                        yield chunk
                    return
                except (openai.APIError, ValueError, ModelUnavailable) as error:
                    if self._can_do_without(asked, error):
                        continue
                    await self._wait(self._failure(error), None if begun else retries)
                retries += 1

    def _client(self) -> openai.AsyncOpenAI:
        import openai

        return openai.AsyncOpenAI(
            # The SDK insists on a key; servers at home take any.
            api_key=self._api_key or "none",
            base_url=self._base_url,
            timeout=openai.Timeout(self._timeout_seconds, connect=CONNECT_SECONDS),
            max_retries=0,
        )

    def _draft(self, request: ChatRequest) -> RequestBody:
        names = ("max_completion_tokens", "max_tokens")
        return draft(
            request,
            self._model,
            refused=self._memory.refused(self._base_url, self._model),
            # Others than OpenAI know the old name, and some pass over the new one in silence.
            limit_names=names if self._base_url == OFFICIAL else names[::-1],
            schema_in_prompt=self._schema_in_prompt,
        )

    async def _answer(self, client: openai.AsyncOpenAI, asked: RequestBody) -> AsyncIterator[ChatChunk]:
        answer = _Answer(self.name)
        # The SDK's overloads want every parameter spelled out; the body is data here.
        create = cast("Callable[..., Awaitable[_Chunks]]", client.chat.completions.create)
        async with await create(**asked.body) as chunks:
            async for chunk in chunks:
                if text := answer.add_chunk(chunk):
                    yield ChatChunk(text)
        yield answer.last_chunk()

    def _can_do_without(self, asked: RequestBody, error: Exception) -> bool:
        import openai

        if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return False
        feature = asked.refused_feature(self._failures.problem(error))
        if feature is None:
            return False
        self._memory.remember(self._base_url, self._model, feature)
        _LOG.info("%s at %s refuses %s, which is left out from now on", self.name, self.host, feature)
        return True

    def _failure(self, error: Exception) -> ModelError:
        return error if isinstance(error, ModelError) else self._failures.model_error(error)

    async def _wait(self, failure: ModelError, retries: int | None) -> None:
        if not isinstance(failure, ModelUnavailable) or retries is None or retries >= self._max_retries:
            raise failure from None
        asked = failure.retry_after
        if asked is not None and asked > MAX_RETRY_AFTER:
            raise failure from None
        jitter = self._random.random()
        delay = self._backoff.delay(retries, jitter) if asked is None else asked
        _LOG.warning("%s; trying again in %.1f s", failure, delay)
        await self._sleep(delay)


class _Answer:
    """What has come of one answer so far."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._refusal: list[str] = []
        self._usage: Usage | None = None
        self._finish: str | None = None

    def add_chunk(self, chunk: ChatCompletionChunk) -> str:
        """Note what the chunk says, and return its text."""
        if chunk.usage is not None:
            self._usage = _usage(chunk.usage)
        text = ""
        for choice in chunk.choices or ():
            self._finish = choice.finish_reason or self._finish
            self._refusal.append(getattr(choice.delta, "refusal", None) or "")
            text += getattr(choice.delta, "content", None) or ""
        return text

    def last_chunk(self) -> ChatChunk:
        """The last chunk. Raises `ModelRefused`, and `ModelUnavailable` where the end never came."""
        if refusal := "".join(self._refusal):
            raise ModelRefused(self._model, refusal)
        if self._finish == "content_filter":
            raise ModelRefused(self._model, "the server's content filter stopped the answer")
        if self._finish is None:
            raise ModelUnavailable(self._model, "the answer broke off before its end")
        reason: FinishReason = "length" if self._finish == "length" else "stop"
        return ChatChunk(usage=self._usage or Usage(estimated=True), finish_reason=reason)


def _usage(usage: Any) -> Usage:
    asked = getattr(usage, "prompt_tokens_details", None)
    written = getattr(usage, "completion_tokens_details", None)
    return Usage(
        usage.prompt_tokens or 0,
        usage.completion_tokens or 0,
        getattr(asked, "cached_tokens", None) or 0,
        getattr(written, "reasoning_tokens", None) or 0,
    )


def _place(base_url: str) -> str:
    # A base URL may carry a password.
    parts = urlsplit(base_url)
    return parts.netloc.rpartition("@")[2] or base_url
